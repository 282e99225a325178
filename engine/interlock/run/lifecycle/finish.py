"""How a run ends: at an end, or given up. Nothing is left under way, and what was done is accounted for.

At an end, whatever else runs is cancelled, and calls under way that change the world are waited for. A run that is
given up does the same, then undoes what was done, the last first, one after the other.
"""

from interlock.run import visits
from interlock.run.protocol.codes import WhyCancelled, WhyGivenUp
from interlock.run.protocol.commands import FinishRun
from interlock.run.protocol.notes import RunEnded
from interlock.run.state import Abandon, Call, CallOver, Done, Ending, Run, Unwind
from interlock.run.steps import calls, rules
from interlock_dsl.cel import EvaluationError
from interlock_dsl.program.model import End


def end(run: Run, at: End) -> None:
    """The run reaches an end."""
    try:
        output = rules.evaluate(at.values, run.values)[1]
    except (EvaluationError, ValueError, TypeError) as error:
        run.agenda.append(Abandon(WhyGivenUp.NO_OUTPUT, f"the output of end `{at.name}` has no value: {error}"))
        return
    run.phase = "ending"
    run.ending = Ending("ended", at.name, output)
    _stop(run, WhyCancelled.END_REACHED, f"the run reached `{at.name}`")


def abandon(run: Run, move: Abandon) -> None:
    """The run cannot go on, or was called off."""
    if run.phase != "running":
        return
    run.phase = "undoing"
    run.ending = Ending(move.status, reason=move.reason, code=move.code)
    _stop(run, WhyCancelled.GIVEN_UP, "the run was given up")


def _stop(run: Run, code: WhyCancelled, why: str) -> None:
    for visit in list(run.active.values()):
        visits.cancel(run, visit, code, why)
    run.cancel(run.timer)
    run.agenda.clear()
    run.agenda.append(Unwind())


def unwind(run: Run, move: Unwind) -> None:
    """Undo the next thing, once nothing is under way; when there is nothing left, finish."""
    if run.orphans or run.ending is None:
        return
    while run.phase == "undoing" and run.done:
        done = run.done.pop()
        if done.problem:
            run.left_over.append(f"{done.tool} ({done.problem})")
        else:
            _undo(run, done)
            return
    _finish(run, run.ending)


def _undo(run: Run, done: Done) -> None:
    tool = run.plan.tools[done.undo]
    values = calls.decode_again(tool, done.args)
    calls.decide(run, Call(tool, values, done.args, "undo", done.step, undoes=done.tool))


def undo_over(run: Run, over: CallOver) -> None:
    """An undo has come to its end; the next one follows."""
    if over.trigger is not None:
        run.left_over.append(f"{over.call.undoes} ({over.message})")
    run.agenda.append(Unwind())


def orphan_over(run: Run, over: CallOver) -> None:
    """A call that nobody waits for has come back."""
    run.agenda.append(Unwind())


def _finish(run: Run, ending: Ending) -> None:
    run.phase = "over"
    reason = "; ".join(
        part
        for part in (
            ending.reason,
            "not undone: " + ", ".join(run.left_over) if run.left_over else "",
            "may have happened: " + ", ".join(run.doubts) if run.doubts else "",
        )
        if part
    )
    run.notes.append(RunEnded(ending.status, ending.end, ending.output, reason, ending.code))
    run.commands.append(FinishRun(run.new_id("f"), ending.status, ending.end, ending.output, reason, ending.code))
