"""`interlock decide`: the answer of a guard, from the shell."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.terminal import Ran, interlock
from interlock import Guard, Principal
from interlock.guard.record import DecisionRecord
from interlock_cli.batch import Line

BANK = """
role controller
role clerk
agent teller { may money.move }
agent reader { }
context { risk: int in 0..100 }
tool money.send(account: string, cents: int in 1..100_000_000) -> { receipt: string } { needs money.move  effect write }
tool money.look(account: string) -> { owner: string } { needs money.move  effect read }
policy bank {
  permit money.send by teller when "clerk" in principal.roles
  permit money.look
  forbid money.send when args.account.startsWith("XX") because "that bank is closed"
  forbid money.send when context.risk > 50
  limit money.send of args.cents to 50_000 per 24h for each principal
  require approval by controller for money.send when args.cents > 10_000
  redact result.owner for money.look
}
"""
ANN = ("--agent", "teller", "--for", "ann", "--role", "clerk", "--context", '{"risk": 1}')


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bank.ilk").write_text(BANK)
    return tmp_path


def send(cents: int, *more: str, account: str = "DE") -> Ran:
    return interlock("decide", "bank.ilk", "money.send", json.dumps({"account": account, "cents": cents}), *more)


def test_one_line_says_what_is_decided(bank: Path) -> None:
    ran = send(5, *ANN)
    assert (ran.code, ran.out) == (0, "money.send: allowed: `bank/permit#1` permits it [bank/permit#1]\n")
    ran = send(5, *ANN, account="XX1")
    assert (ran.code, ran.out) == (1, "money.send: denied: that bank is closed [bank/forbid#1]\n")
    ran = send(20_000, *ANN)
    assert (ran.code, ran.out.split(": ")[1]) == (1, "waits for approval")


def test_all_of_it_is_explained(bank: Path) -> None:
    ran = send(5, "--agent", "reader", "--scopes", "", "--explain", "--context", '{"risk": 51}')
    assert ran.code == 1
    for said in (
        "(bank.ilk:13)",
        "an agent that may `money.move`: `reader` may not",
        "a principal who holds the scope `money.move`",
        "the agent teller: `bank/permit#1` permits it",
        "a call with context.risk <= 50: `bank/forbid#2` forbids it when context.risk > 50",
    ):
        assert said in ran.out
    ran = interlock("decide", "bank.ilk", "money.look", '{"account": "a"}', "--agent", "teller", "--explain", *ANN[-2:])
    assert "not shown: result.owner [bank/redact#1]" in ran.out


def test_what_limits_know_without_a_journal_is_said(bank: Path) -> None:
    assert "limits beyond one session begin with nothing used" in send(5, *ANN).err
    (bank / "bank.ilk").write_text(BANK.replace("for each principal", "for each run"))
    assert send(5, *ANN).err == ""
    assert list(bank.iterdir()) == [bank / "bank.ilk"]


def test_several_wrong_arguments_are_told_in_one_line(bank: Path) -> None:
    ran = interlock("decide", "bank.ilk", "money.send", '{"account": 5, "cents": "x", "no": 1}', *ANN)
    assert (ran.code, len(ran.out.splitlines())) == (1, 1)
    assert ran.out.count("; ") == 2 and "account: expected" in ran.out and "no: no such field" in ran.out


def test_a_session_goes_on_in_its_journal(bank: Path) -> None:
    kept = ("--journal", "bank.db", "--session", "s1")
    asked = send(20_000, *ANN, *kept)
    assert asked.code == 1
    assert "    interlock approve s1 a1 --as NAME --role controller --journal bank.db\n" in asked.out
    maria = ("approve", "s1", "a1", "--as", "maria", "--journal", "bank.db", "--role")
    misspelt = interlock(*maria, "controler")
    assert (misspelt.code, misspelt.err.splitlines()) == (
        2,
        ["error: the program has no role `controler`", "  = help: did you mean `controller`?"],
    )
    approved = interlock(*maria, "controller")
    assert (approved.code, approved.out.splitlines()[0]) == (
        0,
        "money.send: a1 is approved by maria (controller), for the same call, proposed again, once",
    )
    assert "approved by maria" in send(20_000, *ANN, *kept).out
    assert send(20_000, *ANN, *kept).code == 1
    assert "never allows more" in send(60_000, *ANN, *kept, "--explain").out
    other = send(20_000, *ANN[:2], "--for", "bob", *ANN[4:], *kept)
    assert (other.code, other.err.splitlines()[0]) == (
        2,
        "error: session s1 began with another principal than this call",
    )
    assert send(30_000, *ANN, *kept).code == 1
    unclear = interlock("deny", "s1", "--as", "maria", "--journal", "bank.db")
    assert "`a5`: controller for money.send\n" in unclear.err
    refused = interlock("deny", "s1", "a5", "--as", "maria", "--journal", "bank.db")
    assert " is denied by maria (controller), as is the same call from now on\n" in refused.out
    assert "maria (controller) did not approve" in send(30_000, *ANN, *kept).out
    assert interlock("verify", "--journal", "bank.db").code == 0
    told = interlock("explain", "s1/2/1", "--journal", "bank.db")
    assert told.out.startswith('money.send(account: "DE", cents: 20_000): waits for approval\n')
    assert "  needs approval by controller\n" in told.out
    assert "called by teller for ann" in told.out
    gone = interlock("explain", "s1/99/1", "--journal", "bank.db")
    assert (gone.code, gone.err.splitlines()[0]) == (2, "error: run s1 has no decision `s1/99/1`")


def test_a_moment_is_what_conditions_and_limits_read(bank: Path) -> None:
    (bank / "bank.ilk").write_text(
        BANK.replace("permit money.look", 'permit money.look when now > timestamp("2026-01-01T00:00:00Z")')
    )
    look = ("decide", "bank.ilk", "money.look", '{"account": "a"}', "--agent", "teller", *ANN[-2:], "--now")
    assert interlock(*look, "2026-01-01T01:00:00+02:00").code == 1
    assert interlock(*look, "2026-01-01T00:00:01Z").code == 0
    for text, said in (
        ("noon", "is no moment"),
        ("2026-01-01T00:00:00", "time zone"),
        ("1969-01-01T00:00:00Z", "1970"),
    ):
        ran = interlock(*look, text)
        assert (ran.code, said in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ((), "which tool is called?"),
        (("money.send", "[1]"), "is no object of arguments"),
        (("money.send", "{"), "`ARGS` is not valid JSON"),
        (("money.send", "@gone.json"), "cannot read `gone.json`"),
        (("money.send", "{}", "--context", "3"), "is no context"),
        (("money.send", "{}", "--context", '{"risk": 101}'), "expected an int in 0..100"),
        (("money.send", "{}", "--scopes", "money.mvoe"), "no tool needs the scope"),
        (("money.send", "{}", "--batch", "-"), "each line names its tool"),
        (("--batch", "gone.jsonl"), "cannot read `gone.jsonl`"),
        (("--batch", "-", "--explain"), "is for people"),
        (("--batch", "-", "--key", "k"), "its own `key`"),
        (("money.send", "-", "--context", "-"), "can be read once"),
    ],
)
def test_wrong_usage_is_said(bank: Path, line: tuple[str, ...], said: str) -> None:
    ran = interlock("decide", "bank.ilk", *line)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_a_program_with_a_mistake_decides_nothing(bank: Path) -> None:
    (bank / "bank.ilk").write_text(BANK.replace("args.account", "args.acount"))
    ran = send(5, *ANN)
    assert ran.code == 2 and ran.out == "" and "acount" in ran.err


def test_what_tools_and_arguments_hold_is_escaped(bank: Path) -> None:
    ran = interlock("decide", "bank.ilk", "money.\x1b[31m", "{}")
    assert "\x1b" not in ran.out and "\\u001b" in ran.out


BAD = [
    ("nonsense", "is not valid JSON"),
    ("[]", "is no JSON object"),
    ('{"tol": 1}', "did you mean `tool`?"),
    ("{}", "has no `tool`"),
    ('{"tool": 3}', "another type"),
    ('{"tool": "x", "tool": "y"}', "given twice"),
    ('{"tool": "x", "principal": {"nam": "x"}}', "another type"),
    ('{"tool": "x", "context": {"risk": 900}}', "expected an int in 0..100"),
    ('{"tool": "x", "now": "noon"}', "is no moment"),
    ('{"tool": "x", "principal": {"scopes": ["y"]}}', "no tool needs the scope"),
]
GOOD = st.fixed_dictionaries(
    {
        "tool": st.sampled_from(["money.send", "money.look", "money.gone"]),
        "args": st.one_of(
            st.fixed_dictionaries({"account": st.sampled_from(["DE", "XX"]), "cents": st.integers(-1, 30_000)}),
            st.just({"account": "DE"}),
        ),
        "principal": st.sampled_from(["ann", {"name": "ann", "roles": ["clerk"]}, {"name": "bob", "scopes": []}]),
    },
    optional={"agent": st.sampled_from(["teller", "reader"]), "session": st.just("x")},
)
LINES = st.lists(st.one_of(GOOD.map(json.dumps), st.sampled_from([line for line, _ in BAD])), max_size=8)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES)
def test_every_line_of_a_batch_is_answered_in_its_place(bank: Path, lines: list[str]) -> None:
    """Each line gets what a guard says of it, or why it cannot be decided on; the exit code says the worst."""
    ran = interlock("decide", "bank.ilk", "--batch", "-", "--context", '{"risk": 1}', typed="\n".join(lines) + "\n")
    answers = [json.loads(line) for line in ran.out.splitlines()]
    assert len(answers) == len(lines)
    guard, known = Guard.load("bank.ilk"), {}
    for number, (line, answer) in enumerate(zip(lines, answers, strict=True), 1):
        if (problem := dict(BAD).get(line)) is not None:
            assert answer["line"] == number and problem in answer["error"] + answer.get("help", "")
            continue
        asked = json.loads(line)
        who = asked["principal"] if isinstance(asked["principal"], dict) else {"name": asked["principal"]}
        name = json.dumps([asked.get("session"), who])
        if "session" in asked and any(each.startswith('["x"') and each != name for each in known):
            assert "began with another" in answer["error"]
            continue
        if name not in known:
            held = frozenset(who["scopes"]) if "scopes" in who else None
            principal = Principal(who["name"], tuple(who.get("roles", ())), held)
            known[name] = guard.session(principal=principal, context={"risk": 1})
        decided = known[name].decide(asked["tool"], asked["args"], agent=asked.get("agent"))
        assert answer["answer"] == decided.answer
        assert [each["text"] for each in answer["reasons"]] == [each.text for each in decided.reasons]
        assert set(answer) == set(DecisionRecord.__annotations__)
    worst = 2 if any("line" in each for each in answers) else int(any(each["answer"] != "allow" for each in answers))
    assert ran.code == worst


RATED = """
tool post.send(n: int in 0..9) { needs x  effect irreversible  rate 1 per 1h }
agent teller { may x }
policy p { permit * }
"""


def test_calls_beyond_a_rate_are_denied_and_told_when(bank: Path) -> None:
    (bank / "rated.ilk").write_text(RATED)
    line = json.dumps({"tool": "post.send", "args": {"n": 1}, "agent": "teller"})
    ran = interlock("decide", "rated.ilk", "--batch", "-", typed=f"{line}\n{line}\n")
    answers = [(each["answer"], each["reasons"][0]["cause"]) for each in map(json.loads, ran.out.splitlines())]
    assert (ran.code, answers) == (1, [("allow", "permit"), ("deny", "rate")])
    call = ("decide", "rated.ilk", "--agent", "teller", "--journal", "r.db", "--explain", "post.send", '{"n": 1}')
    assert interlock(*call, "--now", "2026-11-20T14:00:00Z").code == 0
    denied = interlock(*call, "--now", "2026-11-20T14:20:00Z")
    assert denied.code == 1
    assert "its rate of 1 per 1h is used up; try again in 40m  (rated.ilk:2)" in denied.out
    assert "to be allowed: the same call later, when the rate of post.send has room again" in denied.out
    assert interlock(*call, "--now", "2026-11-20T15:00:00Z").code == 0


@pytest.mark.parametrize(("line", "said"), BAD)
def test_a_bad_line_is_reported_and_the_next_is_decided(bank: Path, line: str, said: str) -> None:
    good = '{"tool": "money.look", "args": {"account": "a"}, "agent": "teller"}'
    (bank / "calls.jsonl").write_text(f"{line}\n\n{good}")
    ran = interlock("decide", "bank.ilk", "--batch", "calls.jsonl", *ANN[-2:])
    bad, decided = map(json.loads, ran.out.splitlines())
    assert (ran.code, bad["line"], decided["answer"]) == (2, 1, "allow")
    assert said in bad["error"] + bad.get("help", "")


def test_a_line_that_is_too_long_or_no_text_is_reported(bank: Path) -> None:
    good = b'{"tool": "money.look", "args": {"account": "a"}, "agent": "teller"}'
    (bank / "calls.jsonl").write_bytes(b"x" * (4 << 20) + b"yyy\n" + good + b"\n\xff\n" + b"z" * ((4 << 20) + 1))
    ran = interlock("decide", "bank.ilk", "--batch", "calls.jsonl", *ANN[-2:])
    first, second, third, last = map(json.loads, ran.out.splitlines())
    assert "is larger than" in first["error"] and second["answer"] == "allow"
    assert "is not UTF-8" in third["error"] and "is larger than" in last["error"]
    assert [each["line"] for each in (first, third, last)] == [1, 3, 4]


def test_limits_count_over_the_lines_of_a_batch(bank: Path) -> None:
    line = json.dumps({"tool": "money.send", "args": {"account": "DE", "cents": 10_000}})
    ran = interlock("decide", "bank.ilk", "--batch", "-", *ANN, typed=f"{line}\n" * 7)
    answers = [json.loads(each)["answer"] for each in ran.out.splitlines()]
    assert answers == ["allow"] * 5 + ["deny"] * 2


def test_the_schema_of_a_line_names_every_field() -> None:
    assert set(json.loads(interlock("schema", "batch").out)["properties"]) == set(Line.model_fields)
