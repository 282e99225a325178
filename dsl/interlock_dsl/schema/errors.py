"""What is wrong with a value, in words: one line for each problem, with its path and what was expected there."""

import json
from collections.abc import Sequence

from interlock_dsl.cel.types import Basic, IntType, ListType, MapType, RecordType, StringType, Type, UintType
from interlock_dsl.diagnostics.spelling import nearest

_SHOWN = 60
_LINES = 20


class ValidationError(ValueError):
    """A value is not one of its type. `problems` are the lines of the message."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))

    @property
    def expectations(self) -> tuple[str, ...]:
        """The problems without the values that were given: places and what was expected there."""
        return tuple(problem.split(", got ", 1)[0] for problem in self.problems)


def explained(type: Type, value: object, error: ValueError) -> ValidationError:
    """Return the error that says what a validator's error means."""
    from pydantic_core import ValidationError as Invalid

    if not isinstance(error, Invalid):
        return ValidationError((f"value: expected {expectation(type)}, got {shown(value)}",))
    details = error.errors(include_url=False, include_context=False)
    problems = list(dict.fromkeys(_problem(type, tuple(d["loc"]), d["type"], d["input"]) for d in details))
    if len(problems) > _LINES:
        problems[_LINES:] = [f"and {len(problems) - _LINES} more"]
    return ValidationError(problems)


def _problem(type: Type, place: tuple[int | str, ...], kind: str, given: object) -> str:
    holder, wanted, path = _at(type, place)
    if kind == "missing":
        return f"{path}: missing, expected {expectation(wanted)}"
    if kind in ("extra_forbidden", "invalid_key"):
        fields = holder.fields if isinstance(holder, RecordType) else ()
        near = nearest(str(place[-1]), fields)
        return f"{path}: no such field" + (f", did you mean `{near}`?" if near else "")
    if place and place[-1] == "[key]":
        return f"{path}: expected {expectation(wanted)} as the key, got {shown(given)}"
    if kind == "string_unicode":
        return f"{path}: expected valid Unicode text"
    return f"{path}: expected {expectation(wanted)}, got {shown(given)}"


def _at(type: Type, place: tuple[int | str, ...]) -> tuple[Type, Type, str]:
    """Follow a validator's place into a type: what holds it, what is wanted there, and the path as people write it."""
    holder, path = type, ""
    for part, after in zip(place, (*place[1:], None), strict=False):
        holder = type
        match type:
            case RecordType(fields=fields):
                path += f".{part}" if path else str(part)
                if part in fields:
                    type = fields[str(part)].type
            case ListType(element):
                path += f"[{part}]"
                type = element
            case MapType(key, value):
                path += f"[{json.dumps(part)}]"
                type = key if after == "[key]" else value
            case _:
                pass
    return holder, type, path or "value"


def expectation(type: Type) -> str:
    """Say what values of a type are, with an article: `an int in 0..5`, `one of "a", "b"`."""
    match type:
        case StringType(values=values) if values is not None:
            return "one of " + ", ".join(f'"{value}"' for value in values)
        case StringType(max=None):
            return "a string"
        case StringType(max=max):
            return f"a string of at most {max} characters"
        case IntType(None, None):
            return "an int of 64 bits"
        case IntType():
            return f"an {type}"
        case UintType(None, None):
            return "a uint of 64 bits"
        case ListType(element, max):
            return f"a list of {'' if max is None else f'at most {max} '}{_plural(element)}"
        case MapType(max=max):
            return "an object" if max is None else f"an object of at most {max} entries"
        case RecordType(fields=fields):
            return "an object with " + (", ".join(fields) if fields else "no fields")
        case Basic("dyn"):
            return "a JSON value"
        case Basic("null_type"):
            return "null"
        case Basic("timestamp"):
            return 'a timestamp such as "2026-01-31T09:30:00Z"'
        case Basic("duration"):
            return 'a duration such as "90s"'
        case Basic("bytes"):
            return "bytes in base64"
        case _:
            return f"a {type}"


def _plural(type: Type) -> str:
    match type:
        case StringType(values=None, max=None):
            return "strings"
        case RecordType(name) if not name:
            return "objects"
        case _:
            return f"`{type}`"


def shown(value: object) -> str:
    """Show a JSON value, cut where it is long."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=lambda other: f"a {other.__class__.__name__}")
        text.encode()
    except (TypeError, ValueError, RecursionError):
        text = "something that is not JSON"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
