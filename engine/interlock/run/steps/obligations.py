"""What goes with the decisions on a call: fields that nobody is shown, and people who are told.

The tool gets its arguments as they are, and conditions read its result as it is. What an agent, a note or a step's
shown output has of them is made here, once, so that no display has to think of it. An approver sees the whole call:
what is agreed to is exactly that. What a rule once hid of a call stays hidden, whatever a later decision says.
"""

from collections.abc import Mapping, Sequence
from typing import Final, cast

from interlock.decide import Decision, NotifyRole, RedactFields
from interlock.run.protocol.commands import Notify
from interlock.run.protocol.events import Json
from interlock.run.protocol.notes import RoleNotified
from interlock.run.state import Call, Run, Visit
from interlock_dsl.cel.types import ListType, MapType, RecordType, Type
from interlock_dsl.program.model import Tool

HIDDEN: Final = "[redacted]"
"""What stands in the place of a field that is hidden."""


def take(call: Call, decision: Decision) -> None:
    """Keep what goes with a decision until the call is sent, or is shown."""
    call.hidden = tuple(dict.fromkeys((*call.hidden, *_fields(decision))))
    call.telling = tuple(
        each for each in decision.obligations if isinstance(each, NotifyRole) and each.rule not in call.told
    )


def notify(run: Run, call: Call) -> None:
    """Have people told that a call is sent, each rule's once for all its attempts."""
    for each in call.telling:
        run.notes.append(RoleNotified(each.role, call.step, call.tool.name, each.rule, each.reason))
        run.commands.append(Notify(run.new_id("n"), each.role, call.step, each.reason))
    call.told += tuple(each.rule for each in call.telling)
    call.telling = ()


def args(call: Call) -> Mapping[str, Json]:
    """Return the arguments of a call as they are shown."""
    return _arguments(call.tool, call.args, call.hidden)


def result(call: Call, value: Json) -> Json:
    """Return the result of a call as it is shown."""
    return value if call.tool.result is None else _shown(call.tool.result, value, call.hidden, "result")


def hides_result(call: Call) -> bool:
    """Whether something of the result is hidden, so that no message may quote it."""
    return any(field.split(".")[0] == "result" for field in call.hidden)


def subject(owner: "Visit | Call", whole: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return what an approval is for as records show it."""
    return {**whole, "args": dict(args(owner))} if isinstance(owner, Call) and owner.hidden else whole


def unread(tool: Tool | None, given: Json, decision: Decision) -> Mapping[str, Json]:
    """Return the arguments of a call that could not be read, as they are shown."""
    if not isinstance(given, dict):
        return {}
    if tool is None or not decision.obligations:
        return given
    return _arguments(tool, given, _fields(decision))


def _arguments(tool: Tool, given: Mapping[str, Json], fields: Sequence[str]) -> Mapping[str, Json]:
    if "args" in fields:
        return dict.fromkeys(given, HIDDEN)
    return cast("Mapping[str, Json]", _shown(tool.parameters, given, fields, "args")) if fields else given


def _fields(decision: Decision) -> tuple[str, ...]:
    return tuple(field for each in decision.obligations if isinstance(each, RedactFields) for field in each.fields)


def _shown(type: Type, value: object, fields: Sequence[str], head: str) -> Json:
    for field in fields:
        first, *path = field.split(".")
        if first == head:
            value = _without(type, value, path)
    return cast(Json, value)


def _without(type: Type, value: object, path: Sequence[str]) -> object:
    """Return a value with something else at a path. What is not of its type is hidden as a whole."""
    if value is None:
        return None
    if not path:
        return HIDDEN
    match type:
        case RecordType(fields=fields):
            if not isinstance(value, Mapping):
                return HIDDEN
            name = path[0]
            if name not in value:
                return value
            inner = _without(fields[name].type, value[name], path[1:]) if name in fields else HIDDEN
            return {**value, name: inner}
        case ListType(element=element):
            return [_without(element, item, path) for item in value] if isinstance(value, list | tuple) else HIDDEN
        case MapType(value=held):
            if not isinstance(value, Mapping):
                return HIDDEN
            return {key: _without(held, item, path) for key, item in value.items()}
        case _:
            return value
