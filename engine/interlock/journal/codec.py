"""Events as bytes and back: what an entry of a journal holds.

An event is a canonical JSON object (RFC 8785): its fields under their own names, those that have their default left
out, and a short `type`. `decode` accepts exactly what `encode` writes, nothing looser; everything else is a corrupt
journal. Adding a field with a default keeps old journals readable; anything else needs a new type name.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Final, cast

from interlock.errors import JournalCorrupt
from interlock.run.protocol.events import (
    ApprovalDenied,
    ApprovalGiven,
    Event,
    Json,
    ModelCall,
    ModelFailed,
    ModelReplied,
    PersonAnswered,
    RunCancelled,
    RunResumed,
    RunStarted,
    TimerFired,
    ToolFailed,
    ToolReturned,
    Usage,
)
from interlock_dsl.schema.canonical import canonical, number


def encode(event: Event) -> bytes:
    """Return the canonical bytes of an event.

    Raises ValueError or TypeError where a field holds what JSON cannot say; `recordable` makes sure beforehand.
    """
    return _SHAPES[event.__class__].write(event).encode()


def decode(data: bytes, run: str = "", sequence: int = 0) -> Event:
    """Return the event that bytes stand for.

    Raises `JournalCorrupt`, naming the run and the sequence number, for anything that `encode` would not have written.
    """
    try:
        given = _parsed(data)
        kind = given.get("type")
        shape = _TYPES.get(kind) if isinstance(kind, str) else None
        if shape is None:
            raise _Malformed(f"`type` is {json.dumps(kind)[:40]}, which this version does not know")
        event = cast(Event, shape.read(given))
        if encode(event) != data:
            raise _Malformed("not in canonical form")
    except (_Malformed, ValueError, TypeError, RecursionError) as problem:
        place = f"run {run}, entry {sequence}: " if run else ""
        raise JournalCorrupt(f"{place}not an event: {problem}") from None
    return event


class _Malformed(Exception):
    """Bytes that are no event, and why."""


def _parsed(data: bytes) -> dict[str, object]:
    given = _parse(data.decode())
    if not isinstance(given, dict):
        raise _Malformed("not a JSON object")
    return given


def _whole(digits: str) -> int | float:
    """Doubles between 2**64 and 1e21 are written without a fraction, and are not integers."""
    value = int(digits) if len(digits) < 40 else 2**64
    return value if _LOW <= value <= _HIGH else float(digits)


_LOW, _HIGH = -(2**63), 2**64 - 1
_parse: Final[Callable[[str], object]] = json.JSONDecoder(parse_int=_whole).decode


# --- what a field holds ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a field is written as JSON text, and how a parsed JSON value is read (raising ValueError)."""

    write: Callable[[object], str]
    read: Callable[[object], object]


def _exactly(type_: type, said: str) -> Callable[[object], object]:
    def read(value: object) -> object:
        if value.__class__ is not type_:
            raise ValueError(f"expected {said}")
        return value

    return read


def _list_of(read: Callable[[object], object]) -> Callable[[object], object]:
    def read_list(value: object) -> object:
        if not isinstance(value, list):
            raise ValueError("expected a list")
        return tuple(map(read, value))

    return read_list


def _json(value: object) -> str:
    return canonical(value).decode()


_quoted: Final[Callable[[object], str]] = json.JSONEncoder(ensure_ascii=False).encode
_TEXT: Final = _Kind(_quoted, _exactly(str, "text"))
_INT: Final = _Kind(repr, _exactly(int, "an integer"))
_BOOL: Final = _Kind(lambda value: "true" if value else "false", _exactly(bool, "true or false"))
_JSON: Final = _Kind(_json, lambda value: value)
_OBJECT: Final = _Kind(_json, _exactly(dict, "an object"))
_TEXTS: Final = _Kind(_json, _list_of(_exactly(str, "text")))


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    default: object
    kind: _Kind
    head: str


class _Shape:
    """How the objects of one class are written and read."""

    def __init__(self, made: type, name: str, **kinds: _Kind) -> None:
        self.made, self.name = made, name
        defaults = {field.name: field.default for field in fields(made)}
        if defaults.keys() != kinds.keys():
            raise TypeError(f"the codec does not know the fields of {made.__name__}")
        entries = [_Field(field, defaults[field], kind, f"{json.dumps(field)}:") for field, kind in kinds.items()]
        # The type is written as a field whose value is always the same, so that it stands in its place in the order.
        written = [*entries, _Field("type", MISSING, _TEXT, "")] if name else entries
        self._written = tuple(sorted(written, key=lambda field: field.name))
        self._fields = tuple(entries)
        self._known = {field.name for field in written}
        self._type = f'"type":{json.dumps(name)}'

    def write(self, value: object) -> str:
        parts: list[str] = []
        for field in self._written:
            if not field.head:
                parts.append(self._type)
                continue
            held = getattr(value, field.name)
            if held is not field.default and (field.default is MISSING or held != field.default):
                parts.append(field.head + field.kind.write(held))
        return "{" + ",".join(parts) + "}"

    def read(self, given: object) -> object:
        if not isinstance(given, dict):
            raise ValueError("expected an object")
        if not given.keys() <= self._known:
            surplus = ", ".join(sorted(map(str, given.keys() - self._known)))
            raise _Malformed(f"no such field: {surplus[:80]}")
        values: dict[str, object] = {}
        for field in self._fields:
            if field.name in given:
                try:
                    values[field.name] = field.kind.read(given[field.name])
                except ValueError as problem:
                    raise _Malformed(f"`{field.name}`: {problem}") from None
            elif field.default is MISSING:
                raise _Malformed(f"`{field.name}` is missing")
        return self.made(**values)


