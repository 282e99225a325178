"""Waiting: for an event that somebody signals, for some time to pass, until a moment.

An event that is signalled is taken by one step: of those that wait for it, whose type its data fits and whose `where`
it meets, the one that has waited longest. If there is none it is kept, and each step that comes to wait looks through
what is kept, the oldest first. A `where` without a value takes nothing. A step whose time is over takes nothing either,
even if its timer has not fired yet.

# INVARIANT: an event is taken at most once, and what a run keeps is bounded in number and in size.
"""

from typing import Final

from interlock.decide.conditions import truth
from interlock.run import values
from interlock.run.moves import Complete, Fail
from interlock.run.parts import Signal, Visit
from interlock.run.protocol.codes import WhyIgnored
from interlock.run.protocol.commands import AwaitEvent
from interlock.run.protocol.events import Json, SignalReceived, TimerFired
from interlock.run.protocol.notes import SignalKept, SignalTaken, SignalUnused
from interlock.run.state import Run
from interlock.run.transitions import change
from interlock_dsl.cel import EvaluationError
from interlock_dsl.cel.meter import Meter
from interlock_dsl.cel.types import NULL, Type
from interlock_dsl.cel.units import part
from interlock_dsl.cel.values import Timestamp
from interlock_dsl.program.builtins import EVENT
from interlock_dsl.program.model import EventStep, TimeStep
from interlock_dsl.schema import ValidationError, decode

MOST_KEPT: Final = 100
"""How many events that no step has taken a run keeps."""


# --- events ----------------------------------------------------------------------------------------------------------


def wait(run: Run, visit: Visit) -> None:
    """Wait for an event, unless one that the step takes is kept."""
    step = _event_step(visit)
    for signal in run.kept:
        if signal.event == step.event and _taken(run, visit, signal):
            run.kept.remove(signal)
            run.held -= signal.size
            return
    expires = None if step.within is None else run.now + step.within
    change(run, visit, "awaiting event")
    visit.command = run.new_id("e")
    run.ask(visit, AwaitEvent(visit.command, visit.path, step.event, expires))
    if expires is not None:
        visit.timer = run.set_timer(visit, expires, "expiry")


def signalled(run: Run, owner: None, event: SignalReceived) -> None:
    """An event was signalled: a step takes it, or it is kept, or it is refused."""
    refused = _refused(run, event)
    if refused is not None:
        run.ignore(*refused)
        return
    signal = Signal(run.signals + 1, event.name, event.key, event.data, part(event.data))
    taken = _is_taken(run, signal)
    if not taken and len(run.kept) >= MOST_KEPT:
        run.ignore(WhyIgnored.TOO_MANY_KEPT, f"{MOST_KEPT} events that no step has taken are kept already")
        return
    run.signals = signal.number
    if event.key:
        run.keys.add((event.name, event.key))
    if not taken:
        run.kept.append(signal)
        run.held += signal.size
        run.notes.append(SignalKept(signal.number, signal.event, signal.key))


def _is_taken(run: Run, signal: Signal) -> bool:
    """Give an event to the step that has waited longest of those that take it; say whether there is one."""
    for waiting, command in list(run.open.values()):
        is_meant = isinstance(command, AwaitEvent) and command.event == signal.event
        in_time = isinstance(command, AwaitEvent) and (command.expires is None or run.now < command.expires)
        if is_meant and in_time and isinstance(waiting, Visit) and _taken(run, waiting, signal):
            del run.open[waiting.command]
            waiting.command = ""
            return True
    return False


def _refused(run: Run, event: SignalReceived) -> tuple[WhyIgnored, str] | None:
    types = run.root.plan.events.get(event.name)
    if types is None:
        name = run.root.plan.workflow.name
        return WhyIgnored.UNKNOWN_EVENT, f"no step of `{name}` waits for the event `{event.name}`"
    if event.key and (event.name, event.key) in run.keys:
        return WhyIgnored.SIGNALLED_BEFORE, f"`{event.name}` was signalled before under the key `{event.key}`"
    problems = [_misfit(type, event.data) for type in types]
    if all(problems):
        return WhyIgnored.INVALID_DATA, f"the data of `{event.name}` does not fit: {'; '.join(dict.fromkeys(problems))}"
    if run.held + part(event.data) > values.MOST_HELD:
        return WhyIgnored.TOO_LARGE, f"with its data the run would hold more than a size of {values.MOST_HELD}"
    return None


def _misfit(type: Type | None, data: Json) -> str:
    try:
        decode(type or NULL, data)
    except ValidationError as invalid:
        return str(invalid)
    return ""


def _taken(run: Run, visit: Visit, signal: Signal) -> bool:
    """Have a step take an event if it fits; say whether it does."""
    step = _event_step(visit)
    try:
        value = decode(step.data or NULL, signal.data)
    except ValidationError:
        return False
    if step.where is not None:
        bindings = {**visit.reads(run.now), EVENT: value}
        # On a meter of its own: however many steps wait, each is asked, and what follows can be evaluated.
        if truth(step.where.metered, bindings, Meter()) is not True:
            return False
    shown: Json = None if step.data is None else run.plan.shown(step.data, value)
    run.notes.append(SignalTaken(signal.number, signal.event, signal.key, visit.path, visit.number))
    run.agenda.append(Complete(visit, value, shown))
    return True


def expired(run: Run, visit: Visit, event: TimerFired) -> None:
    """The event did not come in time."""
    visit.timer = ""
    run.agenda.append(Fail(visit, "expiry", f"the event `{_event_step(visit).event}` did not come in time"))


def leave_unused(run: Run) -> None:
    """The run is over: say which events nobody has taken."""
    for signal in run.kept:
        run.notes.append(SignalUnused(signal.number, signal.event, signal.key))
    run.kept.clear()


def _event_step(visit: Visit) -> EventStep:
    assert isinstance(visit.step, EventStep)
    return visit.step


# --- time ------------------------------------------------------------------------------------------------------------


def pause(run: Run, visit: Visit) -> None:
    """Wait for some time, or until a moment; one that is past is not waited for."""
    step = visit.step
    assert isinstance(step, TimeStep)
    until = run.now + (step.pause or 0)
    if step.until is not None:
        try:
            moment = values.value_of(run, step.until, visit.reads(run.now))
        except EvaluationError as error:
            run.agenda.append(Fail(visit, "failure", f"the moment to wait until has no value: {error}"))
            return
        assert isinstance(moment, Timestamp)
        until = -(-moment.nanoseconds // 1_000)
    if until <= run.now:
        run.agenda.append(Complete(visit, None, None))
        return
    change(run, visit, "awaiting time")
    visit.timer = run.set_timer(visit, until, "wait")


def over(run: Run, visit: Visit, event: TimerFired) -> None:
    """The time has passed."""
    visit.timer = ""
    run.agenda.append(Complete(visit, None, None))
