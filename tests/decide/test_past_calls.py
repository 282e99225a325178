"""Conditions over earlier calls say what a look at each of these calls says, in both tiers and after a bundle."""

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interlock.decide import Authorizer, History, Principal
from interlock_dsl.compiler.compile import compile_text
from interlock_dsl.diagnostics import DiagnosticError
from interlock_dsl.program import bundle

HOUR = 3_600_000_000
NOW = 10 * HOUR
TOOLS = """
type Receipt { fee: int }
tool pay(n: int in 0..1_000, to?: string max 3) -> Receipt { needs p  effect write }
tool ping(n: int in 0..1_000) { effect read  needs p }
agent ann { model "m"  may p }
agent bob { model "m"  may p }
"""


@dataclass(frozen=True)
class Made:
    tool: str
    ago: int
    agent: str
    n: int
    to: str | None
    fee: int | None


def of(calls: list[Made], tool: str, hours: int | None = None) -> list[Made]:
    return [each for each in calls if each.tool == tool and (hours is None or each.ago < hours * HOUR)]


CONDITIONS = {
    "calls(pay).sum(c, c.args.n) > 9": lambda calls: sum(c.n for c in of(calls, "pay")) > 9,
    'calls(pay).within("2h").sum(c, c.args.n + 1) > 9': lambda calls: sum(c.n + 1 for c in of(calls, "pay", 2)) > 9,
    'calls(ping).within("1h").exists(c, c.args.n == 3)': lambda calls: any(c.n == 3 for c in of(calls, "ping", 1)),
    "calls(pay).exists(c, has(c.args.to) && has(args.to) && c.args.to == args.to)": lambda calls: any(
        c.to == "x" for c in of(calls, "pay")
    ),
    'calls(pay).all(c, c.agent == "ann")': lambda calls: all(c.agent == "ann" for c in of(calls, "pay")),
    "calls(pay).exists(c, has(c.result) && c.result.fee > 5)": lambda calls: any(
        c.fee is not None and c.fee > 5 for c in of(calls, "pay")
    ),
    'calls(pay).filter(c, c.at > now - duration("2h")).size() == calls(pay).within("2h")': lambda calls: True,
    'calls(pay).within("2h").count() == 2': lambda calls: len(of(calls, "pay", 2)) == 2,
    "calls(pay).map(c, c.args.n).exists(n, n > 4)": lambda calls: any(c.n > 4 for c in of(calls, "pay")),
}
made = st.builds(
    Made, st.sampled_from(["pay", "ping"]), st.integers(0, 4).map(lambda n: n * HOUR), st.sampled_from(["ann", "bob"]),
    st.integers(0, 8), st.sampled_from([None, "x", "y"]), st.sampled_from([None, 3, 7]),
)  # fmt: skip


def history_of(calls: list[Made]) -> History:
    history = History("s", started=0)
    for each in sorted(calls, key=lambda call: -call.ago):
        args: dict[str, object] = {"n": each.n}
        if each.to is not None and each.tool == "pay":
            args["to"] = each.to
        call = history.record(each.tool, NOW - each.ago, agent=each.agent, args=args)
        if each.fee is not None and each.tool == "pay":
            history.returned(call, {"fee": each.fee})
    return history


AUTHORIZERS = {}
for condition in CONDITIONS:
    program = compile_text(f"{TOOLS}\npolicy p {{ permit *  forbid pay when {condition} }}")
    AUTHORIZERS[condition] = Authorizer(program), Authorizer(bundle.load(bundle.dump(program)))


@pytest.mark.parametrize("condition", CONDITIONS)
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(calls=st.lists(made, max_size=6))
def test_conditions_over_earlier_calls(condition: str, calls: list[Made]) -> None:
    forbidden = CONDITIONS[condition](calls)
    for authorizer in AUTHORIZERS[condition]:
        decision = authorizer.decide(
            "pay", {"n": 1, "to": "x"}, agent="ann", principal=Principal("eve"), now=NOW, history=history_of(calls)
        )
        assert decision.answer == ("deny" if forbidden else "allow"), decision


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("calls(pay).sum(c, c.args.m) > 1", "unavailable-field"),
        ("calls(ping).exists(c, c.result == 1)", "unavailable-field"),
        ("calls(pay).exists(c, c.result.fee == 1)", "unguarded-optional"),
        ("calls(pai).exists(c, true)", "undefined-reference"),
        ("calls(pay).sum(c.args.n) > 1", "type-mismatch"),
        ("calls(pay).sum(c, c.args.to) > 1", "unguarded-optional"),
        ('calls(pay).within("soon").sum(c, 1) > 1', "type-mismatch"),
        ("calls(5).exists(c, true)", "type-mismatch"),
    ],
)
def test_mistakes_in_conditions_over_calls(condition: str, code: str) -> None:
    with pytest.raises(DiagnosticError) as caught:
        compile_text(f"{TOOLS}\npolicy p {{ forbid pay when {condition} }}")
    assert code in {found.code for found in caught.value.diagnostics}


@pytest.mark.parametrize("record", [{}, {"args": {"n": 1}, "agent": "*"}], ids=["nothing was said", "nobody said who"])
def test_what_nobody_said_of_a_call_has_no_value(record: dict[str, object]) -> None:
    history = History("s", started=0)
    history.record("pay", 0, **record)  # type: ignore[arg-type]
    program = compile_text(TOOLS + 'policy p { permit *  forbid ping when calls(pay).exists(c, c.agent == "eve") }')
    decision = Authorizer(program).decide("ping", {"n": 1}, agent="ann", principal=None, now=NOW, history=history)
    assert decision.answer == "deny" and "no value" in decision.reasons[0].text


def test_a_sum_over_calls_without_their_arguments_denies() -> None:
    program = compile_text(TOOLS + "policy p { permit *  limit pay of args.n to 10 per 24h for each run }")
    history = History("s", started=0)
    ask = {"agent": "ann", "principal": None, "now": NOW, "history": history}
    assert Authorizer(program).decide("pay", {"n": 10}, **ask).answer == "allow"  # type: ignore[arg-type]
    history.record("pay", 0)
    refused = Authorizer(program).decide("pay", {"n": 1}, **ask)  # type: ignore[arg-type]
    assert refused.answer == "deny" and "without its arguments" in refused.reasons[0].text
