"""A decision explained: the nearest way to be allowed, and the record that can stand alone."""

import pytest
from pydantic import TypeAdapter

from guard.conftest import START
from interlock import CallDecision, Guard, ManualClock, Principal, compile_text
from interlock.guard.record import DecisionRecord
from interlock_dsl.program.model import Program

TEXT = """
agent teller { may money.move }
agent clerk { may money.move }
role controller
tool money.send(account: string, cents: int in 1..100_000_000) -> { receipt: string } {
  needs money.move
  effect irreversible
}
tool money.keep(account: string) { needs money.move  effect write }
policy bank {
  permit money.send by teller when args.cents <= 10_000 && args.account != "x" unless args.account == "y"
  forbid money.send when args.account == "z"
  limit money.send to 1 per 1h for each run
  require approval by controller for money.send when args.cents == 7
}
"""


@pytest.fixture
def strict() -> Program:
    return compile_text(TEXT, "bank.ilk")


@pytest.fixture
def guard(strict: Program) -> Guard:
    return Guard(strict, clock=ManualClock(START))


def asked(guard: Guard, tool: str = "money.send", agent: str | None = "teller", **args: object) -> CallDecision:
    return guard.session(principal=Principal("ann")).decide(tool, args, agent=agent)


@pytest.mark.parametrize(
    ("tool", "agent", "args", "said"),
    [
        ("money.sent", "teller", {}, "call `money.send`, if that is meant"),
        ("money.send", "tellr", {}, "the agent `teller`, if that is meant"),
        ("money.send", "teller", {"account": "a"}, "arguments that fit the declaration"),
        (
            "money.send",
            "teller",
            {"account": "a", "cents": 20_000},
            "a call with args.cents <= 10_000: then `bank/permit#1` permits it",
        ),
        ("money.send", "teller", {"account": "y", "cents": 1}, 'a call with args.account != "y": then'),
        ("money.send", "clerk", {"account": "a", "cents": 1}, "the agent teller: `bank/permit#1` permits it when"),
        ("money.keep", "teller", {"account": "a"}, "a rule that permits money.keep: there is none"),
        (
            "money.send",
            "teller",
            {"account": "z", "cents": 1},
            'a call with args.account != "z": `bank/forbid#1` forbids it',
        ),
        (
            "money.send",
            "teller",
            {"account": "a", "cents": 7},
            "approval a1 by controller, then the same call",
        ),
    ],
)
def test_the_nearest_way_to_be_allowed_is_said(
    guard: Guard, tool: str, agent: str, args: dict[str, object], said: str
) -> None:
    decision = asked(guard, tool, agent, **args)
    assert not decision
    assert any(said in each for each in decision.nearest), decision.nearest
    assert said in decision.explain()


def test_only_the_parts_of_a_condition_that_are_not_met_are_told(guard: Guard) -> None:
    (said,) = asked(guard, account="x", cents=5).nearest
    assert said == 'a call with args.account != "x": then `bank/permit#1` permits it'


MORE = """
agent teller { may money.move }
agent reader { }
role clerk
context { risk: int in 0..100 }
tool money.send(account: string, cents: int in 1..100_000_000) { needs money.move  effect write }
tool money.look(account: string) -> { balance: int  owner: string } { needs money.move  effect read }
policy bank {
  permit money.send when "clerk" in principal.roles
  permit money.look
  forbid money.send when args.cents > 500 && !args.account.startsWith("IN") && context.risk >= 50
    unless args.cents == 999
  limit money.send of args.cents to 1_000 per 1h for each principal
  redact result.owner for money.look
  notify clerk for money.look because "an account was looked at"
}
"""
CLERK = Principal("ann", ("clerk",))


