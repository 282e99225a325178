"""The whole state of a run as one JSON value, for its digest: two runs with the same picture go on alike.

Sentences for people and places in the source are left out, as they are from what a journal compares.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass

from interlock.decide import History
from interlock.run.audit.outcome import SENTENCES, sayable
from interlock.run.parts import Approval, Call, Frame, Spending, Visit
from interlock.run.plan import PlannedRoute
from interlock.run.state import Run
from interlock_dsl.program.model import Grant, Tool
from interlock_dsl.schema.canonical import digest

_APART = (
    "agenda", "commands", "notes", "plan", "root", "open", "left_over", "cause", "subject", "meter", "held", "signals",
    "kept", "keys", "idle", "remade", "stuck",
)  # fmt: skip
_OF_A_FRAME = ("deadline", "joins", "returned", "shown", "spent", "taken", "timer", "visits")
_LEFT_OUT = SENTENCES | {
    "complaint", "error", "escalate", "frame", "given", "inner", "past", "path", "problem", "raw", "span", "visited",
}  # fmt: skip

_LATER = frozenset(
    {"admit", "admitted", "branches", "deadline", "due", "done", "earlier", "failure", "key", "passed", "watched"}
)
"""Parts that came later: one that is empty is left out."""


def digest_of(run: Run) -> str:
    """Return the SHA-256, in hexadecimal, of the state's canonical JSON."""
    return digest(picture(run))


def picture(run: Run) -> dict[str, object]:
    """Return a run as a JSON value. Parts of the program appear by name, things that wait by what they are called."""
    state = {name: plain(getattr(run, name)) for name in Run.__slots__ if name not in _APART}
    state |= _fresh() if run.phase == "new" else _frame(run.root)
    state["program"] = run.plan.digest
    state["left_over"] = len(run.left_over)
    if run.signals:
        state |= {name: plain(getattr(run, name)) for name in ("signals", "kept", "keys")}
    state |= {name: plain(getattr(run, name)) for name in ("remade", "stuck") if getattr(run, name)}
    state["open"] = [
        [id, _name(owner), command.__class__.__name__, plain(command)] for id, (owner, command) in run.open.items()
    ]
    state["owners"] = [_whole(owner) for owner, _ in run.open.values() if isinstance(owner, Call | Approval)]
    return state


def _fresh() -> dict[str, object]:
    """Return how a run's own workflow appears before it has begun."""
    named: dict[str, object] = {name: {} for name in ("joins", "shown", "taken", "visits")}
    return {"deadline": None, "timer": "", "spent": plain(Spending()), "returned": [], "active": [], **named}


def _frame(frame: Frame) -> dict[str, object]:
    picture = {name: plain(getattr(frame, name)) for name in _OF_A_FRAME}
    picture |= {name: plain(getattr(frame, name)) for name in ("came", "marks") if getattr(frame, name)}
    if frame.forked or frame.lineages:
        lineages = [[name, number, plain(at)] for (name, number), at in frame.lineages.items()]
        picture["branches"] = {"forked": frame.forked, "lineages": lineages, "beaten": plain(frame.beaten)}
    active = [each for visit in frame.active.values() for each in (visit, *rows_under_way(visit))]
    picture["active"] = [_visit(visit) for visit in active]
    return picture


def _visit(visit: Visit) -> dict[str, object]:
    picture = _whole(visit)
    if visit.given is not None:
        picture["given"] = plain(visit.given)
    if visit.inner is not None:
        picture["inner"] = _frame(visit.inner) | {"workflow": visit.inner.plan.workflow.name, "over": visit.inner.over}
    return picture


def rows_under_way(visit: Visit) -> tuple[Visit, ...]:
    """Return the visits to the rows of a fan-out."""
    return () if visit.rows is None else tuple(visit.rows.under_way.values())


def _name(owner: object) -> str:
    match owner:
        case Visit():
            return f"visit {owner.path} {owner.number}"
        case Call():
            return f"call {owner.step} {owner.slot} {owner.command} {owner.timer}"
        case Approval():
            return f"approval {owner.id}"
        case _:
            return "run"


def _whole(value: object) -> dict[str, object]:
    names = [field.name for field in fields(value)] if is_dataclass(value) else []
    held = {name: getattr(value, name) for name in names if name not in _LEFT_OUT}
    return {name: plain(one) for name, one in held.items() if name not in _LATER or one not in (None, "", 0, {})}


def plain(value: object) -> object:
    """Return a part of a state as a JSON value."""
    match value:
        case None | bool():
            return value
        case int() | float() | str():
            return sayable(value)
        case Visit() | Approval():
            return _name(value)
        case Call():
            return {"call": _name(value), "args": plain(value.args)}
        case PlannedRoute():
            return value.id
        case Tool():
            return value.name
        case Grant():
            return sorted(value.scopes)
        case History():
            return plain(value.performed())
        case Mapping():
            return {str(sayable(str(key))): plain(item) for key, item in value.items()}
        case frozenset() | set():
            return sorted(map(str, value))
        case list() | tuple():
            return [plain(item) for item in value]
        case _ if is_dataclass(value):
            return getattr(value, "name", "") if hasattr(value, "span") else _whole(value)
        case _:
            return type(value).__name__
