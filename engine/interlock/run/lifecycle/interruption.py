"""What happens to a whole run: its time is over, someone cancels it, a runtime takes it up again."""

from interlock.run import budget
from interlock.run.moves import Abandon
from interlock.run.parts import Call, Visit
from interlock.run.protocol.codes import WhyGivenUp
from interlock.run.protocol.commands import AskModel, CallTool
from interlock.run.protocol.events import RunCancelled, RunResumed, TimerFired
from interlock.run.state import Run
from interlock.run.steps import agents, calls


def deadline_passed(run: Run, owner: None, event: TimerFired) -> None:
    """The timer of the run's deadline fired."""
    run.root.timer = ""
    budget.time_is_up(run, run.root)


def cancelled(run: Run, owner: None, event: RunCancelled) -> None:
    """Someone cancelled the run: it is given up like one that failed."""
    reason = f"called off by {event.by or 'nobody named'}" + (f": {event.reason}" if event.reason else "")
    run.agenda.append(Abandon(WhyGivenUp.CALLED_OFF, reason, "cancelled"))


def resumed(run: Run, owner: None, event: RunResumed) -> None:
    """A runtime stopped and another took over. Turns of models and calls that were under way are decided again, as of
    now; what this event itself asked for was not. People and timers are still pending.
    """
    asked_now = {command.id for command in run.commands}
    for id, (waiting, command) in list(run.open.items()):
        if id in asked_now or id not in run.open:
            continue
        if isinstance(command, AskModel) and isinstance(waiting, Visit):
            agents.resume(run, waiting)
        elif isinstance(command, CallTool) and isinstance(waiting, Call):
            calls.resume(run, waiting)
