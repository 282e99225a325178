"""What happens to a whole run: its time is over, someone calls it off, a runtime takes it up again."""

from interlock.run import budget
from interlock.run.protocol.codes import WhyGivenUp
from interlock.run.protocol.commands import AskModel, CallTool
from interlock.run.protocol.events import RunCancelled, RunResumed, TimerFired
from interlock.run.state import Abandon, Call, Run, Visit
from interlock.run.steps import agents as conversation
from interlock.run.steps import calls


def late(run: Run, owner: None, event: TimerFired) -> None:
    """The timer of the run's deadline fired."""
    run.timer = ""
    budget.time_is_up(run)


def called_off(run: Run, owner: None, event: RunCancelled) -> None:
    """Someone called the run off: it is given up like one that failed."""
    said = f"called off by {event.by or 'nobody named'}" + (f": {event.reason}" if event.reason else "")
    run.agenda.append(Abandon(WhyGivenUp.CALLED_OFF, said, "cancelled"))


def resumed(run: Run, owner: None, event: RunResumed) -> None:
    """A runtime stopped and another took over. What a model was asked is asked again; so is a call that may be made
    again; any other call may have happened. People and timers are still pending.
    """
    for waiting, command in list(run.open.values()):
        if isinstance(command, AskModel) and isinstance(waiting, Visit):
            conversation.ask_again(run, waiting)
        elif isinstance(command, CallTool) and isinstance(waiting, Call):
            calls.ask_again(run, waiting)
