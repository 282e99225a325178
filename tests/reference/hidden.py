"""What `redact` hides, looked for field by field in what would be shown."""

from collections.abc import Iterable
from dataclasses import replace

from interlock.decide import Claim
from interlock.run.protocol.events import Json
from interlock_dsl.cel.types import ListType, MapType, RecordType, Type
from interlock_dsl.program.model import Tool

HIDDEN = "[redacted]"


def arguments(tool: Tool | None, given: dict[str, Json], fields: Iterable[str]) -> dict[str, Json]:
    """Return arguments, as they were given, as they are shown."""
    paths = [field.split(".")[1:] for field in fields if field.split(".")[0] == "args"]
    if tool is None or [] in paths:
        return given if tool is None else dict.fromkeys(given, HIDDEN)
    shown = seen(tool.parameters, given, paths)
    assert isinstance(shown, dict)
    return shown


def result(tool: Tool, value: Json, fields: Iterable[str]) -> Json:
    paths = [field.split(".")[1:] for field in fields if field.split(".")[0] == "result"]
    return value if tool.result is None else seen(tool.result, value, paths)


def seen(type: Type, value: Json, paths: list[list[str]]) -> Json:
    """Return a value without what is at some paths under it."""
    if value is None or not paths:
        return value
    if [] in paths:
        return HIDDEN
    match type:
        case RecordType(fields=fields):
            if not isinstance(value, dict):
                return HIDDEN
            return {
                name: seen(fields[name].type, item, [path[1:] for path in paths if path[0] == name])
                if name in fields
                else HIDDEN
                for name, item in value.items()
            }
        case ListType(element=element):
            return [seen(element, item, paths) for item in value] if isinstance(value, list) else HIDDEN
        case MapType(value=held):
            return {key: seen(held, item, paths) for key, item in value.items()} if isinstance(value, dict) else HIDDEN
        case _:
            return value


def of_arguments(fields: Iterable[str]) -> bool:
    return any(field.split(".")[0] == "args" for field in fields)


def claims(given: tuple[Claim, ...], fields: Iterable[str]) -> tuple[Claim, ...]:
    """Return what a call takes of limits: keys and amounts are made of arguments."""
    return tuple(replace(one, key=HIDDEN, amount=0) for one in given) if of_arguments(fields) else given
