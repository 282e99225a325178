"""Deadlines of steps: what is not done in time has failed by `timeout`, whatever is still under way.

A deadline counts from when its step begins what it does, the approval of its route behind it: attempts, waits between
them and approvals of calls are all within it. It holds whether its timer comes on time or not: whatever arrives for a
step that is late finds the step failed.
"""

from collections.abc import Iterator

from interlock.run import budget
from interlock.run.moves import Abandon, Fail
from interlock.run.parts import Approval, Call, Owner, Visit
from interlock.run.protocol.codes import WhyGivenUp
from interlock.run.protocol.commands import SetTimer
from interlock.run.protocol.events import Event, RunResumed, SignalReceived, TimerFired
from interlock.run.state import Run
from interlock.run.steps import agents
from interlock_dsl.program.model import AgentStep, CallStep, RunStep


def start(run: Run, visit: Visit) -> None:
    """Begin to count the time of a step that has a deadline."""
    if isinstance(visit.step, AgentStep | CallStep | RunStep) and visit.step.within is not None:
        visit.due = run.now + visit.step.within
        visit.deadline = run.set_timer(visit, visit.due, "deadline")


def fired(run: Run, visit: Visit, event: TimerFired) -> None:
    """A timer of a step fired: its deadline's, or that of its next attempt."""
    if event.command == visit.deadline:
        visit.deadline = ""
        passed(run, visit)
    else:
        agents.retry_due(run, visit, event)


def inner_fired(run: Run, visit: Visit, event: TimerFired) -> None:
    """A timer of a step that runs a workflow fired: its deadline's, or that of the time the workflow has."""
    if event.command == visit.deadline:
        visit.deadline = ""
        passed(run, visit)
    elif visit.inner is not None and event.command == visit.inner.timer:
        visit.inner.timer = ""
        budget.time_is_up(run, visit.inner)


def passed(run: Run, visit: Visit) -> None:
    """A step was not done in time: what runs inside is given up. Of its calls, those that may have changed something
    are named.
    """
    if visit.inner is not None:
        why = f"`{visit.path}` was not done in time"
        run.agenda.append(Abandon(WhyGivenUp.STEP_FAILED, why, frame=visit.inner, trigger="timeout"))
        return
    calls = [] if visit.call is None else [visit.call]
    calls += [] if visit.conversation is None else visit.conversation.calls
    perhaps = dict.fromkeys(call.tool.name for call in calls if _may_have_happened(call))
    why = f"`{visit.path}` was not done in time"
    run.agenda.append(Fail(visit, "timeout", f"{', '.join(perhaps)} may have happened: {why}" if perhaps else why))


def _may_have_happened(call: Call) -> bool:
    return call.in_doubt or (call.phase == "in flight" and call.tool.effect != "read")


def late(run: Run, event: Event, owner: Owner) -> Iterator[Visit]:
    """Yield the steps that are late, of those that an event is about: of all, where a runtime takes the run up.

    Steps that run the workflow of what an event is about come first, the outermost before the others; an event that is
    signalled may be for a wait inside any of them.
    """
    if owner is None:
        for waiting, command in run.open.values():
            if isinstance(waiting, Visit) and isinstance(command, SetTimer) and command.id == waiting.deadline:
                signalled = isinstance(event, SignalReceived) and waiting.inner is not None
                told = signalled or isinstance(event, RunResumed)
                yield from [waiting] if told and command.at <= run.now else []
        return
    for frame in (owner.owner if isinstance(owner, Approval) else owner).frame.around:
        if frame.parent is not None and _is_late(run, frame.parent):
            yield frame.parent
    visit = _visit_of(owner)
    own = visit is not None and isinstance(event, TimerFired) and event.command == visit.deadline
    if visit is not None and not own and _is_late(run, visit):
        yield visit


def _is_late(run: Run, visit: Visit) -> bool:
    return visit.due is not None and visit.due <= run.now and visit.phase != "over"


def _visit_of(owner: Owner) -> Visit | None:
    match owner:
        case Call():
            return owner.visit
        case Approval():
            return _visit_of(owner.owner)
        case _:
            return owner
