"""Workflows of two versions: steps by name, ends, routes, what is promised, and what a run may consume."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Final

from interlock_dsl.analysis.diff import amounts
from interlock_dsl.analysis.diff.declarations import budgets, clauses
from interlock_dsl.analysis.diff.difference import Comparing, Difference, Direction, Region, Terrain, compared
from interlock_dsl.analysis.diff.labels import relabelled, unlabelled
from interlock_dsl.analysis.diff.policies import own_rules
from interlock_dsl.analysis.diff.routes import routes, terrain_of
from interlock_dsl.analysis.diff.values import values
from interlock_dsl.analysis.facts import (
    AgentStepFacts,
    AskStepFacts,
    CallStepFacts,
    CostAtMostFacts,
    EndsWithinFacts,
    EndsWithinStepsFacts,
    EventStepFacts,
    NeverBeforeFacts,
    NeverUnapprovedFacts,
    PromiseFacts,
    RunStepFacts,
    SetStepFacts,
    StepFacts,
    TableStepFacts,
    TimeStepFacts,
    rows_of,
)
from interlock_dsl.analysis.knowledge.bounds import bounds
from interlock_dsl.analysis.knowledge.consumption import Usage
from interlock_dsl.analysis.knowledge.quantities import MICROS_IN_ONE, duration_words
from interlock_dsl.analysis.promises import kept
from interlock_dsl.analysis.promises.calling import NOT_FALSE
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.analysis.reasoning.reasoner import Reasoner
from interlock_dsl.analysis.values.problem import Case, Claim
from interlock_dsl.analysis.workflows.rows import fan_out, row_variable
from interlock_dsl.syntax.tree import Duration, EndDecl, TimeStep

AMOUNTS: Final = frozenset({"rows", "within", "pause"})
"""The clauses of steps that say how much, which are compared by themselves."""


def workflows(old: Mapping[str, Questions], new: Mapping[str, Questions], reasoner: Reasoner) -> Iterator[Difference]:
    """Yield in what the workflows differ."""
    for name in dict.fromkeys((*old, *new)):
        subject, before, now = f"workflow {name}", old.get(name), new.get(name)
        if before is None or now is None:
            there = now or before
            assert there is not None
            direction = Direction.PERMITS if before is None else Direction.REFUSES
            text = "can be started" if before is None else "cannot be started any more"
            yield Difference(direction, subject, text, there.workflow.decl.name.span)
        else:
            yield from _workflow(before, now, reasoner, subject)


def _workflow(old: Questions, new: Questions, reasoner: Reasoner, subject: str) -> Iterator[Difference]:
    terrain, decl = terrain_of(old, new), new.workflow.decl
    given, taken = old.workflow.parameters, new.workflow.parameters
    if unlabelled(given) == unlabelled(taken):
        yield from relabelled(given, taken, subject, decl.name.span)
    else:
        yield Difference(Direction.CHANGES, subject, "takes another input", decl.name.span)
    ours, theirs = old.workflow.steps, new.workflow.steps
    for name in dict.fromkeys((*ours, *theirs)):
        if name not in ours or name not in theirs:
            gone = "is not there any more" if name not in theirs else "is new"
            step = theirs.get(name) or ours[name]
            yield Difference(Direction.CHANGES, subject, f"the step `{name}` {gone}", step.decl.name.span)
        else:
            yield from _step(ours[name], theirs[name], new, reasoner, terrain, subject)
    for name in dict.fromkeys((*old.workflow.ends, *new.workflow.ends)):
        one, other = old.workflow.ends.get(name), new.workflow.ends.get(name)
        if one is None or other is None:
            there = other or one
            assert there is not None
            gone = "is not there any more" if other is None else "is new"
            yield Difference(Direction.CHANGES, subject, f"the end `{name}` {gone}", there.decl.name.span)
        else:
            if one.decl.gives_up != other.decl.gives_up:
                yield _given_up(name, other.decl, subject)
            known = _at(new, name)
            yield from values(
                reasoner, one.values, other.values, terrain, subject, f"the end `{name}`", other.decl.name.span, known
            )
    yield from routes(old, new, reasoner, subject)
    yield from own_rules(old, new, reasoner, terrain, subject)
    yield from budgets(old.workflow.decl, decl, subject)
    yield from _promises(old, new, reasoner, terrain, subject)
    yield from _consumed(old, new, subject)


def _given_up(name: str, end: EndDecl, subject: str) -> Difference:
    """Return what it means that an end gives the run up, or does not any more: effects that stayed are undone."""
    if end.gives_up:
        text = f"the end `{name}` gives the run up: what the run did is undone"
        return Difference(Direction.REFUSES, subject, text, end.name.span)
    text = f"the end `{name}` does not give the run up any more: what the run did stays"
    return Difference(Direction.PERMITS, subject, text, end.name.span)


def _at(questions: Questions, name: str) -> tuple[Case, ...]:
    """Return what is known where a step or an end begins."""
    found = questions.arrivals.at(name)
    return tuple(Case(each.claims, frozenset(each.written), frozenset(each.absent)) for each in found)


def _step(
    old: StepFacts, new: StepFacts, questions: Questions, reasoner: Reasoner, terrain: Terrain, subject: str
) -> Iterator[Difference]:
    name = new.decl.name.text
    what, span, known = f"the step `{name}`", new.decl.name.span, _at(questions, name)
    if type(old) is type(new):
        inside = f"{subject}, {what}"
        yield from amounts.rows(fan_out(old.decl), fan_out(new.decl), inside, span)
        yield from amounts.deadline(inside, "may take", _within(old), _within(new), span)
        row = {**row_variable(rows_of(old)), **row_variable(rows_of(new))}
        terrain = replace(terrain, types={**terrain.types, **row})
    match old, new:
        case CallStepFacts(call=before), CallStepFacts(call=now):
            yield from clauses(f"{subject}, {what}", old.decl, new.decl, without=AMOUNTS | {"call"})
            if before.tool != now.tool:
                yield Difference(Direction.CHANGES, subject, f"{what} calls `{now.tool}`, not `{before.tool}`", span)
            else:
                yield from values(reasoner, before.arguments, now.arguments, terrain, subject, what, now.span, known)
        case AgentStepFacts(), AgentStepFacts():
            for tool in sorted(set(new.tools) - set(old.tools)):
                yield Difference(Direction.PERMITS, subject, f"the agent at {what} is shown `{tool}`", span)
            for tool in sorted(set(old.tools) - set(new.tools)):
                yield Difference(Direction.REFUSES, subject, f"the agent at {what} is not shown `{tool}`", span)
            yield from clauses(f"{subject}, {what}", old.decl, new.decl, without=AMOUNTS | {"tools"})
            if old.returns != new.returns and old.decl.returns == new.decl.returns:
                yield Difference(Direction.CHANGES, subject, f"{what} returns another type", span)
        case SetStepFacts(values=before_values), SetStepFacts(values=now_values):
            yield from values(reasoner, before_values, now_values, terrain, subject, what, span, known)
        case TableStepFacts(arguments=before_values), TableStepFacts(arguments=now_values):
            if old.decl.table != new.decl.table:
                yield Difference(Direction.CHANGES, subject, f"{what} is decided by another table", span)
            yield from values(reasoner, before_values, now_values, terrain, subject, what, span, known)
        case EventStepFacts(), EventStepFacts():
            yield from clauses(f"{subject}, {what}", old.decl, new.decl, without=AMOUNTS | {"where"})
            if old.data != new.data and old.decl.data == new.decl.data:
                yield Difference(Direction.CHANGES, subject, f"{what} waits for data of another type", span)
            if old.decl.where != new.decl.where:
                yield Difference(Direction.CHANGES, subject, f"{what} takes other events", span)
        case TimeStepFacts(decl=before_wait), TimeStepFacts(decl=now_wait):
            waited, waits = _waits(before_wait), _waits(now_wait)
            if waited != waits:
                yield Difference(Direction.CHANGES, subject, f"{what} waits {waits}, not {waited}", span)
            elif before_wait.until != now_wait.until:
                yield Difference(Direction.CHANGES, subject, f"{what} waits until another moment", span)
        case RunStepFacts(arguments=before_values), RunStepFacts(arguments=now_values):
            apart = AMOUNTS | {"workflow", "arguments"}
            yield from clauses(f"{subject}, {what}", old.decl, new.decl, without=apart)
            if old.workflow != new.workflow:
                yield Difference(
                    Direction.CHANGES, subject, f"{what} runs `{new.workflow}`, not `{old.workflow}`", span
                )
            else:
                yield from values(reasoner, before_values, now_values, terrain, subject, what, span, known)
        case AskStepFacts(), AskStepFacts():
            yield from clauses(f"{subject}, {what}", old.decl, new.decl, without=AMOUNTS)
            if old.returns != new.returns and old.decl.returns == new.decl.returns:
                yield Difference(Direction.CHANGES, subject, f"{what} returns another type", span)
        case _:
            yield Difference(Direction.CHANGES, subject, f"{what} is of another kind", span)


def _within(step: StepFacts) -> Duration | None:
    """Return the deadline of a step, if it has one."""
    if isinstance(step, AgentStepFacts | CallStepFacts | AskStepFacts | EventStepFacts | RunStepFacts):
        return step.decl.within
    return None


def _waits(step: TimeStep) -> str:
    return "until a moment" if step.pause is None else f"for {duration_words(step.pause.micros)}"


def _promises(
    old: Questions, new: Questions, reasoner: Reasoner, terrain: Terrain, subject: str
) -> Iterator[Difference]:
    gone = [p for p in old.workflow.promises if all(p.decl != other.decl for other in new.workflow.promises)]
    made = [p for p in new.workflow.promises if all(p.decl != other.decl for other in old.workflow.promises)]
    for promise in list(gone):
        bound = next((each for each in made if type(each) is type(promise) and _most(each) is not None), None)
        if bound is not None:
            made.remove(bound)
            yield _moved(old, new, promise, bound, subject)
            continue
        other = next((each for each in made if _alike(promise, each)), None)
        if other is None:
            text = f"does not promise `{_line(promise)}`"
            yield _stated(old, promise, Direction.PERMITS, subject, text)
            continue
        made.remove(other)
        assert isinstance(promise, NeverUnapprovedFacts | NeverBeforeFacts)
        assert isinstance(other, NeverUnapprovedFacts | NeverBeforeFacts)
        about = Comparing(reasoner, subject, terrain, other.decl.span)
        outside = [_kept_out(each) for each in (promise, other)]
        line = _line(other)
        found = list(compared(about, outside, f"`{line}` is about fewer calls", f"`{line}` is about more calls"))
        if found and kept(old, promise) and kept(new, other):
            text = f"`{line}` is about other calls than before, and every run keeps both"
            found = [Difference(Direction.STATES, subject, text, other.decl.span)]
        yield from found
    for promise in made:
        yield _stated(new, promise, Direction.REFUSES, subject, f"promises `{_line(promise)}`")


def _moved(old: Questions, new: Questions, promise: PromiseFacts, other: PromiseFacts, subject: str) -> Difference:
    """Return what it means that a run may take more or less than before."""
    text = f"promises `{_line(other)}`, not `{_line(promise)}`"
    if kept(old, promise) and kept(new, other):
        return Difference(Direction.STATES, subject, f"{text}, and every run keeps both", other.decl.span)
    wider = (_most(other) or 0) > (_most(promise) or 0)
    return Difference(Direction.PERMITS if wider else Direction.REFUSES, subject, text, other.decl.span)


def _most(promise: PromiseFacts) -> int | None:
    """Return how much a promise allows; None for one that is about something else. Each kind stands once."""
    match promise:
        case EndsWithinStepsFacts(decl=decl):
            return decl.steps
        case EndsWithinFacts(decl=decl):
            return decl.time.micros
        case CostAtMostFacts(decl=decl):
            return decl.cost.micros
        case _:
            return None


def _stated(questions: Questions, promise: PromiseFacts, otherwise: Direction, subject: str, text: str) -> Difference:
    """Return the difference that a promise makes: none in what happens if every run keeps it without being made to."""
    if kept(questions, promise):
        return Difference(Direction.STATES, subject, f"{text}, which every run keeps", promise.decl.span)
    return Difference(otherwise, subject, text, promise.decl.span)


def _alike(one: PromiseFacts, other: PromiseFacts) -> bool:
    """Say whether two promises are the same but for the condition on the calls that they are about."""
    match one, other:
        case NeverUnapprovedFacts(), NeverUnapprovedFacts():
            return one.tools == other.tools and one.decl.approval == other.decl.approval
        case NeverBeforeFacts(), NeverBeforeFacts():
            return one.tools == other.tools and one.first == other.first
        case _:
            return False


def _kept_out(promise: NeverUnapprovedFacts | NeverBeforeFacts) -> Region:
    """Return which calls a promise is not about."""
    if promise.where is None:
        return Region(())
    return Region((Case((Claim(promise.where, ~NOT_FALSE),)),))


def _line(promise: PromiseFacts) -> str:
    return " ".join(promise.decl.span.text.split())


def _consumed(old: Questions, new: Questions, subject: str) -> Iterator[Difference]:
    """Yield what a run may consume more or less of at most."""
    before, now = (bounds(each.workflow, each.facts).worst for each in (old, new))
    for field in fields(Usage):
        one, other = getattr(before, field.name), getattr(now, field.name)
        if one != other:
            more = other is None or (one is not None and other > one)
            direction = Direction.PERMITS if more else Direction.REFUSES
            text = (
                f"a run may use {'more' if more else 'less'} {field.name} at most: "
                f"{_shown(other, field.name)}, was {_shown(one, field.name)}"
            )
            yield Difference(direction, subject, text, new.workflow.decl.name.span)


def _shown(amount: int | None, what: str) -> str:
    if amount is None:
        return "without a bound"
    if what == "time":
        return duration_words(amount)
    return f"{amount / MICROS_IN_ONE:.2f}" if what == "cost" else f"{amount:_}"
