"""Why something was decided, as codes: what a journal compares on replay. Sentences for people stand beside them and
may change with any release; a code keeps its meaning for ever, and one that is no longer used is not used again.

The codes of decisions on calls are `interlock.decide.Cause`, those of failed steps the triggers of routes.
"""

from enum import StrEnum


class WhyIgnored(StrEnum):
    """Why an event changed nothing."""

    NOT_WAITING = "not-waiting"
    """Nothing waits under its id, or no longer."""
    WRONG_KIND = "wrong-kind"
    """What was asked under its id is answered by another kind of event."""
    NOT_DUE = "not-due"
    """A timer fired before its time."""
    WRONG_PHASE = "wrong-phase"
    """What it is about is in a phase in which the event means nothing."""
    WRONG_PROGRAM = "wrong-program"
    """The run that begins belongs to another program."""
    INVALID_INPUT = "invalid-input"
    """The workflow of the run that begins is unknown, or its input is not valid."""
    NAMELESS = "nameless"
    """A person decided without giving a name."""
    WRONG_ROLE = "wrong-role"
    """A person decided for another role than the one that was asked."""
    EXPIRED = "expired"
    """A person decided at or after the time limit."""
    WRONG_SUBJECT = "wrong-subject"
    """An approval is for something else than what was asked."""
    OWN_REQUEST = "own-request"
    """The principal of a run approved what the run asks for."""
    APPROVED_BEFORE = "approved-before"
    """The same person approved twice."""
    OTHER_ROLE = "other-role"
    """The same person approved the same subject for two roles."""
    INVALID_ANSWER = "invalid-answer"
    """The answer to a question is not of the declared type."""

    UNKNOWN_EVENT = "unknown-event"
    """No step of the workflow waits for an event of that name."""
    SIGNALLED_BEFORE = "signalled-before"
    """An event of that name was signalled under the same key."""
    INVALID_DATA = "invalid-data"
    """The data of an event is not of the declared type."""
    TOO_MANY_KEPT = "too-many-kept"
    """As many events as a run keeps are waiting to be taken."""
    TOO_LARGE = "too-large"
    """With the data of the event the run would hold more than it may."""


class WhyCancelled(StrEnum):
    """Why a step was no longer needed."""

    END_REACHED = "end-reached"
    """The run reached an end."""
    GIVEN_UP = "given-up"
    """The run failed or was called off."""
    JOIN_DECIDED = "join-decided"
    """The branches that a join needed have arrived."""
    ROWS_DECIDED = "rows-decided"
    """A row of the same fan-out failed, or as many as are needed have succeeded."""
    BACKTRACKED = "backtracked"
    """The run went back to an earlier step, as if nothing had been done since."""
    RACE_LOST = "race-lost"
    """Another branch has won the race, or its own branch is out of it."""


class WhyNotTaken(StrEnum):
    """Why a route was not taken."""

    FALSE = "false"
    """Its condition is false."""
    EARLIER_TAKEN = "earlier-taken"
    """An earlier route of a `first` group was taken."""
    OTHER_TAKEN = "other-taken"
    """It is the `otherwise` of a group of which another route was taken."""


class WhyBroken(StrEnum):
    """Why a promise would not be kept."""

    FALSE = "false"
    """What is always to hold does not."""
    NO_VALUE = "no-value"
    """What is always to hold has no value."""
    EXCEEDED = "exceeded"
    """The run would take, or has taken, more than is promised."""


class WhyGivenUp(StrEnum):
    """Why a run was given up."""

    STEP_FAILED = "step-failed"
    """A step failed and no route is taken on that."""
    NO_ROUTE = "no-route"
    """No route from a step can be taken."""
    NO_VALUE = "no-value"
    """The condition of a route has no value, and nothing says where to go then."""
    SEVERAL_ROUTES = "several-routes"
    """More than one route from a step can be taken, and nothing says which."""
    BOUND_REACHED = "bound-reached"
    """A route back was taken as often as it may be, and has no way out."""
    NOTHING_LEFT = "nothing-left"
    """Nothing is left to do and no end was reached."""
    NO_OUTPUT = "no-output"
    """The output of an end has no value."""
    PROMISE_BROKEN = "promise-broken"
    """What the workflow promises would not have been kept."""
    NOT_UNDONE = "not-undone"
    """It was to go back to an earlier step, and something that was done since could not be undone."""
    CALLED_OFF = "called-off"
    """Someone cancelled the run."""
    DECLARED = "declared"
    """It reached an end that gives it up."""
