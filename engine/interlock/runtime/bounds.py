"""Limits on what models, tools and people send in. Each is checked before any work is done on the value.

The walk stops at the first limit it meets, so refusing a value of any size costs no more than accepting the largest
one: every later stage (decoding, canonical form, the machine, the journal) then takes a bounded time on the event loop.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from pydantic import BaseModel

from interlock_dsl.schema import json_value
from interlock_dsl.schema.canonical import HIGHEST, LOWEST
from interlock_dsl.schema.json_value import Json

MOST_TEXT: Final = 256 * 1024
"""Characters in all texts, keys and bytes of one value."""

MOST_VALUES: Final = 10_000
"""Values in one value: every item, field and leaf counts."""

DEEPEST: Final = 64
"""Lists and objects inside one another."""

MOST_CALLS: Final = 64
"""Calls that a model may ask for in one turn."""


class OutOfBoundsError(ValueError):
    """A value is too large, too deep, or holds a number that is too long."""


_SHORT: Final = 1_000
_FEW: Final = 100
"""Characters in a text, and fields of an object, whose bounds need not be added up."""


def bounded_json(what: str, value: object) -> Json:
    """Return a JSON value within the limits, as `json_value` does. Raises `OutOfBoundsError` and ValueError."""
    plain = _plain(value)
    if plain is not None:
        return plain
    check_bounds(what, value)
    return json_value(value)


def _plain(value: object) -> dict[str, Json] | None:
    """Return what most calls have, an object of few short texts and numbers, in canonical order; None for any other."""
    if type(value) is not dict or len(value) > _FEW:
        return None
    for key, item in value.items():
        if type(key) is not str or len(key) > _SHORT or not key.isascii():
            return None
        if type(item) is str:
            if len(item) > _SHORT or not item.isascii():
                return None
        elif type(item) is int:
            if not LOWEST <= item <= HIGHEST:
                return None
        elif item is not None and item is not True and item is not False:
            return None
    return {key: value[key] for key in sorted(value)}


def check_bounds(what: str, *values: object) -> int:
    """Raise `OutOfBoundsError` if values, taken together, are beyond the limits; return how many there are in them.

    Values are JSON, or what functions return: dataclasses and pydantic models count as their fields.
    """
    text = count = 0
    open_: list[Iterator[object]] = [iter(values)]
    while open_:
        for value in open_[-1]:
            count += 1
            if count > MOST_VALUES:
                raise OutOfBoundsError(f"{what} is too large: more than {MOST_VALUES:,} values")
            if isinstance(value, int):
                if not LOWEST <= value <= HIGHEST:
                    raise OutOfBoundsError(f"{what} holds an integer beyond 64 bits")
                continue
            if isinstance(value, str | bytes | bytearray):
                text += len(value)
                if text > MOST_TEXT:
                    raise OutOfBoundsError(f"{what} is too large: more than {MOST_TEXT:,} characters of text")
                continue
            items = _items(value)
            if items is not None:
                open_.append(iter(items))
                break
        else:
            open_.pop()
        if len(open_) - 1 > DEEPEST:
            raise OutOfBoundsError(f"{what} is nested more than {DEEPEST} levels deep")
    return count


def _items(value: object) -> Iterable[object] | None:
    match value:
        case float() | None:
            return None
        case Mapping():
            return _pairs(value)
        case Sequence() | set() | frozenset():
            return value
        case BaseModel():
            return chain(_pairs(vars(value)), _pairs(value.model_extra or {}))
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return (getattr(value, field.name) for field in dataclasses.fields(value))
        case _:
            return None


def _pairs(mapping: Mapping[Any, object]) -> Iterator[object]:
    for key, value in mapping.items():
        if isinstance(key, str):
            yield key
        yield value
