"""Questions put to a person: typed, to a role, with a time limit."""

from interlock.run.moves import Complete, Fail
from interlock.run.parts import Visit
from interlock.run.protocol.codes import WhyIgnored
from interlock.run.protocol.commands import AskPerson, SetTimer
from interlock.run.protocol.events import PersonAnswered, TimerFired
from interlock.run.state import Run
from interlock.run.steps import handoff
from interlock.run.transitions import change
from interlock_dsl.program.model import AskStep
from interlock_dsl.schema import ValidationError, decode


def ask(run: Run, visit: Visit) -> None:
    """Put the question of a step."""
    step = _step(visit)
    expires = None if step.within is None else run.now + step.within
    change(run, visit, "asking person")
    visit.command = run.new_id("p")
    context = handoff.context_of(visit)
    run.ask(visit, AskPerson(visit.command, visit.path, step.role, step.question, context, expires))
    if expires is not None:
        visit.timer = run.set_timer(visit, expires, "expiry")


def _step(visit: Visit) -> AskStep:
    assert isinstance(visit.step, AskStep)
    return visit.step


def answered(run: Run, visit: Visit, event: PersonAnswered) -> None:
    """Someone answered: accepted from the right role, in time, if it fits."""
    step = _step(visit)
    if not event.by:
        run.ignore(WhyIgnored.NAMELESS, "an answer is given by a person with a name")
        return
    if event.role != step.role:
        said = f"`{visit.command}` waits for someone of {step.role}, not of {event.role or 'no role'}"
        run.ignore(WhyIgnored.WRONG_ROLE, said)
        return
    if visit.timer and run.now >= _due(run, visit):
        run.ignore(WhyIgnored.EXPIRED, f"`{visit.command}` has expired")
        return
    try:
        value = decode(step.returns, event.answer)
    except ValidationError as invalid:
        run.ignore(WhyIgnored.INVALID_ANSWER, f"the answer does not fit: {invalid}")
        return
    del run.open[visit.command]
    visit.command = ""
    run.agenda.append(Complete(visit, value, run.plan.shown(step.returns, value)))


def _due(run: Run, visit: Visit) -> int:
    timer = run.open[visit.timer][1]
    assert isinstance(timer, SetTimer)
    return timer.at


def expired(run: Run, visit: Visit, event: TimerFired) -> None:
    """Nobody answered in time."""
    visit.timer = ""
    run.agenda.append(Fail(visit, "expiry", f"nobody of {_step(visit).role} answered in time"))
