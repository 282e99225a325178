"""Limits: what is claimed of those beyond one run, what denies, and what their identity rests on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.decide import Authorizer, Claim, Decision, History, Principal
from interlock.decide.evaluator import Evaluator
from interlock.decide.request import Request
from interlock_dsl.cel.values import Timestamp
from interlock_dsl.compiler.compile import check_text, compile_text
from interlock_dsl.compiler.fix import fix
from interlock_dsl.program import bundle
from interlock_dsl.program.limits import Limit
from interlock_dsl.program.model import Program

HOUR = 3_600_000_000
TOOLS = """
tool pay(n: int, to?: string) { needs p  effect write }
tool ping(n: int) { needs p  effect read }
agent ann { model "m"  may p }
agent bob { model "m"  may p }
role boss
"""


def under(*rules: str, name: str = "p") -> Program:
    return compile_text(TOOLS + f"policy {name} {{\n" + "\n".join(("permit *", *rules)) + "\n}")


def asked(program: Program, n: int = 1, *, who: str = "eve", agent: str = "ann", **more: object) -> Decision:
    history = History("s", started=0)
    principal = Principal(who)
    bindings = {"principal": principal.value(), "now": Timestamp(0), "run": history.run, "$history": history}
    request = Request(
        tool="pay", args={"n": n, **more}, agent=agent, principal=principal, history=history, now=0, bindings=bindings
    )
    return Evaluator(program).authorize(request)


def limits(program: Program) -> list[Limit]:
    return [rule.limit for policy in program.policies.values() for rule in policy.rules if rule.limit is not None]


def test_a_call_claims_what_it_takes_of_each_limit() -> None:
    program = under(
        "limit pay to 3 per 1h overall",
        "limit * of args.n * 2 to 40 per 2h for each principal, agent, args.n > 5 when args.n > 1",
        "limit pay to 9 per 1h for each run",
        "limit ping to 1 per 1h overall",
    )
    one, two, _, _ = limits(program)
    for each in (program, bundle.load(bundle.dump(program))):
        decision = asked(each, 6)
        assert decision.answer == "allow"
        assert decision.claims == (
            Claim(one.identity, "p/limit#1", "[]", 1, 3, HOUR),
            Claim(two.identity, "p/limit#2", '["eve","ann",true]', 12, 40, 2 * HOUR),
        )
        assert [claim.rule for claim in asked(each, 1).claims] == ["p/limit#1"]


def test_a_limit_beyond_runs_denies_where_nobody_keeps_what_is_used() -> None:
    program = under("limit pay to 3 per 1h for each principal")
    decision = Authorizer(program).decide(
        "pay", {"n": 1}, agent="ann", principal=Principal("eve"), now=0, history=History("s", started=0)
    )
    assert decision.answer == "deny" and [reason.rule for reason in decision.reasons] == ["p/limit#1"]
    assert "beyond this session" in decision.reasons[0].text


def test_claims_come_with_allow_only() -> None:
    limit = "limit pay to 3 per 1h overall"
    for rule, answer in (("require approval by boss for pay", "ask"), ("forbid pay", "deny")):
        decision = asked(under(limit, rule))
        assert (decision.answer, decision.claims) == (answer, ())


@pytest.mark.parametrize(
    ("limit", "why"),
    [
        ("limit pay of args.n - 2 to 9 per 1h {}", "its amount is negative"),
        ("limit pay of 10 / (args.n - 1) to 9 per 1h {}", "its amount has no value"),
        ("limit pay of args.n * 9223372036854775807 + 1 to 9 per 1h {}", "its amount has no value"),
        ("limit * of args.cents to 9 per 1h {}", "its amount has no value"),
        ("limit pay of args.n + 9 to 9 per 1h {}", "allows"),
    ],
)
@pytest.mark.parametrize("owner", ["for each run", "overall", "for each principal"])
def test_an_amount_that_cannot_be_counted_denies(limit: str, why: str, owner: str) -> None:
    if "cents" in limit:
        other = "tool other(cents: int) { needs p  effect read }\n"
        decision = asked(compile_text(f"{TOOLS}{other}policy p {{ permit *  {limit.format(owner)} }}"))
    else:
        decision = asked(under(limit.format(owner)))
    assert decision.answer == "deny" and why in decision.reasons[0].text and decision.reasons[0].rule == "p/limit#1"


@pytest.mark.parametrize(
    ("key", "who", "why"),
    [
        ("principal", "", "there is none"),
        ("10 / (args.n - 1)", "eve", "no value"),
        ("agent, 10 / (args.n - 1)", "eve", "no value"),
    ],
)
def test_a_key_without_a_value_denies(key: str, who: str, why: str) -> None:
    decision = asked(under(f"limit pay to 9 per 1h for each {key}"), who=who)
    assert decision.answer == "deny" and why in decision.reasons[0].text


def test_a_condition_of_a_limit_without_a_value_applies() -> None:
    assert asked(under("limit pay to 9 per 1h overall when 10 / (args.n - 1) > 1")).claims
    assert not asked(under("limit pay to 9 per 1h overall when args.n > 1")).claims


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3)), max_size=5), st.integers(0, 30), st.integers(1, 60))
def test_a_sum_in_a_run_is_that_of_the_period(spent: list[tuple[int, int]], n: int, most: int) -> None:
    history = History("s", started=0)
    for amount, hours in sorted(spent, key=lambda each: each[1]):
        history.record("pay", hours * HOUR, agent="ann", args={"n": amount})
    program = SUMS.setdefault(most, under(f"limit pay of args.n to {most} per 2h for each run"))
    decision = Authorizer(program).decide("pay", {"n": n}, agent="ann", principal=None, now=3 * HOUR, history=history)
    used = sum(amount for amount, hours in spent if hours > 1)
    assert decision.answer == ("allow" if used + n <= most else "deny")


SUMS: dict[int, Program] = {}
ONE = "limit pay of args.n to 9 per 1h for each principal, args.n when args.n > 2 unless args.n > 5"


@pytest.mark.parametrize(
    "same",
    [
        ONE.replace("9 per", "10 per"),
        ONE.replace("1h", "2d"),
        f'{ONE} because "enough"',
        ONE.replace("args.n > 2", "  args.n>2"),
        f"forbid ping\n{ONE}",
    ],
)
def test_what_was_used_stays_used_when_numbers_and_words_change(same: str) -> None:
    assert limits(under(same))[0].identity == limits(under(ONE))[0].identity
    assert compile_text(TOOLS).digest != under(same).digest


@pytest.mark.parametrize(
    "other",
    [
        ONE.replace("limit pay", "limit pay, ping"),
        ONE.replace("of args.n", "of args.n * 2"),
        ONE.replace(" of args.n", ""),
        ONE.replace("principal, ", ""),
        ONE.replace("for each principal, args.n", "overall"),
        ONE.replace("> 2", "> 3"),
        ONE.replace("> 5", "> 4"),
        ONE.replace("when", "by ann when"),
    ],
)
def test_another_limit_begins_anew(other: str) -> None:
    assert limits(under(other))[0].identity != limits(under(ONE))[0].identity
    assert limits(under(ONE, name="q"))[0].identity != limits(under(ONE))[0].identity


def test_a_limit_of_runs_has_no_part_in_what_others_are_called() -> None:
    run, overall = "limit pay to 3 per 1h for each run", "limit pay to 9 per 1h overall"
    both, alone = under(run, overall), under(overall)
    assert [each.identity for each in limits(both)][1:] == [each.identity for each in limits(alone)]


def test_limits_that_differ_in_numbers_only_are_told_apart() -> None:
    found = [each.identity for each in limits(under(ONE, ONE.replace("1h", "1d"), ONE.replace("9 per", "20 per")))]
    assert len(set(found)) == 3


@pytest.mark.parametrize("warm", [1, 100])
def test_a_limit_with_a_condition_counts_the_calls_for_which_it_holds(warm: int) -> None:
    program = under(
        "limit pay to 1 per 1h for each run when args.n > 5",
        "limit pay of args.n to 20 per 1h for each run unless args.n > 5",
    )
    authorizer = Authorizer(program)
    history = History("s", started=0)

    def call(n: int, kept: bool = True) -> str:
        asking = {"agent": "ann", "principal": None, "now": 0, "history": history}
        for _ in range(warm):
            decision = authorizer.decide("pay", {"n": n}, **asking)  # type: ignore[arg-type]
        if decision.answer == "allow":
            history.record("pay", 0, agent="ann", args={"n": n}, counts=decision.counts if kept else None)
        return decision.answer

    assert [call(n) for n in (5, 4, 9, 9, 5, 3, 4, 3)] == [
        "allow", "allow", "allow", "deny", "allow", "allow", "deny", "allow",
    ]  # fmt: skip
    history = History("s", started=0)
    assert [call(5, kept=False), call(9)] == ["allow", "deny"], "what nobody says of a call counts for every limit"


def test_fix_writes_the_owner_that_was_meant() -> None:
    text = TOOLS + "policy p {\n  permit *\n  limit pay to 3 per 1h by ann when args.n > 1\n}\n"
    (found,) = check_text(text)[1]
    assert found.code == "limit-without-owner"
    for choice in ("for each run", "for each principal", "for each agent", "for each args.account", "overall"):
        assert choice in str(found.help)
    (fixed,) = fix(["a.ilk"], lambda name: text).texts.values()
    assert fixed == text.replace("per 1h", "per 1h for each run")
    assert limits(compile_text(fixed))[0].per == "run"


def test_two_owners_are_one_too_many() -> None:
    for owners in ("for each run overall", "overall for each principal"):
        found = check_text(TOOLS + f"policy p {{ limit pay to 3 per 1h {owners} }}")[1]
        assert [each.code for each in found] == ["repeated-clause"]