def _one_of(*words: str) -> _Kind:
    def read(value: object) -> object:
        if not isinstance(value, str) or value not in words:
            raise ValueError("expected one of " + ", ".join(words))
        return value

    return _Kind(_quoted, read)


_USAGE_SHAPE: Final = _Shape(Usage, "", input_tokens=_INT, output_tokens=_INT, cost=_INT)
_USAGE: Final = _Kind(_USAGE_SHAPE.write, _USAGE_SHAPE.read)
_CALL_SHAPE: Final = _Shape(ModelCall, "", key=_TEXT, tool=_TEXT, args=_JSON)
_CALLS: Final = _Kind(
    lambda calls: "[" + ",".join(map(_CALL_SHAPE.write, cast("tuple[ModelCall, ...]", calls))) + "]",
    _list_of(_CALL_SHAPE.read),
)

_ALL: Final = (
    _Shape(
        RunStarted, "started", at=_INT, run=_TEXT, program=_TEXT, workflow=_TEXT, input=_OBJECT, principal=_TEXT,
        roles=_TEXTS, scopes=_TEXTS,
    ),
    _Shape(
        ModelReplied, "replied", at=_INT, command=_TEXT, answered=_BOOL, output=_JSON, calls=_CALLS, usage=_USAGE,
        raw=_JSON,
    ),
    _Shape(
        ModelFailed, "model_failed", at=_INT, command=_TEXT, kind=_one_of("error", "timeout"), message=_TEXT,
        usage=_USAGE, jitter=_INT,
    ),
    _Shape(ToolReturned, "returned", at=_INT, command=_TEXT, result=_JSON),
    _Shape(
        ToolFailed, "tool_failed", at=_INT, command=_TEXT, kind=_one_of("error", "timeout", "uncertain"),
        message=_TEXT, jitter=_INT,
    ),
    _Shape(PersonAnswered, "answered", at=_INT, command=_TEXT, by=_TEXT, role=_TEXT, answer=_JSON),
    _Shape(ApprovalGiven, "approved", at=_INT, approval=_TEXT, by=_TEXT, role=_TEXT, digest=_TEXT),
    _Shape(ApprovalDenied, "denied", at=_INT, approval=_TEXT, by=_TEXT, role=_TEXT, reason=_TEXT),
    _Shape(TimerFired, "fired", at=_INT, command=_TEXT),
    _Shape(RunCancelled, "cancelled", at=_INT, by=_TEXT, reason=_TEXT),
    _Shape(RunResumed, "resumed", at=_INT),
)  # fmt: skip
_SHAPES: Final[Mapping[type, _Shape]] = {shape.made: shape for shape in _ALL}
_TYPES: Final[Mapping[str, _Shape]] = {shape.name: shape for shape in _ALL}


# --- what may be recorded --------------------------------------------------------------------------------------------

_DEEPEST: Final = 100


def recordable(value: object) -> Json:
    """Return a JSON value as the journal will give it back; ValueError, naming the place, for what it cannot hold.

    A number without a fraction comes back as an integer, a tuple as a list, an object with its keys in canonical order;
    so does what this returns. Whoever feeds the machine passes outside values through here first, so that a replay sees
    what the run saw.
    """
    return _recordable(value, "", 0)


def _recordable(value: object, place: str, depth: int) -> Json:
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return _text(value, place)
    if isinstance(value, int):
        if not _LOW <= value <= _HIGH:
            raise ValueError(f"{place or 'value'}: an integer beyond 64 bits")
        return int(value)
    if isinstance(value, float):
        if value - value != 0.0:
            raise ValueError(f"{place or 'value'}: {value} is not a number that JSON has")
        return _number(value)
    if depth >= _DEEPEST:
        raise ValueError(f"nested more than {_DEEPEST} levels deep")
    if isinstance(value, Mapping):
        return _object(value, place, depth)
    if isinstance(value, list | tuple):
        return [_recordable(item, f"{place}[{at}]", depth + 1) for at, item in enumerate(value)]
    raise ValueError(f"{place or 'value'}: {_said(value)} is not a JSON value")


def _number(value: float) -> Json:
    if not value.is_integer() or abs(value) >= 1e21:
        return float(value)
    # Beyond 2**53 the shortest digits of a double name another integer than the one it is: those digits are written.
    return int(value) if abs(value) <= 2**53 else _whole(number(value))


def _object(value: Mapping[object, object], place: str, depth: int) -> Json:
    made: dict[str, Json] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise ValueError(f"{place or 'value'}: a key must be text, not {_said(key)}")
        made[_text(key, place)] = _recordable(item, f"{place}.{key}" if place else key, depth + 1)
    return {key: made[key] for key in sorted(made, key=_units)}


def _units(key: str) -> bytes:
    return key.encode("utf-16-be")


def _text(value: str, place: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{place or 'value'}: text that is not valid Unicode") from None
    return str(value)


def _said(value: object) -> str:
    name = value.__class__.__name__
    return f"an {name}" if name[0] in "aeiouAEIOU" else f"a {name}"