@pytest.mark.parametrize(
    ("principal", "agent", "cents", "context", "said"),
    [
        (Principal("ann"), "teller", 1, {"risk": 1}, "a call with a principal of role clerk: then `bank/permit#1`"),
        (CLERK, "reader", 1, {"risk": 1}, "an agent that may `money.move`: `reader` may not"),
        (Principal("ann", ("clerk",), frozenset()), "teller", 1, {"risk": 1}, "who holds the scope `money.move`"),
        (
            CLERK,
            "teller",
            900,
            {"risk": 50},
            'args.cents <= 500 or args.account.startsWith("IN") or context.risk < 50 or args.cents == 999: `bank/',
        ),
        (CLERK, "teller", 900, None, "context.risk < 50 (which has no value)"),
        (Principal("", ("clerk",)), "teller", 1, {"risk": 1}, "a call on behalf of somebody: `bank/limit#1`"),
        (CLERK, "teller", 5_000, {"risk": 1}, "no more than 1000 at once, where it is 5000"),
        (CLERK, "teller", 600, {"risk": 1}, "less at once, or the same call later: `bank/limit#1`"),
    ],
)
def test_roles_scopes_bounds_and_limits_are_said(
    principal: Principal, agent: str, cents: int, context: dict[str, object] | None, said: str
) -> None:
    guard = Guard(compile_text(MORE, "bank.ilk"), clock=ManualClock(START))
    guard.session(principal=CLERK, context={"risk": 1}).decide(
        "money.send", {"account": "a", "cents": 450}, agent="teller"
    )
    session = guard.session(principal=principal, context=context)
    decision = session.decide("money.send", {"account": "a", "cents": cents}, agent=agent)
    assert not decision
    assert any(said in each for each in decision.nearest), decision.nearest


def test_obligations_are_part_of_the_explanation() -> None:
    session = Guard(compile_text(MORE, "bank.ilk")).session(principal=CLERK, context={"risk": 1})
    decision = session.decide("money.look", {"account": "a"}, agent="teller")
    assert decision
    assert decision.explain().splitlines()[-2:] == [
        "  not shown: result.owner [bank/redact#1]",
        "  clerk is told: an account was looked at [bank/notify#1]",
    ]


def test_what_is_allowed_needs_nothing(guard: Guard) -> None:
    decision = asked(guard, account="a", cents=5)
    assert decision
    assert decision.nearest == ()


def test_a_record_stands_alone(guard: Guard, strict: Program) -> None:
    session = guard.session(principal=Principal("Ann"), id="s1")
    waiting = session.decide("money.send", {"account": "a", "cents": 7}, agent="teller")
    session.approve(waiting.approvals[0], by="maria", role="controller")
    decision = session.decide("money.send", {"account": "a", "cents": 7}, agent="teller")
    record = decision.record()
    assert TypeAdapter(DecisionRecord).validate_python(record, strict=True) == record
    assert record["decision"] == decision.id == "s1/4/1"
    assert (record["principal"], record["program"], record["answer"]) == ("ann", strict.digest, "allow")
    assert record["approvals"] == [{"approval": "a1", "role": "controller", "by": ["maria"]}]
    (before,) = [entry for entry in guard.journal.read("s1") if entry.sequence == record["entry"] - 1]
    assert record["previous"] == before.digest.hex()
    assert [each["span"] for each in record["reasons"]] == ["bank.ilk:11:3", "bank.ilk:14:3"]


CONSTANTS = """
let CAP = 1_000
let SELF = "till"
agent teller { may money.move }
tool money.send(account: string, cents: int in 1..100_000_000) { needs money.move  effect write }
policy bank {
  permit money.send by teller when args.cents < CAP * 100 unless args.account == SELF
  forbid money.send when args.cents > CAP && args.account == "b"
}
"""


def test_constants_are_told_with_their_values() -> None:
    guard = Guard(compile_text(CONSTANTS), clock=ManualClock(START))

    def way(account: str, cents: int) -> tuple[str, ...]:
        return asked(guard, account=account, cents=cents).nearest

    assert way("a", 200_000) == ("a call with args.cents < CAP * 100: then `bank/permit#1` permits it (CAP is 1_000)",)
    assert way("till", 1) == ('a call with args.account != SELF: then `bank/permit#1` permits it (SELF is "till")',)
    (forbidden,) = way("b", 2_000)
    assert forbidden.startswith("a call with args.cents <= CAP or ")
    assert forbidden.endswith("(CAP is 1_000)")
    assert way("a", 5) == ()
