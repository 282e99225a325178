"""The evaluator and the naive reference agree on everything; and what must hold of any rule set does."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decide.generated import NAMES, TOOLS, WORKFLOW, again, compiled, policy, programs, requests, rule_sets, rules
from decide.reference import obligations, places, reference
from interlock.decide import Decision, RedactFields
from interlock.decide.evaluator import Evaluator
from interlock.decide.request import Request
from interlock_dsl.program.model import Program

RANK = {"deny": 0, "ask": 1, "allow": 2}
FEW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
SEVERAL = 15
"""Requests for each generated program: compiling it costs most."""


def decided(program: Program, request: Request) -> Decision:
    return Evaluator(program).authorize(again(request))


@settings(FEW, max_examples=250)
@given(st.data())
def test_authorize_agrees_with_the_reference(data: st.DataObject) -> None:
    program = data.draw(programs())
    evaluator = Evaluator(program)
    for _ in range(SEVERAL):
        request = data.draw(requests(program))
        decision = evaluator.authorize(again(request))
        expected = reference(program, again(request))
        assert decision.answer == expected.answer
        found = {(reason.cause, reason.rule) for reason in decision.reasons}
        assert found == expected.because
        assert {need.role for need in decision.needs} == expected.roles
        assert frozenset(decision.counts) == expected.counts
        assert decision.claims == expected.claims
        obliged = frozenset(
            ("redact" if isinstance(each, RedactFields) else "notify", each.rule) for each in decision.obligations
        )
        assert obliged == obligations(program, again(request), decision.answer)


@settings(FEW, max_examples=100)
@given(st.data())
def test_a_reason_points_to_what_determined_the_answer(data: st.DataObject) -> None:
    program = data.draw(programs())
    evaluator = Evaluator(program)
    for _ in range(SEVERAL):
        request = data.draw(requests(program))
        if request.tool not in program.tools:
            continue
        decision, there = evaluator.authorize(again(request)), places(program, again(request))
        pointing = [reason for reason in decision.reasons if reason.span is not None]
        for reason in pointing:
            assert reason.span in there[reason.cause, reason.rule], reason
        for reason in decision.reasons:
            assert reason in pointing or reason.cause in ("no-permit", "not-shown", "budget"), reason
        if decision.answer == "allow" and request.grants is not None:
            granting = [reason.span for reason in decision.reasons if reason.cause == "grant"]
            assert len(granting) == len(set(granting)) and set(granting) == there["grant", ""]


@FEW
@given(st.data())
def test_adding_a_forbid_never_allows_more(data: st.DataObject) -> None:
    _adding(data, ("forbid", "require", "limit"))


def _adding(data: st.DataObject, kinds: tuple[str, ...]) -> None:
    before = data.draw(rule_sets)
    more = [*before, data.draw(rules(kinds))]
    old, new = (
        compiled(TOOLS + WORKFLOW % ("grant a.see, a.do", "") + policy(rule_set)) for rule_set in (before, more)
    )
    for _ in range(SEVERAL):
        request = data.draw(requests(old))
        assert RANK[decided(new, request).answer] <= RANK[decided(old, request).answer]


@FEW
@given(st.data())
def test_obligations_change_no_answer(data: st.DataObject) -> None:
    before = data.draw(rule_sets)
    more = [*before, *data.draw(st.lists(rules(("redact", "notify")), min_size=1, max_size=3))]
    old, new = (compiled(TOOLS + WORKFLOW % ("grant a.see, a.do", "") + policy(each)) for each in (before, more))
    for _ in range(SEVERAL):
        request = data.draw(requests(old))
        one, other = decided(old, request), decided(new, request)
        reasons = [[(reason.cause, reason.rule) for reason in each.reasons] for each in (one, other)]
        assert (one.answer, one.needs, reasons[0]) == (other.answer, other.needs, reasons[1])
        assert {each.rule for each in one.obligations} <= {each.rule for each in other.obligations}


@FEW
@given(st.data())
def test_adding_a_permit_never_allows_less(data: st.DataObject) -> None:
    before = data.draw(rule_sets)
    more = [*before, data.draw(rules(("permit",)))]
    old, new = (compiled(TOOLS + WORKFLOW % ("", "") + policy(rule_set)) for rule_set in (before, more))
    for _ in range(SEVERAL):
        request = data.draw(requests(old))
        assert RANK[decided(new, request).answer] >= RANK[decided(old, request).answer]


@FEW
@given(st.data())
def test_order_of_rules_does_not_matter(data: st.DataObject) -> None:
    before = data.draw(rule_sets)
    after = data.draw(st.permutations(before))
    old, new = (compiled(TOOLS + WORKFLOW % ("grant a.see", "") + policy(rule_set)) for rule_set in (before, after))
    for _ in range(SEVERAL):
        request = data.draw(requests(old))
        one, other = decided(old, request), decided(new, request)
        assert one.answer == other.answer
        assert sorted(reason.cause for reason in one.reasons) == sorted(reason.cause for reason in other.reasons)


@FEW
@given(st.data())
def test_fewer_scopes_of_the_principal_never_allow_more(data: st.DataObject) -> None:
    program = data.draw(programs())
    for _ in range(SEVERAL):
        request = data.draw(requests(program, alone=False))
        held = request.principal.scopes
        fewer = replace(request.principal, scopes=frozenset({"a.see"}) & (held if held is not None else {"a.see"}))
        less = replace(request, principal=fewer)
        assert RANK[decided(program, less).answer] <= RANK[decided(program, request).answer]


@FEW
@given(st.data())
def test_listing_and_calling_agree(data: st.DataObject) -> None:
    """What is not listed is denied, whatever the arguments, the history and the approvals are."""
    program = data.draw(programs())
    evaluator = Evaluator(program)
    for _ in range(SEVERAL):
        request = data.draw(requests(program))
        scopes = None
        if request.grants is not None:
            scopes = frozenset().union(*(grant.scopes for grant in request.grants))
            if request.principal.scopes is not None:
                scopes &= request.principal.scopes
        listed = evaluator.listed(request.agent, scopes)
        assert set(listed) <= set(NAMES)
        if request.tool not in listed:
            assert evaluator.authorize(again(request)).answer == "deny"


@FEW
@given(st.data())
def test_the_same_request_gets_the_same_decision_from_a_fresh_authorizer(data: st.DataObject) -> None:
    program = data.draw(programs())
    warm = Evaluator(program)
    for _ in range(SEVERAL):
        request = data.draw(requests(program))
        assert warm.authorize(again(request)) == decided(program, request)
