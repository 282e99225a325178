"""Undoing a part of what a run did while the run goes on: the last first, one after the other, then a move.

Calls of that part that are still under way are waited for before anything is undone: what they did belongs to it. A
part that is being undone is nobody's any more, until the run is given up: then what is left of it is undone with all
the rest, in the one reverse order; so it is, until then, with a part of a part. A run that reaches an end first
finishes what is being undone. An undo that fails or is refused is left over; what follows it is undone all the same.
Calls under one idempotency key are one call: it stands as long as one of them does.
"""

from collections.abc import Iterable
from dataclasses import replace

from interlock.run.moves import (
    CallEnded,
    Complete,
    Fail,
    Forgo,
    GoBack,
    Meet,
    Move,
    Part,
    Undo,
    Undoing,
    UndoNext,
    Unwind,
)
from interlock.run.parts import Call, Frame, Performed
from interlock.run.state import Run
from interlock.run.steps import calls, keeping, visits


def undo(run: Run, move: Undo) -> None:
    """Begin to undo what was done in some visits, and in the frames inside them."""
    begin(run, move.frame, move.part, move.then)


def begin(run: Run, frame: Frame, part: Part, then: Move) -> None:
    """Begin to undo what was done in some visits of a frame, and in the frames inside them; then make a move."""
    _forget_calls(run, frame, part)
    taken = [done for done in run.done if is_within(done.frame, done.step, done.visited, part)]
    run.done = [done for done in run.done if not is_within(done.frame, done.step, done.visited, part)]
    awaited = {
        call.command
        for call in run.orphans.values()
        if call.visit is not None and is_within(call.frame, call.step, call.visit.number, part)
    }
    undoing = Undoing(taken, awaited, then, part)
    for smaller in [each for each in run.undoings if _is_part_of(each.then, part)]:
        _take_over(undoing, smaller)
        run.agenda.append(UndoNext(smaller))
    run.undoings.append(undoing)
    run.agenda.append(UndoNext(undoing))


def _forget_calls(run: Run, frame: Frame, part: Part) -> None:
    """Forget the calls of a part for the promises that wait for one to have returned, also those still under way."""
    for around in frame.around:
        around.came = [each for each in around.came if not is_within(each.frame, each.step, each.visit, part)]
        around.returned = {each.tool for each in around.came}
    for call in run.orphans.values():
        if call.visit is not None and is_within(call.frame, call.step, call.visit.number, part):
            call.discarded = True


def _is_part_of(then: Move, part: Part) -> bool:
    """Whether what is being undone belongs to a part, told by the move that comes after it."""
    if isinstance(then, UndoNext):
        return _is_part_of(then.undoing.then, part)
    then = then.instead if isinstance(then, Forgo) else then
    if isinstance(then, GoBack):
        number = then.frame.visits.get(then.target, 0) + 1
        return is_within(then.frame, then.frame.at(then.target), number, part)
    if isinstance(then, Meet):
        return is_within(then.frame, then.frame.at(then.source), then.number, part)
    return isinstance(then, Fail | Complete) and is_within(then.visit.frame, then.visit.path, then.visit.number, part)


def _take_over(undoing: Undoing, smaller: Undoing) -> None:
    """Undo what is left of a part of a part in the order of the whole, after the call that undoes some of it now."""
    undoing.part = in_order((*undoing.part, *smaller.part))
    undoing.awaited |= smaller.awaited
    smaller.part, smaller.awaited, smaller.then = [], set(), UndoNext(undoing)


def is_within(frame: Frame, step: str, number: int, part: Part) -> bool:
    """Whether a visit belongs to a part, itself or one that it is inside of."""
    if part(frame, step, number):
        return True
    visits = (each.parent for each in (frame, *frame.outer))
    return any(visit is not None and part(visit.frame, visit.path, visit.number) for visit in visits)


