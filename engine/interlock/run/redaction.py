"""What `redact` hides: fields of a call's arguments and result, as an agent, a record or a display is shown them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, cast

from interlock.decide import Claim, Decision, RedactFields
from interlock.run.protocol.events import Json
from interlock_dsl.cel.types import ListType, MapType, RecordType, Type
from interlock_dsl.program.model import Tool

HIDDEN: Final = "[redacted]"
"""What stands in the place of a field that is hidden."""


def fields_of(decision: Decision) -> tuple[str, ...]:
    """Return the fields that a decision hides, such as `args.note` or `result.iban`."""
    return tuple(field for each in decision.obligations if isinstance(each, RedactFields) for field in each.fields)


def arguments(tool: Tool, given: Mapping[str, Json], fields: Sequence[str]) -> Mapping[str, Json]:
    """Return the arguments of a call, as they were given, without the fields that are hidden."""
    if not fields:
        return given
    if "args" in fields:
        return dict.fromkeys(given, HIDDEN)
    return cast("Mapping[str, Json]", _shown(tool.parameters, given, fields, "args"))


def result(tool: Tool, value: Json, fields: Sequence[str]) -> Json:
    """Return the result of a call without the fields that are hidden."""
    return value if tool.result is None or not fields else _shown(tool.result, value, fields, "result")


def subject(tool: Tool, whole: Mapping[str, Json], fields: Sequence[str]) -> Mapping[str, Json]:
    """Return what an approval of a call is for, as records show it. Who approves sees the whole."""
    given = whole.get("args")
    return {**whole, "args": dict(arguments(tool, given, fields))} if fields and isinstance(given, dict) else whole


def alone(denied: Decision, decision: Decision) -> Decision:
    """Return a denial that hides what another decision on the same call does."""
    hidden = tuple(each for each in decision.obligations if isinstance(each, RedactFields))
    return replace(denied, obligations=hidden)


def claims(given: tuple[Claim, ...], fields: Sequence[str]) -> tuple[Claim, ...]:
    """Return what a call takes of limits as records show it: without keys and amounts, which are made of arguments."""
    return tuple(replace(claim, key=HIDDEN, amount=0) for claim in given) if hides_arguments(fields) else given


def noted(decision: Decision, fields: Sequence[str]) -> Decision:
    """Return a decision as records show it."""
    hidden = decision.claims and hides_arguments(fields)
    return replace(decision, claims=claims(decision.claims, fields)) if hidden else decision


def hides_arguments(fields: Sequence[str]) -> bool:
    """Whether something of the arguments is hidden, so that no message may quote them."""
    return any(field.split(".")[0] == "args" for field in fields)


def hides_result(fields: Sequence[str]) -> bool:
    """Whether something of the result is hidden, so that no message may quote it."""
    return any(field.split(".")[0] == "result" for field in fields)


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
            # What is not declared may be what is hidden, under a misspelt name.
            value = {each: held if each in fields else HIDDEN for each, held in value.items()}
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
