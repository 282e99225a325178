"""What remains to be done about an event.

Handlers put moves on the agenda instead of calling each other, so that no module needs to know who comes after it and
a chain of steps needs no stack.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from interlock.run.branching import UNBRANCHED, Lineage
from interlock.run.parts import Call, Failure, Frame, Performed, Visit
from interlock.run.plan import Group, PlannedRoute
from interlock.run.protocol.codes import WhyGivenUp
from interlock.run.protocol.events import Json
from interlock.run.protocol.notes import Trigger
from interlock_dsl.program.model import End


@dataclass(frozen=True, slots=True)
class Enter:
    """Go to a step or an end of a workflow by a route, which was taken on a `failure` or is an ordinary one.

    `passed` is what the route passes, where it is not read at the target. `lineage` are the branches in which the
    target lies then, as far as the workflow has races.
    """

    frame: Frame
    target: str
    route: PlannedRoute
    failure: Failure | None = None
    passed: Mapping[str, Json] | None = None
    lineage: Lineage = UNBRANCHED


@dataclass(frozen=True, slots=True)
class Start:
    """Begin a workflow that a step runs, with the values of its parameters."""

    frame: Frame
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Arrive:
    """Reach an end of a workflow; its approval, if its route asked for one, is there."""

    frame: Frame
    end: End
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Begin:
    """Do what a step does; its approval, if its route asked for one, is there."""

    visit: Visit


@dataclass(frozen=True, slots=True)
class Complete:
    """A step has its output: `value` as conditions read it, `output` as JSON, `why` where it comes from."""

    visit: Visit
    value: object
    output: Json
    why: str = ""


@dataclass(frozen=True, slots=True)
class Fail:
    """A step has none. `message` says why, `shown` what of it a model is shown where that is less."""

    visit: Visit
    trigger: Trigger
    message: str
    shown: str = ""


@dataclass(frozen=True, slots=True)
class StopRows:
    """A step that runs a workflow for each row of a list cannot go on: what runs is given up, then the step fails."""

    visit: Visit
    trigger: Trigger
    message: str


@dataclass(frozen=True, slots=True)
class Approved:
    """All approvals that were asked for a call or a step are there."""

    owner: Visit | Call


@dataclass(frozen=True, slots=True)
class NotApproved:
    """One of them was denied or ran out."""

    owner: Visit | Call
    trigger: Literal["denied", "expiry"]
    message: str


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A call has come to its end: `trigger` is None and there is a result, or why there is none.

    `message` says why for people, `shown` what of it a model is shown.
    """

    call: Call
    trigger: Trigger | None
    value: object = None
    result: Json = None
    message: str = ""
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Abandon:
    """A workflow (None: the run) cannot go on: undo what can be undone, then stop.

    `trigger` is how the step that runs it fails, `shown` what of the reason a model is shown where that is less.
    """

    code: WhyGivenUp
    reason: str
    status: Literal["failed", "cancelled"] = "failed"
    frame: Frame | None = None
    trigger: Trigger = "failure"
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Meet:
    """Go on from a race that the visit of a source has won, by one of the routes of the join."""

    frame: Frame
    group: Group
    source: str
    number: int


@dataclass(frozen=True, slots=True)
class Unwind:
    """Undo the next thing, or finish."""


@dataclass(frozen=True, slots=True)
class Forgo:
    """Do nothing where something would have gone on: a join has been decided that needs it no more."""

    instead: "Meet | GoBack"


Part: TypeAlias = Callable[[Frame, str, int], bool]
"""Which visits are meant, told by their frame, path and number."""


@dataclass(frozen=True, slots=True)
class Undo:
    """Undo what was done in some visits, which are over, while the run goes on; then make a move."""

    frame: Frame
    part: Part
    then: "Move"


@dataclass(frozen=True, slots=True)
class Backtrack:
    """Discard what was done since the target of a route was entered, and go back there once it is undone."""

    frame: Frame
    route: PlannedRoute
    failure: Failure | None = None
    lineage: Lineage = UNBRANCHED


@dataclass(frozen=True, slots=True)
class GoBack:
    """Enter the target of a route that backtracks, if nothing of the `part` that was discarded is left over."""

    frame: Frame
    target: str
    route: PlannedRoute
    failure: Failure | None
    passed: Mapping[str, Json]
    part: Part
    lineage: Lineage = UNBRANCHED


@dataclass(slots=True, eq=False)
class Undoing:
    """A part of what was done that is undone while the run goes on with other things; the last of it is next.

    `awaited` are the calls of that part which have not come back, `call` is the one that undoes something (`done`) now.
    `then` is the move that is made when all is undone, `about` says which visits it is that are undone.
    """

    part: list[Performed]
    awaited: set[str]
    then: "Move"
    about: Part
    call: Call | None = None
    done: Performed | None = None


@dataclass(frozen=True, slots=True)
class UndoNext:
    """Undo the next thing of a part, or make the move that comes after it."""

    undoing: Undoing


Move: TypeAlias = (
    Enter
    | Start
    | Arrive
    | Begin
    | Complete
    | Fail
    | StopRows
    | Approved
    | NotApproved
    | CallEnded
    | Abandon
    | Meet
    | Unwind
    | Undo
    | UndoNext
    | Backtrack
    | GoBack
    | Forgo
)
