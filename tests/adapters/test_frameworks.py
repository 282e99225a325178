"""What holds in every framework: what is allowed is made and reported, what is not is not made, and is told why."""

import json
from contextlib import nullcontext, suppress

import pytest

from adapters.conftest import POLICY
from adapters.frameworks import Bank, FastMcp, Framework, Functions, LangChain, McpClient
from interlock import (
    CallDecision,
    Guard,
    JournalUnavailable,
    ManualClock,
    MemoryJournal,
    NotifyRole,
    Principal,
    Program,
    Session,
    ToolError,
    ToolFailed,
    Uncertain,
    compile_text,
    decode,
    replay,
)

SEND = ("money_send", {"account": "DE02", "cents": 1_200})
LARGE = ("money_send", {"account": "DE02", "cents": 15_000})

DENIED = {
    "forbidden": (("money_send", {"account": "XX00", "cents": 1_200}), "that bank is closed [bank/forbid#1]"),
    "not declared": (("money_burn", {"account": "DE02"}), "money"),
    "beyond the type": (("money_send", {"account": "DE02", "cents": 0}), "cents"),
    "over the limit": (("money_send", {"account": "DE02", "cents": 20_001}), "bank/limit#1"),
}


def test_an_allowed_call_is_made_and_the_model_sees_what_is_declared(
    framework: type[Framework], session: Session, bank: Bank
) -> None:
    seen = framework(session, bank).run([("accounts_get", {"account": "DE02"})], [SEND])
    assert [json.loads(each) for each in seen.said] == [{"cents": 700}, {"receipt": "R2"}]
    assert bank.made == [("accounts_get", {"account": "DE02"}), SEND]
    assert not seen.suspended and not session.under_way


@pytest.mark.parametrize("why", DENIED)
def test_the_same_calls_are_denied_in_each(framework: type[Framework], session: Session, bank: Bank, why: str) -> None:
    call, reason = DENIED[why]
    seen = framework(session, bank).run([call], [("accounts_get", {"account": "DE02"})])
    assert "denied" in seen.said[0] and reason in seen.said[0] and "\n" not in seen.said[0]
    assert json.loads(seen.said[1]) == {"cents": 700}, "the agent goes on"
    assert [name for name, _ in bank.made] == ["accounts_get"]


def test_the_same_words_are_said_in_each(framework: type[Framework], session: Session, bank: Bank) -> None:
    call, _ = DENIED["forbidden"]
    seen = framework(session, bank).run([call])
    assert seen.said == [str(session.decide("money.send", call[1], agent="teller"))]


@pytest.mark.parametrize(
    ("clause", "why"),
    [
        ("rate 1 per 1h", "its rate of 1 per 1h is used up; try again in 1h"),
        (
            "timeout 5s  breaker opens after 1 failures within 1h for 30m",
            "its breaker is open, for too many calls of it",
        ),
    ],
)
def test_a_call_that_is_withheld_tells_the_model_when_it_may_be_made(
    framework: type[Framework], bank: Bank, clause: str, why: str
) -> None:
    program = compile_text(POLICY.replace("needs money.move  effect read", f"needs money.move  {clause}  effect read"))
    guard = Guard(program, clock=ManualClock(1_700_000_000_000_000))
    session, first, call = guard.session(), guard.session(), ("accounts_get", {"account": "DE02"})
    first.failed(first.decide("accounts.get", call[1], agent="teller"), "gone")
    seen = framework(session, bank).run([call], [SEND])
    assert "accounts.get is not called" in seen.said[0] and why in seen.said[0] and "try again in" in seen.said[0]
    assert [name for name, _ in bank.made] == ["money_send"], "the agent goes on"


def test_a_call_that_people_have_to_agree_to_is_made_once_they_have(
    framework: type[Framework], session: Session, bank: Bank
) -> None:
    agent = framework(session, bank)
    seen = agent.run([LARGE, ("accounts_get", {"account": "DE02"})])
    (asked,) = session.approvals
    assert [name for name, _ in bank.made] == ["accounts_get"]
    if framework.suspends:
        assert seen.suspended
        session.approve(asked, by="maria", role="controller")
        seen = agent.resume()
    else:
        assert asked.id in seen.said[0] and "controller" in seen.said[0]
        session.approve(asked, by="maria", role="controller")
        seen = agent.run([LARGE])
    assert not seen.suspended and "receipt" in seen.said[0]
    assert sorted(bank.made) == [("accounts_get", {"account": "DE02"}), LARGE] and not session.under_way


def test_going_on_without_the_approval_makes_no_call(framework: type[Framework], session: Session, bank: Bank) -> None:
    if not framework.suspends:
        return
    agent = framework(session, bank)
    agent.run([LARGE])
    agent.resume()
    assert not bank.made
    session.deny(session.approvals[0], by="maria", role="controller", reason="no")


def test_a_refusal_is_told_to_the_model(framework: type[Framework], session: Session, bank: Bank) -> None:
    agent = framework(session, bank)
    agent.run([LARGE])
    session.deny(session.approvals[0], by="maria", role="controller", reason="not this account")
    seen = agent.resume() if framework.suspends else agent.run([LARGE])
    assert "denied" in seen.said[0] and "not this account" in seen.said[0] and not bank.made


def test_without_suspending_the_model_is_told_which_approval_is_open(
    framework: type[Framework], session: Session, bank: Bank
) -> None:
    seen = framework(session, bank, suspend=False).run([LARGE])
    assert session.approvals[0].id in seen.said[0] and not bank.made and not seen.suspended


