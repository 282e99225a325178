"""What is a JSON value, for values without a declared type: checked, and brought into the form that is kept of them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from interlock_dsl.schema.canonical import HIGHEST, LOWEST, number, units

if TYPE_CHECKING:
    Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
else:
    Json = Any  # for pydantic, which reads annotations when a program runs

DEEPEST: Final = 100
"""How many lists and objects a value may hold inside each other."""


def json_value(value: object) -> Json:
    """Return a JSON value as canonical JSON gives it back after it was written and read.

    A number without a fraction comes back as an integer, a tuple as a list, an object with its keys in canonical order;
    so does what this returns. Raises ValueError, naming the place, for what JSON cannot say or 64 bits cannot hold, and
    for what is nested more than `DEEPEST` levels deep.
    """
    return _checked(value, "", 0)


def whole(digits: str) -> int | float:
    """Return the number that digits in canonical JSON stand for: doubles up to 1e21 are written without a fraction."""
    value = int(digits) if len(digits) < 40 else HIGHEST + 1
    return value if LOWEST <= value <= HIGHEST else float(digits)


def _checked(value: object, place: str, depth: int) -> Json:
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return _text(value, place)
    if isinstance(value, int):
        if not LOWEST <= value <= HIGHEST:
            raise ValueError(f"{place or 'value'}: an integer beyond 64 bits")
        return int(value)
    if isinstance(value, float):
        if value - value != 0.0:
            raise ValueError(f"{place or 'value'}: {value} is not a number that JSON has")
        return _number(value)
    if depth >= DEEPEST:
        raise ValueError(f"nested more than {DEEPEST} levels deep")
    if isinstance(value, Mapping):
        return _object(value, place, depth)
    if isinstance(value, list | tuple):
        return [_checked(item, f"{place}[{at}]", depth + 1) for at, item in enumerate(value)]
    raise ValueError(f"{place or 'value'}: {_kind(value)} is not a JSON value")


def _number(value: float) -> Json:
    if not value.is_integer() or abs(value) >= 1e21:
        return float(value)
    # Beyond 2**53 the shortest digits of a double name another integer than the one it is: those digits are written.
    return int(value) if abs(value) <= 2**53 else whole(number(value))


def _object(value: Mapping[object, object], place: str, depth: int) -> Json:
    made: dict[str, Json] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise ValueError(f"{place or 'value'}: a key must be text, not {_kind(key)}")
        made[_text(key, place)] = _checked(item, f"{place}.{key}" if place else key, depth + 1)
    return {key: made[key] for key in sorted(made, key=units)}


def _text(value: str, place: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{place or 'value'}: text that is not valid Unicode") from None
    return str.__str__(value)


def _kind(value: object) -> str:
    name = value.__class__.__name__
    return f"an {name}" if name[0] in "aeiouAEIOU" else f"a {name}"
