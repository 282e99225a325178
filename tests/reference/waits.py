"""Waiting, as the page on the language says it: an event is taken once, by whoever has waited longest, or kept."""

from interlock.run.protocol.events import Json, SignalReceived
from interlock.run.values import MOST_HELD
from interlock_dsl.cel.types import NULL, Type
from interlock_dsl.cel.values import Timestamp
from interlock_dsl.program.model import EventStep, TimeStep
from interlock_dsl.program.paths import workflows_in
from reference import routing
from reference.state import Came, Run, Visit
from reference.values import METER, NoValue, ValidationError, condition, decoded, encoded, part, written

MOST_KEPT = 100


def waits_for_event(run: Run, visit: Visit) -> None:
    """Take the oldest event that was kept and fits, or wait for one."""
    step = visit.step
    assert isinstance(step, EventStep)
    for came in list(run.whole.kept):
        if came.event == step.event and takes(run, visit, came):
            run.whole.kept.remove(came)
            return
    visit.phase = "awaiting event"
    expires = None if step.within is None else run.whole.now + step.within
    run.ask("await event", visit, visit.path, step.event, expires)
    if expires is not None:
        run.timer(visit, expires, "expiry")


def problem(run: Run, event: SignalReceived) -> str:
    """Say why an event is refused."""
    workflows = list(workflows_in(run.program, run.root.of.name))
    every = [step for workflow in workflows for step in workflow.steps.values()]
    steps = [step for step in every if isinstance(step, EventStep) and step.event == event.name]
    if not steps:
        return "unknown-event"
    if event.key and (event.name, event.key) in run.whole.keys:
        return "signalled-before"
    if not any(fits(step.data, event.data) for step in steps):
        return "invalid-data"
    if run.size() + part(event.data) > MOST_HELD:
        return "too-large"
    return ""


def fits(type: Type | None, data: Json) -> bool:
    try:
        decoded(NULL if type is None else type, data)
    except ValidationError:
        return False
    return True


def signalled(run: Run, event: SignalReceived) -> None:
    """Give an event to the step that has waited longest of those that take it, or keep it."""
    refused = problem(run, event)
    if refused:
        run.note("ignored", refused)
        return
    came = Came(run.whole.signals + 1, event.name, event.key, event.data)
    if given(run, came):
        accept(run, event)
    elif len(run.whole.kept) == MOST_KEPT:
        run.note("ignored", "too-many-kept")
    else:
        accept(run, event)
        run.whole.kept.append(came)
        run.note("signal kept", came.number, came.event, came.key)


def accept(run: Run, event: SignalReceived) -> None:
    run.whole.signals += 1
    if event.key:
        run.whole.keys.append((event.name, event.key))


def given(run: Run, came: Came) -> bool:
    """Say whether a step that waits takes an event."""
    for id, waiting in list(run.whole.open.items()):
        if waiting.kind != "await event" or waiting.command[3] != came.event:
            continue
        expires = waiting.command[4]
        assert isinstance(waiting.owner, Visit)
        if (not isinstance(expires, int) or run.whole.now < expires) and takes(waiting.owner.run, waiting.owner, came):
            del run.whole.open[id]
            return True
    return False


def takes(run: Run, visit: Visit, came: Came) -> bool:
    """Let a step take an event if it fits and its condition is true."""
    step = visit.step
    assert isinstance(step, EventStep)
    if not fits(step.data, came.data):
        return False
    type = NULL if step.data is None else step.data
    value = decoded(type, came.data)
    names = {**run.reads(visit.way.failure), "event": value}
    left, refused = METER.left, METER.refused
    METER.restore()
    met = condition(step.where, names)
    METER.left, METER.refused = left, refused
    if met is not True:
        return False
    run.note("signal taken", came.number, came.event, came.key, visit.path, visit.number)
    run.later(routing.complete, run, visit, value, encoded(type, value))
    return True


def waits_for_time(run: Run, visit: Visit) -> None:
    """Wait until a moment, if it is not past."""
    step = visit.step
    assert isinstance(step, TimeStep)
    if step.until is None:
        until = run.whole.now + (step.pause or 0)
    else:
        try:
            moment = written(step.until, run.reads(visit.way.failure))
        except NoValue:
            run.later(routing.fail, run, visit, "failure")
            return
        assert isinstance(moment, Timestamp)
        until = moment.nanoseconds // 1000 + (1 if moment.nanoseconds % 1000 else 0)
    if until > run.whole.now:
        visit.phase = "awaiting time"
        run.timer(visit, until, "wait")
    else:
        run.later(routing.complete, run, visit, None, None)


def unused(run: Run) -> None:
    """Name what nobody has taken."""
    for came in run.whole.kept:
        run.note("signal unused", came.number, came.event, came.key)
    run.whole.kept = []
