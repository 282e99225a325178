"""The generated tier: it is really asked, it says of every rule what the rule says, and it forgets in time."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decide.generated import NAMES, SUBJECT, TOOLS, again, compiled, policy, programs, requests, rule_sets
from decide.reference import evaluate, reference
from interlock.decide import Consent, Decision, History, Principal, memo
from interlock.decide.evaluator import Evaluator
from interlock.decide.fuse import fuse
from interlock.decide.index import RuleIndex
from interlock.decide.request import Request
from interlock_dsl.compiler.compile import compile_text
from interlock_dsl.program.model import Program, Rule

FEW = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


@settings(FEW, max_examples=200)
@given(st.data())
def test_a_bit_is_set_one_by_one_where_its_rule_matches(data: st.DataObject) -> None:
    program = compiled(TOOLS + WORKFLOW_LESS + policy(data.draw(rule_sets)))
    for _ in range(5):
        request = data.draw(requests(program, alone=True))
        rule_set = RuleIndex(program).rules_for(request.tool, request.agent)
        if rule_set is None:
            continue
        rules = [indexed.rule for indexed in rule_set.rules]
        fused = fuse(rule_set.tool, rule_set.value, [(rule.when, rule.unless) for rule in rules])
        assert fused is not None
        try:
            mask = fused(request.args, dict(request.bindings), request.agent)
        except Exception:
            mask = None
        said = [_matches(rule, request, program) for rule in rules]
        if mask is not None:
            assert [bool(mask >> at & 1) for at in range(len(rules))] == said


def _matches(rule: Rule, request: Request, program: Program) -> bool | None:
    """Whether a rule matches; None where that cannot be said."""
    when = True if rule.when is None else evaluate(rule.when, request, program)
    if when is not True:
        return False if when is False else None
    unless = False if rule.unless is None else evaluate(rule.unless, request, program)
    return not unless if isinstance(unless, bool) else None


WORKFLOW_LESS = """
workflow w(x: int in 0..10) {
  step one by ann { task "t" returns { k: int in 0..10 } }
  end done
  start -> one
  one -> done
}
"""

WRITTEN = (
    "permit a.read when args.n > 5",
    "permit a.* by ann unless args.n == 3",
    'forbid a.read when has(args.s) && args.s == "x"',
    'require approval by boss for a.read when "boss" in principal.roles',
)


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Record which calls are decided rule by rule."""
    seen: list[str] = []
    original = Evaluator._decide

    def decide(self: Evaluator, request: Request) -> Decision:
        seen.append(f"{request.agent} {request.tool} {request.args['n']}")
        return original(self, request)

    monkeypatch.setattr(Evaluator, "_decide", decide)
    yield seen


def compiling(program: Program, calls: int) -> Evaluator:
    """Return an evaluator that generates code after so many calls of one tool by one agent."""
    evaluator = Evaluator(program)
    evaluator._compile_after = calls
    return evaluator


def ask(evaluator: Evaluator, n: int, agent: str = "ann", tool: str = "a.read") -> Decision:
    return evaluator.authorize(request(n, agent, tool))


def request(n: int, agent: str = "ann", tool: str = "a.read") -> Request:
    return Request(
        tool=tool, args={"n": n}, agent=agent, principal=Principal(), history=History("s", started=0), now=0,
        bindings={"principal": {"name": "", "roles": []}}, subject=SUBJECT,
    )  # fmt: skip


def test_rules_that_are_asked_often_are_not_evaluated_one_by_one(one_by_one: list[str]) -> None:
    evaluator = compiling(compiled(TOOLS + policy(list(WRITTEN))), 5)
    cold = [ask(evaluator, n) for n in (6, 3, 0, 7, 3)]
    ask(evaluator, 50)
    one_by_one.clear()
    assert [ask(evaluator, n) for n in (6, 3, 0, 7, 3)] == cold
    assert one_by_one == ["ann a.read 6", "ann a.read 3", "ann a.read 0"], "each set of matching rules, once"
    one_by_one.clear()
    assert [ask(evaluator, n).answer for n in range(60)] == ["allow" if n != 3 else "deny" for n in range(60)]
    assert one_by_one == []


def test_what_no_rule_names_is_compiled_too_and_kept_apart(one_by_one: list[str]) -> None:
    evaluator = compiling(compiled(TOOLS + policy(list(WRITTEN))), 0)
    for agent in ("ann", "bob", "zoe", "") * 2:
        ask(evaluator, 0, agent)
    one_by_one.clear()
    assert [ask(evaluator, 0, agent).answer for agent in ("ann", "bob", "zoe", "")] == [
        "allow",
        "deny",
        "deny",
        "deny",
    ]
    assert one_by_one == []