def undo_next(run: Run, move: UndoNext) -> None:
    """Undo the next thing of a part, once nothing of it is under way; when there is nothing left, go on."""
    undoing = move.undoing
    if undoing not in run.undoings or undoing.awaited or undoing.call is not None or _is_waiting(run, undoing):
        return
    while undoing.part:
        done = undoing.part.pop()
        if stands(run, done):
            continue
        if done.problem:
            run.left_over.append(f"{done.tool} ({done.problem})")
            run.stuck.append(done)
            continue
        undoing.call, undoing.done = taking_back(run, done), done
        calls.decide(run, undoing.call)
        return
    run.undoings.remove(undoing)
    then = undoing.then
    if isinstance(then, Fail) and (left := left_of(run, undoing.about)):
        shown = then.shown and f"{then.shown}; {left}"
        then = replace(then, message=f"{then.message}; {left}", shown=shown)
    follows = run.phase == "running" or isinstance(then, UndoNext)
    run.agenda.append(then if follows else Unwind())


def stands(run: Run, done: Performed) -> bool:
    """Take a call out of those that stand; say whether another under its key does, and with it what both did."""
    if not done.key:
        return False
    others = run.effects.get(done.key, 0) - (not done.problem)
    run.effects[done.key] = others
    return others > 0


def left_of(run: Run, part: Part) -> str:
    """Say what of a part was not undone, and what of it may have happened; empty where all is known to be undone."""
    stuck = [done for done in run.stuck if is_within(done.frame, done.step, done.visited, part)]
    left = [done.tool for done in stuck if done.problem != visits.PERHAPS]
    perhaps = [done.tool for done in stuck if done.problem == visits.PERHAPS]
    said = (("not undone", left), ("may have happened", perhaps))
    return "; ".join(f"{what}: {', '.join(tools)}" for what, tools in said if tools)


def _is_waiting(run: Run, undoing: Undoing) -> bool:
    return any(isinstance(each.then, UndoNext) and each.then.undoing is undoing for each in run.undoings)


def taking_back(run: Run, done: Performed) -> Call:
    """Return the call that undoes one that was made, to be decided."""
    tool = run.plan.tools[done.undo]
    given = keeping.decode_again(tool, done.args)
    return Call(tool, given, done.args, "undo", done.step, done.frame, undoes=done.tool)


def undo_ended(run: Run, over: CallEnded) -> None:
    """An undo has come to its end, whatever came of it; the next one follows."""
    if over.trigger is not None:
        run.left_over.append(f"{over.call.undoes} ({over.message})")
    undoing = next((each for each in run.undoings if each.call is over.call), None)
    if undoing is None:
        run.agenda.append(Unwind())
        return
    done, undoing.call, undoing.done = undoing.done, None, None
    if done is not None and over.trigger is not None:
        run.stuck.append(replace(done, problem=over.message))
    elif done is not None:
        # What is done again after it was undone, and undone again, is no repetition: it has keys of its own.
        run.remade |= {key for key in (done.key, over.call.key) if key}
    run.agenda.append(UndoNext(undoing))


def orphan_ended(run: Run, over: CallEnded) -> None:
    """A call that nobody waits for has come back; what it did may be part of what is being undone."""
    command = over.call.command
    for undoing in run.undoings:
        if command in undoing.awaited:
            undoing.awaited.discard(command)
            undoing.part = in_order((*undoing.part, *(done for done in run.done if done.call == command)))
            run.done = [done for done in run.done if done.call != command]
            run.agenda.append(UndoNext(undoing))
    run.agenda.append(Unwind())


def give_up(run: Run) -> None:
    """Put what is being undone back to all else that was done: the run is given up, and undoes it in one order."""
    run.done = in_order((*run.done, *(done for undoing in run.undoings for done in undoing.part)))
    run.undoings.clear()


def in_order(several: Iterable[Performed]) -> list[Performed]:
    """Return what was done in the order in which it was."""
    return sorted(several, key=lambda done: done.number)
