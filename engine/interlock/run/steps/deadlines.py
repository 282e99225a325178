"""Deadlines of steps: what is not done in time has failed by `timeout`, whatever is still under way.

A deadline counts from when its step begins what it does, the approval of its route behind it: attempts, waits between
them and approvals of calls are all within it. It holds whether its timer comes on time or not: whatever arrives for a
step that is late finds the step failed.
"""

from collections.abc import Iterator

from interlock.run.moves import Fail
from interlock.run.parts import Approval, Call, Owner, Visit
from interlock.run.protocol.commands import SetTimer
from interlock.run.protocol.events import Event, RunResumed, TimerFired
from interlock.run.state import Run
from interlock.run.steps import agents
from interlock_dsl.program.model import AgentStep, CallStep


def start(run: Run, visit: Visit) -> None:
    """Begin to count the time of a step that has a deadline."""
    if isinstance(visit.step, AgentStep | CallStep) and visit.step.within is not None:
        visit.due = run.now + visit.step.within
        visit.deadline = run.set_timer(visit, visit.due, "deadline")


def fired(run: Run, visit: Visit, event: TimerFired) -> None:
    """A timer of a step fired: its deadline's, or that of its next attempt."""
    if event.command == visit.deadline:
        visit.deadline = ""
        passed(run, visit)
    else:
        agents.retry_due(run, visit, event)


def passed(run: Run, visit: Visit) -> None:
    """A step was not done in time. Of its calls, those that may have changed something are named."""
    calls = [] if visit.call is None else [visit.call]
    calls += [] if visit.conversation is None else visit.conversation.calls
    perhaps = dict.fromkeys(call.tool.name for call in calls if _may_have_happened(call))
    why = f"`{visit.path}` was not done in time"
    run.agenda.append(Fail(visit, "timeout", f"{', '.join(perhaps)} may have happened: {why}" if perhaps else why))


def _may_have_happened(call: Call) -> bool:
    return call.in_doubt or (call.phase == "in flight" and call.tool.effect != "read")


def late(run: Run, event: Event, owner: Owner) -> Iterator[Visit]:
    """Yield the steps that are late, of those that an event is about: of all, where a runtime takes the run up."""
    if isinstance(event, RunResumed):
        for waiting, command in run.open.values():
            if isinstance(waiting, Visit) and isinstance(command, SetTimer) and command.id == waiting.deadline:
                yield from [waiting] if command.at <= run.now else []
        return
    visit = _visit_of(owner)
    own = visit is not None and isinstance(event, TimerFired) and event.command == visit.deadline
    if visit is not None and not own and visit.due is not None and visit.due <= run.now and visit.phase != "over":
        yield visit


def _visit_of(owner: Owner) -> Visit | None:
    match owner:
        case Call():
            return owner.visit
        case Approval():
            return _visit_of(owner.owner)
        case _:
            return owner
