"""Events as bytes and back: what an entry of a journal holds.

An event is a canonical JSON object (RFC 8785): its fields under their own names, those that have their default left
out, and its `type`. `decode` accepts exactly what `encode` writes, nothing looser; all else is a corrupt journal.
"""

import json
from collections.abc import Callable
from dataclasses import MISSING, fields, replace
from functools import cache
from json.encoder import encode_basestring
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from interlock.errors import JournalCorrupt
from interlock.run.protocol.events import AnsweredBy, CallProposed, Event, ModelCall, ModelReplied, Reserved, Usage
from interlock_dsl.schema.canonical import written
from interlock_dsl.schema.json_value import Json, whole

if TYPE_CHECKING:
    from pydantic import TypeAdapter
    from pydantic_core import ErrorDetails

_quoted: Callable[[str], str] = encode_basestring

_UNTYPED: Final = ("input", "output", "raw", "result", "answer", "context", "args", "data")
"""The fields that hold a JSON value."""


@cache
def _adapter() -> "TypeAdapter[Event]":
    """Return what validates events. pydantic loads slowly, so it is imported when the first event is at hand."""
    from typing import Annotated

    from pydantic import ConfigDict, Field, TypeAdapter

    events = Annotated[Event, Field(discriminator="type")]
    return TypeAdapter(events, config=ConfigDict(extra="forbid", strict=True, allow_inf_nan=False))


def event_schema() -> dict[str, object]:
    """Return the JSON Schema (2020-12) of events."""
    return _adapter().json_schema()


def encode(event: Event) -> bytes:
    """Return the canonical bytes of an event.

    Raises ValueError or TypeError where a field holds what JSON cannot say; `json_value` makes sure beforehand.
    """
    if type(event) is CallProposed:
        return _proposed(event).encode()
    if type(event) is Reserved:
        return _reserved(event).encode()
    return _object(event).encode()


def _proposed(event: CallProposed) -> str:
    """Write the most frequent event of a session: the same text, in half the time."""
    at, tool, agent, key, unreadable = event.at, event.tool, event.agent, event.key, event.unreadable
    if not (at.__class__ is int and tool.__class__ is str and (agent is None or agent.__class__ is str)):
        return _object(event)
    who = "" if agent is None else f'"agent":{_quoted(agent)},'
    key = f'"key":{written(key)},' if key != "" else ""
    unreadable = f',"unreadable":{written(unreadable)}' if unreadable != "" else ""
    args = written(event.args)
    return f'{{{who}"args":{args},"at":{written(at)},{key}"tool":{_quoted(tool)},"type":"proposed"{unreadable}}}'


def _reserved(event: Reserved) -> str:
    """Write what follows a proposal under a limit beyond one run: the same text, in half the time."""
    at, command, standings = event.at, event.command, event.standings
    if not (at.__class__ is int and command.__class__ is str and standings.__class__ is tuple):
        return _object(event)
    return f'{{"at":{written(at)},"command":{_quoted(command)},"standings":{written(standings)},"type":"reserved"}}'


_MISSING: Final = object()

_Get: TypeAlias = Callable[[object], tuple[object, ...]]


_FIELDS: Final[dict[type, tuple[_Get, tuple[tuple[object, str], ...]]]] = {}


def _fields(kind: type[Event | Usage | AnsweredBy | ModelCall]) -> tuple[_Get, tuple[tuple[object, str], ...]]:
    """Return how the fields of a kind of object are read, in canonical order, with their defaults and what begins them.

    An event's `type` is its default, and written all the same.
    """
    found = sorted((each.name, _MISSING if each.default is MISSING else each.default) for each in fields(kind))
    begins = tuple((_MISSING if name == "type" else default, f"{written(name)}:") for name, default in found)
    _FIELDS[kind] = attrgetter(*(name for name, _ in found)), begins
    return _FIELDS[kind]


def _object(held: Event | Usage | AnsweredBy | ModelCall) -> str:
    get, begins = _FIELDS.get(held.__class__) or _fields(held.__class__)
    parts = [
        begin + (_quoted(value) if type(value) is str else _value(value))
        for value, (default, begin) in zip(get(held), begins, strict=True)
        if value != default
    ]
    return "{" + ",".join(parts) + "}"


def _value(value: object) -> str:
    if isinstance(value, Usage | AnsweredBy):
        return _object(value)
    if type(value) is tuple and value and isinstance(value[0], ModelCall):
        return "[" + ",".join([_object(call) for call in value]) + "]"
    return written(value)


def decode(data: bytes, run: str = "", sequence: int = 0) -> Event:
    """Return the event that bytes stand for.

    Raises `JournalCorrupt`, naming the run and the sequence number, for anything that `encode` would not have written.
    """
    try:
        return _decoded(data)
    except (ValueError, TypeError, RecursionError) as problem:
        place = f"run {run}, entry {sequence}: " if run else ""
        raise JournalCorrupt(f"{place}not an event: {_said(problem)}") from None


def _decoded(data: bytes) -> Event:
    event = _adapter().validate_json(data)
    try:
        written = encode(event)
    except ValueError:
        # Doubles between 2**64 and 1e21 are written without a fraction, and were read as integers beyond 64 bits.
        event = _with_doubles(event, cast("dict[str, Json]", _parse(data.decode())))
        written = encode(event)
    if written != data:
        raise ValueError("not in canonical form")
    return event


_parse: Final[Callable[[str], object]] = json.JSONDecoder(parse_int=whole).decode


def _with_doubles(event: Event, given: "dict[str, Json]") -> Event:
    held: dict[str, Any] = {name: given[name] for name in _UNTYPED if name in given}
    calls = given.get("calls")
    if isinstance(event, ModelReplied) and isinstance(calls, list):
        pairs = zip(event.calls, cast("list[dict[str, Json]]", calls), strict=True)
        event = replace(event, calls=tuple(replace(call, args=each["args"]) for call, each in pairs))
    return replace(event, **held)


def _said(problem: Exception) -> str:
    from pydantic_core import ValidationError

    if not isinstance(problem, ValidationError):
        return str(problem)
    return _problem(problem.errors(include_url=False)[0])


def _problem(error: "ErrorDetails") -> str:
    place = ".".join(map(str, error["loc"][1:]))
    match error["type"]:
        case "union_tag_invalid":
            return f"`type` is {json.dumps(error.get('ctx', {}).get('tag'))[:40]}, which this version does not know"
        case "union_tag_not_found":
            return "`type` is missing"
        case "missing":
            return f"`{place}` is missing"
        case "unexpected_keyword_argument":
            return f"no such field: {place[:80]}"
        case _:
            said = error["msg"][0].lower() + error["msg"][1:]
            return f"`{place}`: {said}" if place else said
