"""`always E`: whether some run comes to a state in which everything that E needs is there and E does not hold.

It is judged where a run begins and after every step whose output it reads; so it is asked there. It does not hold
either where judging it costs more than what is evaluated about one event may cost: what it costs at most is added up
with whatever may have been evaluated about the same event before.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from interlock_dsl.analysis.facts import AgentStepFacts, AlwaysFacts, AskStepFacts, CallStepFacts, RunStepFacts
from interlock_dsl.analysis.knowledge.arrivals import Arrival
from interlock_dsl.analysis.knowledge.groups import Group
from interlock_dsl.analysis.knowledge.totality import affordable, within_limit
from interlock_dsl.analysis.promises.judgement import Finding, evidence, is_known
from interlock_dsl.analysis.promises.keeping import kept
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.analysis.rehearsal.promised import Judged
from interlock_dsl.analysis.rehearsal.story import story
from interlock_dsl.analysis.values.problem import Answer, Claim, Impossible, Outcome, Possible
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.diagnostics.witness import Witness
from interlock_dsl.program.graph import START


def not_always(questions: Questions, promise: AlwaysFacts) -> list[Finding]:
    """Return the places at which the condition can be false, or have no value."""
    steps = questions.workflow.steps
    found: list[Finding] = []
    if not promise.needs & steps.keys():
        beginning = (Arrival((), frozenset(), frozenset(steps)),)
        found += _broken(questions, promise, START, beginning, promise.decl.span)
    for name in sorted(promise.reads & steps.keys()):
        arrivals = [_there(arrival, promise) for arrival in questions.arrivals.done(name)]
        judged = tuple(arrival for arrival in arrivals if not promise.needs & arrival.absent)
        found += _broken(questions, promise, name, judged, steps[name].decl.name.span)
    lost = sorted((promise.reads - promise.needs) & questions.arrivals.discarded)
    open = next((name for name in lost if not _holds_without(questions, promise, name)), None)
    if open is not None:
        found.append(Finding(f"when the output of `{open}` is discarded, it need not hold", promise.decl.span))
    return found or _too_costly(questions, promise, discarded=bool(lost))


def _holds_without(questions: Questions, promise: AlwaysFacts, name: str) -> bool:
    """Say whether the condition holds without the output of a step, whatever the other values are."""
    bare = Arrival((), promise.needs & questions.workflow.steps.keys(), frozenset({name}))
    problem = questions.problem(bare, [Claim(promise.condition, Outcome.FALSE | Outcome.NO_VALUE)])
    answer = questions.reasoner.ask(replace(problem, optional=problem.optional - promise.needs))
    return isinstance(answer, Impossible)


def _too_costly(questions: Questions, promise: AlwaysFacts, *, discarded: bool) -> list[Finding]:
    """Return the places at which what is evaluated about one event may cost too much for the condition to be judged.

    An answer of a model, a tool or a person is an event of its own, about which promises are judged first of all; so is
    the beginning of a run, but not of a workflow that a step runs. What judges it where an output is discarded is not.
    """
    workflow = questions.workflow
    every = [other for other in workflow.promises if isinstance(other, AlwaysFacts)]
    judged = {name: workflow.steps[name] for name in sorted(promise.reads & workflow.steps.keys())}
    first = [name for name, step in judged.items() if isinstance(step, AgentStepFacts | CallStepFacts | AskStepFacts)]
    alone = [[other.condition for other in every if name in other.reads] for name in first]
    if not promise.needs & workflow.steps.keys():
        alone.append([other.condition for other in every if not other.needs & workflow.steps.keys()])
    steps = [step for each in questions.facts.workflows.values() for step in each.steps.values()]
    inside = any(isinstance(step, RunStepFacts) and step.workflow == workflow.decl.name.text for step in steps)
    if len(first) == len(judged) and not inside and not discarded and all(map(within_limit, alone)):
        return []
    if affordable(questions.facts):
        return []
    reason = "what is evaluated about one event may cost too much for it to be judged"
    return [Finding(reason, promise.decl.span)]


def _there(arrival: Arrival, promise: AlwaysFacts) -> Arrival:
    """Return an arrival at which the promise is judged: all that it needs is there."""
    maybe = promise.needs - arrival.absent
    return replace(arrival, written=arrival.written | maybe)


def _broken(
    questions: Questions, promise: AlwaysFacts, place: str, arrivals: Iterable[Arrival], span: Span
) -> list[Finding]:
    where = "when the run begins" if place == START else f"once `{place}` has its output"
    reason = f"{where}, it need not hold"
    statement = Claim(promise.condition, Outcome.FALSE | Outcome.NO_VALUE)
    found: list[Finding] = []
    for arrival in arrivals:
        problem = questions.problem(arrival, [statement])
        answer: Answer = questions.reasoner.ask(replace(problem, optional=problem.optional - promise.needs))
        if isinstance(answer, Impossible):
            continue
        shown: Witness | None = None
        group = _group(questions, place)
        others = tuple(kept(questions.workflow, arrival.written, promise))
        if others:  # one that breaks another promise first would show nothing of this one
            asked = questions.problem(arrival, [statement, *others])
            answer = questions.reasoner.ask(replace(asked, optional=asked.optional - promise.needs))
        if isinstance(answer, Possible) and group is not None:
            rehearse = partial(Judged, promise=promise)
            told = story(questions, arrival, answer.bindings, group, [statement], rehearse)
            shown = evidence(told, exact=is_known(questions.workflow, arrival))
        found.append(Finding(reason, span, shown))
        if shown is not None and shown.rehearsed:
            break
    return found


def _group(questions: Questions, place: str) -> Group | None:
    """Return the routes that are considered after a place."""
    groups = [group for group in questions.arrivals.groups if place in group.sources and group.trigger is None]
    return min(groups, key=lambda group: group.joins, default=None)