def test_a_value_of_another_class_is_evaluated_rule_by_rule(one_by_one: list[str]) -> None:
    evaluator = compiling(compiled(TOOLS + policy(["forbid a.read when args.n > 5", "permit a.read"])), 0)
    for _ in range(3):
        ask(evaluator, 0)
    one_by_one.clear()
    decision = ask(evaluator, "six")  # type: ignore[arg-type]
    assert decision.answer == "deny"
    assert "has no value" in decision.reasons[0].text
    assert one_by_one == ["ann a.read six"]


def test_what_speaks_beside_the_rules_counts_once_they_are_compiled() -> None:
    evaluator = compiling(compiled(TOOLS + policy(["permit a.read", "require approval by boss for a.read"])), 0)
    asked = request(1)
    for _ in range(3):
        assert evaluator.authorize(asked).answer == "ask"
    given = Consent("a1", "boss", SUBJECT, ("eva",))
    assert evaluator.authorize(replace(asked, consents=(given,))).answer == "allow"
    assert evaluator.authorize(replace(asked, over=("no calls left",))).answer == "deny"
    assert evaluator.authorize(replace(asked, problem="does not fit")).answer == "deny"
    assert evaluator.authorize(asked).answer == "ask"


LONG = " && ".join(f"args.n != {n}" for n in range(101, 181))


@pytest.mark.parametrize(
    ("condition", "alone", "met"),
    [("args.n > 40", False, 1), ('has(args.s) && args.s == "z"', False, 0), (LONG, True, 1)],
)
def test_only_a_long_condition_is_evaluated_by_itself(condition: str, alone: bool, met: int) -> None:
    program = compile_text(TOOLS + policy([f"permit a.read when {condition}"]))
    rule_set = RuleIndex(program).rules_for("a.read", "ann")
    assert rule_set is not None
    fused = fuse(rule_set.tool, rule_set.value, [(each.rule.when, each.rule.unless) for each in rule_set.rules])
    assert fused is not None
    assert fused({"n": 50}, {}, "ann") == met
    assert ["light" in each.rule.when.__dict__ for each in rule_set.rules] == [alone]


def test_only_so_many_decisions_are_remembered(monkeypatch: pytest.MonkeyPatch, one_by_one: list[str]) -> None:
    monkeypatch.setattr(memo, "MOST_DECISIONS", 2)
    evaluator = compiling(compiled(TOOLS + policy(list(WRITTEN))), 0)
    for n in (6, 3, 0) * 3:
        assert ask(evaluator, n).answer == ("deny" if n == 3 else "allow")
    (memory,) = {id(memory): memory for memory in evaluator._compiled.values()}.values()
    assert len(memory.known) <= 2


@FEW
@given(st.data())
def test_both_tiers_give_the_same_decision_and_the_reference_the_same_answer(data: st.DataObject) -> None:
    program = data.draw(programs())
    fast, slow = compiling(program, 0), compiling(program, 10**9)
    for _ in range(6):
        request = data.draw(requests(program))
        plain = replace(
            request,
            problem="",
            shown=None,
            over=(),
            nevers=(),
            too_dear=None,
            route_approval=None,
            consents=(),
            grants=None,
            lacking=frozenset(),
        )
        later = replace(plain, history=_more(request), bindings={**request.bindings, "$history": _more(request)})
        for each in (plain, plain, plain, later, later, replace(plain, consents=request.consents), request):
            decision = fast.authorize(again(each))
            assert decision == slow.authorize(again(each))
            assert decision.answer == reference(program, again(each)).answer


def _more(request: Request) -> History:
    """Return a history with calls enough to reach any limit."""
    history = History("r", started=0)
    for name in NAMES:
        for _ in range(3):
            history.record(name, request.now)
    return history


def test_an_argument_that_only_another_tool_has_is_no_trouble() -> None:
    """A rule about several tools may read what one of them does not have: its condition has no value there."""
    text = """
tool x.one(n: int in 0..100) { needs x.see  effect read }
tool x.two(n: int in 0..100, z: int in 0..9) { needs x.see  effect read }
policy p {
  permit x.*
  forbid x.* when args.z > 1 && args.z < 5
}
"""
    evaluator = compiling(compile_text(text), 0)
    for _ in range(3):
        assert evaluator.authorize(request(1, tool="x.one")).answer == "deny", "a forbid without a value applies"
        for z, answer in ((1, "allow"), (2, "deny"), (4, "deny"), (5, "allow")):
            two = replace(request(1, tool="x.two"), args={"n": 1, "z": z})
            assert evaluator.authorize(two).answer == answer
