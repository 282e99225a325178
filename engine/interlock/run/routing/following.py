"""What goes on once something is undone: from a race that was won, or at a step that is gone back to.

It is under way as a step is, though no visit stands for it: it waits behind what is being undone, or is next.
"""

from collections.abc import Callable
from typing import TypeAlias

from interlock.run.moves import Forgo, GoBack, Meet, Move, Undo
from interlock.run.parts import Frame
from interlock.run.state import Run

Following: TypeAlias = GoBack | Meet


def following(run: Run, frame: Frame) -> list[Following]:
    """Return what goes on in a workflow once something is undone."""
    moves = [move.then if isinstance(move, Undo) else move for move in run.agenda]
    moves += [undoing.then for undoing in run.undoings]
    return [move for move in moves if isinstance(move, GoBack | Meet) and move.frame is frame]


def targets(then: Following) -> frozenset[str]:
    """Return where it may go on."""
    if isinstance(then, GoBack):
        return frozenset({then.target})
    return then.group.targets


def drop(run: Run, frame: Frame, unneeded: Callable[[Following], bool]) -> None:
    """Have nothing go on that is not needed; what is being undone is undone all the same."""

    def kept(move: Move) -> Move:
        if isinstance(move, GoBack | Meet) and move.frame is frame and unneeded(move):
            return Forgo(move)
        return move

    for at, move in enumerate(run.agenda):
        if isinstance(move, Undo):
            run.agenda[at] = Undo(move.frame, move.part, kept(move.then))
        else:
            run.agenda[at] = kept(move)
    for undoing in run.undoings:
        undoing.then = kept(undoing.then)


def forgo(run: Run, move: Forgo) -> None:
    """Nothing goes on."""
