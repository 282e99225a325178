"""`never X before approval` and `never X before Y`: whether some call is made without what must come before it.

What is asked for on the route into the step of a call, or by a rule of a policy, is an approval of exactly that call.
What an agent calls is covered by rules alone: an approval on its route is for the handover. A promise also denies
such calls while a run proceeds; it is refuted all the same, for there is a run in which it has to.
"""

from dataclasses import replace
from functools import partial

from interlock_dsl.analysis.declarations.policies import rules_for
from interlock_dsl.analysis.facts import (
    AgentStepFacts,
    CallStepFacts,
    NeverBeforeFacts,
    NeverUnapprovedFacts,
    PromiseFacts,
)
from interlock_dsl.analysis.knowledge.arrivals import Arrival
from interlock_dsl.analysis.knowledge.handovers import callable_tools, fallbacks, ways_into
from interlock_dsl.analysis.knowledge.inside import inner_steps
from interlock_dsl.analysis.promises.calling import (
    NOT_FALSE,
    Calling,
    callings,
    combined,
    countable,
    not_applied,
)
from interlock_dsl.analysis.promises.judgement import Finding, evidence, is_known
from interlock_dsl.analysis.promises.keeping import kept
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.analysis.rehearsal.promised import AgentCalls
from interlock_dsl.analysis.rehearsal.run import Rehearsal
from interlock_dsl.analysis.rehearsal.story import Rehearsing, story
from interlock_dsl.analysis.values.problem import Claim, Impossible, Possible, Statement
from interlock_dsl.diagnostics.witness import Witness
from interlock_dsl.syntax.tree import Ident


def unapproved(questions: Questions, promise: NeverUnapprovedFacts) -> list[Finding]:
    """Return the calls that can be made without an approval."""
    found: list[Finding] = []
    for calling in callings(questions, promise.tools):
        if not _approved_on_route(calling, promise):
            covering = [
                not_applied(rule)
                for rule in rules_for(questions.facts, calling.tool.name, calling.agent, questions.workflow)
                if rule.decl.kind == "require" and _enough(rule.decl.role, rule.decl.count or 1, promise)
            ]
            cases = [(*case, *rest) for case in calling.cases for rest in combined(covering)]
            known = replace(calling, whole=calling.whole and countable(covering))
            found.extend(_possible(questions, known, _where(promise), cases, "without that approval"))
    return [*found, *_undone(questions, promise), *_inside(questions, promise), *_in_place(questions, promise)]


def _inside(questions: Questions, promise: NeverUnapprovedFacts | NeverBeforeFacts) -> list[Finding]:
    """Return the steps that run a workflow in which such a call may be made, unless it is promised there too.

    What is promised there is kept there: a call that would break it is denied.
    """
    found: list[Finding] = []
    for name, step in inner_steps(questions.workflow).items():
        inner = questions.facts.workflows[step.workflow]
        if isinstance(promise, NeverBeforeFacts) and _returned(questions, name, promise):
            continue
        calls = promise.tools & callable_tools(inner, questions.facts)
        if calls and not any(_covers(each, promise) for each in inner.promises):
            called = " and ".join(f"`{tool}`" for tool in sorted(calls))
            reason = (
                f"`{step.workflow}`, which the step `{name}` runs, may call {called}, and does not promise the same"
            )
            approved = any(route.approval is not None for route in ways_into(questions.workflow)[name])
            if approved and isinstance(promise, NeverUnapprovedFacts):
                reason += f"; the approval on the route into `{name}` is for its input, not for the calls inside"
            found.append(Finding(reason, step.decl.workflow.span))
    return found


def _covers(inner: PromiseFacts, promise: NeverUnapprovedFacts | NeverBeforeFacts) -> bool:
    """Say whether a promise of a workflow inside is about the same calls at least, and asks as much of them."""
    match inner, promise:
        case NeverUnapprovedFacts(decl=decl, tools=tools, where=None), NeverUnapprovedFacts():
            by = decl.approval
            return promise.tools <= tools and (
                promise.decl.approval is None or (by is not None and _enough(by.role, by.count, promise))
            )
        case NeverBeforeFacts(tools=tools, where=None, first=first), NeverBeforeFacts():
            return promise.tools <= tools and first <= promise.first
        case _:
            return False


def _returned(questions: Questions, step: str, promise: NeverBeforeFacts) -> bool:
    """Say whether a call that must come first has returned on every way to a step."""
    first = _first(questions, promise)
    return all(first & arrival.written for arrival in questions.arrivals.at(step))


