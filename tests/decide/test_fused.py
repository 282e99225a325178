"""The generated tier: it is really asked, it says of every rule what the rule says, and it forgets in time."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decide.generated import NAMES, SUBJECT, TOOLS, again, compiled, policy, programs, requests, rule_sets
from decide.reference import evaluate, reference
from interlock.decide import Authorizer, Consent, Decision, History, Request, remembered
from interlock.decide.fuse import fuse
from interlock.decide.index import RuleIndex
from interlock_dsl.program.model import Program, Rule

FEW = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


@settings(FEW, max_examples=200)
@given(st.data())
def test_a_bit_is_set_exactly_where_its_rule_matches(data: st.DataObject) -> None:
    program = compiled(TOOLS + WORKFLOW_LESS + policy(data.draw(rule_sets)))
    for _ in range(5):
        request = data.draw(requests(program, alone=True))
        concerned = RuleIndex(program).concerning(request.tool, request.agent)
        if concerned is None:
            continue
        rules = [indexed.rule for indexed in concerned.rules]
        fused = fuse(concerned.tool, concerned.value, [(rule.when, rule.unless) for rule in rules])
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
def exactly(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Record which calls are decided rule by rule."""
    seen: list[str] = []
    original = Authorizer._decide

    def decide(self: Authorizer, request: Request) -> Decision:
        seen.append(f"{request.agent} {request.tool} {request.args['n']}")
        return original(self, request)

    monkeypatch.setattr(Authorizer, "_decide", decide)
    yield seen


def heated(program: Program, heat: int) -> Authorizer:
    """Return an authorizer that generates code after so many calls of one tool by one agent."""
    authorizer = Authorizer(program)
    authorizer._heat = heat
    return authorizer


def ask(authorizer: Authorizer, n: int, agent: str = "ann", tool: str = "a.read") -> Decision:
    return authorizer.authorize(Request(tool, {"n": n}, agent, bindings={"principal": {"name": "", "roles": []}}))


def test_rules_that_are_asked_often_are_not_evaluated_one_by_one(exactly: list[str]) -> None:
    authorizer = heated(compiled(TOOLS + policy(list(WRITTEN))), 5)
    cold = [ask(authorizer, n) for n in (6, 3, 0, 7, 3)]
    ask(authorizer, 50)
    exactly.clear()
    assert [ask(authorizer, n) for n in (6, 3, 0, 7, 3)] == cold
    assert exactly == ["ann a.read 6", "ann a.read 3", "ann a.read 0"], "each set of matching rules, once"
    exactly.clear()
    assert [ask(authorizer, n).answer for n in range(60)] == ["allow" if n != 3 else "deny" for n in range(60)]
    assert exactly == []


def test_what_no_rule_names_is_hot_too_and_kept_apart(exactly: list[str]) -> None:
    authorizer = heated(compiled(TOOLS + policy(list(WRITTEN))), 0)
    for agent in ("ann", "bob", "zoe", "") * 2:
        ask(authorizer, 0, agent)
    exactly.clear()
    assert [ask(authorizer, 0, agent).answer for agent in ("ann", "bob", "zoe", "")] == [
        "allow",
        "deny",
        "deny",
        "deny",
    ]
    assert exactly == []


def test_a_value_of_another_class_is_evaluated_rule_by_rule(exactly: list[str]) -> None:
    authorizer = heated(compiled(TOOLS + policy(["forbid a.read when args.n > 5", "permit a.read"])), 0)
    for _ in range(3):
        ask(authorizer, 0)
    exactly.clear()
    decision = ask(authorizer, "six")  # type: ignore[arg-type]
    assert decision.answer == "deny"
    assert "has no value" in decision.reasons[0].text
    assert exactly == ["ann a.read six"]


def test_what_speaks_beside_the_rules_is_heard_once_they_are_hot() -> None:
    authorizer = heated(compiled(TOOLS + policy(["permit a.read", "require approval by boss for a.read"])), 0)
    request = Request("a.read", {"n": 1}, "ann", subject=SUBJECT)
    for _ in range(3):
        assert authorizer.authorize(request).answer == "ask"
    given = Consent("a1", "boss", SUBJECT, ("eva",))
    assert authorizer.authorize(replace(request, consents=(given,))).answer == "allow"
    assert authorizer.authorize(replace(request, over=("no calls left",))).answer == "deny"
    assert authorizer.authorize(replace(request, problem="does not fit")).answer == "deny"
    assert authorizer.authorize(request).answer == "ask"


def test_only_so_many_decisions_are_remembered(monkeypatch: pytest.MonkeyPatch, exactly: list[str]) -> None:
    monkeypatch.setattr(remembered, "MOST_DECISIONS", 2)
    authorizer = heated(compiled(TOOLS + policy(list(WRITTEN))), 0)
    for n in (6, 3, 0) * 3:
        assert ask(authorizer, n).answer == ("deny" if n == 3 else "allow")
    (memory,) = {id(memory): memory for memory in authorizer._hot.values()}.values()
    assert len(memory.known) <= 2


@FEW
@given(st.data())
def test_both_tiers_give_the_same_decision_and_the_reference_the_same_answer(data: st.DataObject) -> None:
    program = data.draw(programs())
    hot, cold = heated(program, 0), heated(program, 10**9)
    for _ in range(6):
        request = data.draw(requests(program))
        plain = replace(
            request, problem="", shown=None, over=(), nevers=(), route_approval=None, consents=(), grants=None
        )
        later = replace(plain, history=_more(request), bindings={**request.bindings, "$history": _more(request)})
        for each in (plain, plain, plain, later, later, replace(plain, consents=request.consents), request):
            decision = hot.authorize(again(each))
            assert decision == cold.authorize(again(each))
            assert decision.answer == reference(program, again(each)).answer


def _more(request: Request) -> History:
    """Return a history with calls enough to reach any limit."""
    history = History(request.now)
    for name in NAMES:
        for _ in range(3):
            history.record(name, request.now)
    return history
