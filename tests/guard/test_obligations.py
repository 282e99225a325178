"""What an allowed call obliges to: fields that are hidden, roles that are told; and the context that rules read."""

import pytest

from guard.conftest import causes, send
from interlock import (
    Guard,
    InvalidInput,
    Program,
    compile_text,
)

HIDING = """
agent teller { may money.move }
role auditor
tool money.send(account: string, note: string) -> { receipt: string  iban: string } {
  needs money.move
  effect irreversible
}
policy bank {
  permit money.* by teller
  redact args.note, result.iban for money.send because "it is private"
  notify auditor for money.send when args.account == "big"
  limit money.send to 1 per 24h for each args.account
}
"""


def test_what_is_redacted_reaches_the_tool_and_nobody_else() -> None:
    guard = Guard(compile_text(HIDING, "bank.ilk"))
    session = guard.session()
    secret = {"account": "big", "note": "for Eve"}
    decision = send(session, secret)
    assert decision.args == secret
    assert session.observe(decision, {"receipt": "r", "iban": "DE02"}) == {"receipt": "r", "iban": "[redacted]"}
    refused = send(session, secret)
    assert causes(refused) == ["limit"]
    for each in (decision, refused):
        assert "for Eve" not in str(each.record())
        assert each.obligations[0].fields == ("args.note", "result.iban")
    assert [type(each).__name__ for each in decision.obligations] == ["RedactFields", "NotifyRole"]
    assert [each["notify"] for each in decision.record()["obligations"] if "notify" in each] == ["auditor"]


def test_what_is_redacted_is_hidden_of_calls_that_no_rule_was_asked_about() -> None:
    narrow = HIDING.replace("note: string", "note: string max 9").replace(
        "money.send because", "money.send by teller because"
    )
    other = "tool money.look(account: string) { needs money.move  effect read }\n"
    session = Guard(compile_text(other + narrow, "bank.ilk")).session()
    assert session.decide("money.look", {"account": "a"}, agent="teller", key="k")
    private = {"account": "a", "note": "for Eve"}
    for args, agent, key, cause in (
        (private, "nobody", None, "unknown-agent"),
        (private, "teller", "k", "arguments"),
        ({"account": "a", "note": "all this is for Eve"}, "teller", None, "arguments"),
        ({"account": "a", "note": ["for Eve"]}, "teller", None, "arguments"),
    ):
        decision = session.decide("money.send", args, agent=agent, key=key)
        assert causes(decision) == [cause]
        assert "for Eve" not in f"{decision.record()} {decision.args} {decision.explain()}"
        assert "args.note" in decision.obligations[0].fields


def test_a_context_is_what_the_program_declares(program: Program) -> None:
    text = HIDING + "context { risk: int in 0..10 }\npolicy risky { forbid money.send when context.risk > 5 }"
    guard = Guard(compile_text(text, "bank.ilk"))
    args = {"account": "a", "note": ""}
    assert send(guard.session(context={"risk": 3}), args)
    assert causes(send(guard.session(context={"risk": 6}), args)) == ["forbid"]
    assert causes(send(guard.session(), args)) == ["forbid"]
    with pytest.raises(InvalidInput):
        guard.session(context={"risk": "high"})
    with pytest.raises(InvalidInput):
        Guard(program).session(context={"risk": 3})