def _first(questions: Questions, promise: NeverBeforeFacts) -> set[str]:
    steps = questions.workflow.steps
    called = {name: step for name, step in steps.items() if isinstance(step, CallStepFacts)}
    # A step with rows may call nothing: its list may be empty. What failed may have been called in another's place.
    return {
        name
        for name, step in called.items()
        if step.rows is None and {step.call.tool, *fallbacks({step.call.tool}, questions.facts)} <= promise.first
    }


def too_early(questions: Questions, promise: NeverBeforeFacts) -> list[Finding]:
    """Return the calls that can be made before those that must have returned."""
    first = _first(questions, promise)
    found: list[Finding] = []
    for calling in callings(questions, promise.tools):
        early = tuple(arrival for arrival in calling.arrivals if not first & arrival.written)
        if early:
            names = " or ".join(sorted(promise.first))
            why = f"before a call of {names} has returned" if names else "before any such call"
            found.extend(_possible(questions, calling, _where(promise), list(calling.cases), why, early))
    return [*found, *_inside(questions, promise), *_in_place(questions, promise)]


def _where(promise: NeverUnapprovedFacts | NeverBeforeFacts) -> tuple[Statement, ...]:
    return () if promise.where is None else (Claim(promise.where, NOT_FALSE),)


def _approved_on_route(calling: Calling, promise: NeverUnapprovedFacts) -> bool:
    approval = calling.route.approval
    return not calling.agent and approval is not None and _enough(approval.role, approval.count, promise)


def _enough(role: Ident | None, count: int, promise: NeverUnapprovedFacts) -> bool:
    wanted = promise.decl.approval
    if role is None:
        return False
    return wanted is None or (role.text == wanted.role.text and count >= wanted.count)


def _possible(
    questions: Questions,
    calling: Calling,
    where: tuple[Statement, ...],
    cases: list[tuple[Statement, ...]],
    without: str,
    arrivals: tuple[Arrival, ...] | None = None,
) -> list[Finding]:
    """Return the call with a witness if one of its cases is possible, without one if that is not known."""
    who = f"the agent `{calling.agent}` can call" if calling.agent else f"the step `{calling.step}` calls"
    reason = f"{who} `{calling.tool.name}` {without}"
    found: list[Finding] = []
    for case in cases:
        possible = False
        shown: Witness | None = None
        for arrival in calling.arrivals if arrivals is None else arrivals:
            statements = (*where, *case, *kept(questions.workflow, arrival.written))
            answer = questions.ask((arrival,), statements, calling.types).answer
            possible = possible or not isinstance(answer, Impossible)
            if isinstance(answer, Possible):
                rehearse: Rehearsing = partial(AgentCalls, tool=calling.tool) if calling.agent else Rehearsal
                told = story(questions, arrival, answer.bindings, calling.step, statements, rehearse)
                shown = _denied(evidence(told, exact=is_known(questions.workflow, arrival) and calling.whole), calling)
            if shown is not None:
                break
        if not possible:
            continue
        found.append(Finding(reason, calling.span, shown))
        if shown is not None and shown.rehearsed:
            break
    return found


def _denied(witness: Witness | None, calling: Calling) -> Witness | None:
    """Return a witness, unless it tells a run in which the call is not denied."""
    told = witness is None or not witness.rehearsed or f"expect denied {calling.tool.name}" in witness.expects
    return witness if told else None


def _in_place(questions: Questions, promise: NeverUnapprovedFacts | NeverBeforeFacts) -> list[Finding]:
    """Return the calls in place of others: whether they come too early, or need an approval, is not looked into."""
    found: list[Finding] = []
    for name in callable_tools(questions.workflow, questions.facts):
        fallback = questions.facts.tools[name].fallback if name in questions.facts.tools else None
        if fallback is not None and fallback.tool in promise.tools:
            reason = f"`{fallback.tool}` may be called where `{name}` has failed"
            found.append(Finding(reason, fallback.span))
    return found


def _undone(questions: Questions, promise: NeverUnapprovedFacts) -> list[Finding]:
    """Return the undoings that nobody can have approved."""
    found: list[Finding] = []
    for step in questions.workflow.steps.values():
        match step:
            case CallStepFacts(call=call):
                called, span = (call.tool,), call.span
            case AgentStepFacts(tools=called, decl=decl):
                span = decl.name.span
            case _:
                continue
        for name in called:
            tool = questions.facts.tools[name]
            if tool.undo is not None and tool.undo.tool in promise.tools:
                reason = f"`{tool.undo.tool}` undoes `{tool.name}`, and nobody approves an undo"
                found.append(Finding(reason, span))
    return found