def test_calls_at_the_same_time_count_together(framework: type[Framework], session: Session, bank: Bank) -> None:
    calls = [("money_send", {"account": f"DE{n}", "cents": 7_000}) for n in range(5)]
    seen = framework(session, bank).run(calls)
    assert len(bank.made) == 2 and sum("receipt" in each for each in seen.said) == 2
    assert sum("bank/limit#1" in each for each in seen.said) == 3 and not session.under_way


def test_nothing_is_called_when_nothing_can_be_recorded(
    framework: type[Framework], session: Session, bank: Bank, journal: MemoryJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise JournalUnavailable("the disk is full")

    agent = framework(session, bank)
    monkeypatch.setattr(journal, "append", full)
    try:
        said = agent.run([SEND]).said
    except Exception:
        said = []
    assert not bank.made and not any("receipt" in each for each in said)


@pytest.mark.parametrize(
    ("raised", "kind"),
    [(ToolError("no route"), "error"), (Uncertain("?"), "uncertain"), (ValueError("x"), "uncertain")],
)
def test_what_a_tool_raises_is_on_record(
    framework: type[Framework], session: Session, bank: Bank, journal: MemoryJournal, raised: Exception, kind: str
) -> None:
    bank.fails = raised
    try:
        framework(session, bank).run([SEND])
    except ValueError:
        assert isinstance(raised, ValueError)
    except ToolError:
        assert isinstance(raised, ToolError)
    remote = framework is McpClient  # what a server's tool raised does not travel
    assert _failures(journal, session) == ["uncertain" if remote else kind]
    assert not session.under_way


def test_a_result_that_is_not_declared_is_not_shown(framework: type[Framework], session: Session, bank: Bank) -> None:
    bank.returns = {"secret": "s3cr3t"}
    try:
        said = framework(session, bank).run([SEND]).said
    except ToolError as told:
        said = [str(told)]
    assert said == ["`money.send` returned something else than its declaration says"]


def test_what_is_redacted_is_for_the_tool_alone(framework: type[Framework], session: Session, bank: Bank) -> None:
    call = ("money_send", {"account": "SE01", "cents": 1_200})
    seen = framework(session, bank).run([call])
    assert bank.made == [call] and json.loads(seen.said[0]) == {"receipt": "[redacted]"}


@pytest.mark.parametrize("server", [McpClient, FastMcp])
def test_a_server_that_fails_quotes_nothing_that_is_redacted(
    server: type[Framework], session: Session, bank: Bank
) -> None:
    bank.fails = ToolError("no account SE01")
    quoted = server(session, bank).run([("money_send", {"account": "SE01", "cents": 1_200})])
    assert "SE01" not in quoted.said[0] and "money.send failed" in quoted.said[0]


def test_a_role_is_told_before_the_call_or_it_is_not_made(
    framework: type[Framework], session: Session, bank: Bank, journal: MemoryJournal
) -> None:
    told: list[str] = []

    def notify(obligation: NotifyRole, decision: CallDecision) -> None:
        told.append(f"{obligation.role}: {obligation.reason}")
        if len(told) > 1:
            raise ConnectionError("nobody can be told")

    call = ("money_send", {"account": "DE02", "cents": 6_000})
    framework(session, bank, notify=notify).run([SEND, call])
    assert told == ["controller: it is much"] and len(bank.made) == 2
    with suppress(Exception):
        framework(session, bank, notify=notify).run([("money_send", {"account": "DE03", "cents": 6_000})])
    assert len(told) == 2 and len(bank.made) == 2 and _failures(journal, session) == ["unsent"]


def test_a_role_is_told_by_a_coroutine_function_where_calls_are_awaited(
    framework: type[Framework], session: Session, bank: Bank, journal: MemoryJournal
) -> None:
    told: list[str] = []

    async def notify(obligation: NotifyRole, decision: CallDecision) -> None:
        told.append(obligation.role)

    plain = framework in (LangChain, Functions) and not bank.asynchronous
    with pytest.raises(TypeError, match="awaited") if plain else nullcontext():
        framework(session, bank, notify=notify).run([("money_send", {"account": "DE02", "cents": 6_000})])
    if plain:
        assert not bank.made and _failures(journal, session) == ["unsent"]
    else:
        assert told == ["controller"] and len(bank.made) == 1


def test_hidden_tools_are_not_offered(framework: type[Framework], session: Session, bank: Bank) -> None:
    every = {"accounts_get", "money_send", "money_burn"}
    for hide in (False, True):
        seen = framework(session, bank, hide=hide).run([("accounts_get", {"account": "DE02"})])
        if seen.offered:
            assert seen.offered == (every - {"money_burn"} if hide else every)


def test_a_session_in_a_framework_replays(
    framework: type[Framework], program: Program, bank: Bank, journal: MemoryJournal
) -> None:
    session = Guard(program, journal=journal).session(principal=Principal("ann"), id="s1")
    framework(session, bank).run([SEND, DENIED["forbidden"][0]])
    assert replay(journal, "s1").same


def _failures(journal: MemoryJournal, session: Session) -> list[str]:
    events = (decode(entry.event, entry.run, entry.sequence) for entry in journal.read(session.id))
    return [event.kind for event in events if isinstance(event, ToolFailed)]
