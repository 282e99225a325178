"""How a run ends: at an end, or given up. Nothing is left under way, and what was done is accounted for.

At an end, whatever else runs is cancelled, and calls under way that change the world are waited for. A run that is
given up, by an end that says so or since it cannot go on, does the same, then undoes what was done, the last first, one
after the other.
"""

from interlock.run import values
from interlock.run.lifecycle import inner, undoing
from interlock.run.moves import Abandon, Arrive, Undo, UndoNext, Unwind
from interlock.run.parts import Call, Ending, with_failure
from interlock.run.protocol.codes import WhyCancelled, WhyGivenUp
from interlock.run.protocol.commands import FinishRun
from interlock.run.protocol.notes import RunEnded
from interlock.run.state import Run
from interlock.run.steps import calls, visits, waits
from interlock.run.transitions import change
from interlock_dsl.cel import EvaluationError


def arrive(run: Run, move: Arrive) -> None:
    """A workflow reaches an end, or one that gives it up."""
    at, frame = move.end, move.frame
    if frame.over:
        return
    try:
        value, output = values.record_of(run, at.values, with_failure(frame.reads(run.now), move.failure))
    except (EvaluationError, ValueError, TypeError) as error:
        why = f"the output of end `{at.name}` has no value: {error}"
        run.agenda.append(Abandon(WhyGivenUp.NO_OUTPUT, why, frame=frame))
        return
    if frame.parent is not None:
        if at.gives_up:
            inner.given_up(run, frame, "failure", str(output.get("because", "")))
        else:
            inner.reached(run, frame, at.name, value, output)
        return
    if at.gives_up:
        reason = str(output.get("because", ""))
        change(run, None, "undoing")
        run.ending = Ending("failed", at.name, output, reason, WhyGivenUp.DECLARED)
        undoing.give_up(run)
        _stop(run, WhyCancelled.GIVEN_UP, f"the run was given up at `{at.name}`")
        return
    change(run, None, "ending")
    run.ending = Ending("ended", at.name, output)
    _stop(run, WhyCancelled.END_REACHED, f"the run reached `{at.name}`")


def abandon(run: Run, move: Abandon) -> None:
    """A workflow cannot go on, or the run was called off."""
    if run.phase != "running":
        return
    if move.frame is not None and move.frame.parent is not None:
        inner.given_up(run, move.frame, move.trigger, move.reason, move.shown)
        return
    change(run, None, "undoing")
    run.ending = Ending(move.status, reason=move.reason, code=move.code)
    undoing.give_up(run)
    _stop(run, WhyCancelled.GIVEN_UP, "the run was given up")


def _stop(run: Run, code: WhyCancelled, why: str) -> None:
    for visit in list(run.root.active.values()):
        visits.cancel(run, visit, code, why)
    run.cancel(run.root.timer)
    begun = [move for move in run.agenda if isinstance(move, Undo)] if run.phase == "ending" else []
    run.agenda.clear()
    run.agenda.extend(begun)
    run.agenda.extend(UndoNext(each) for each in run.undoings)
    run.agenda.append(Unwind())


def unwind(run: Run, move: Unwind) -> None:
    """Undo the next thing, once nothing is under way; when there is nothing left, finish."""
    under_way = any(isinstance(owner, Call) and owner.purpose == "undo" for owner, _ in run.open.values())
    if run.orphans or run.undoings or under_way or run.ending is None or run.phase == "over":
        return
    while run.phase == "undoing" and run.done:
        done = run.done.pop()
        if undoing.stands(run, done):
            continue
        if done.problem:
            run.left_over.append(f"{done.tool} ({done.problem})")
        else:
            calls.decide(run, undoing.taking_back(run, done))
            return
    _finish(run, run.ending)


def _finish(run: Run, ending: Ending) -> None:
    change(run, None, "over")
    waits.leave_unused(run)
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
