"""Limits on what models, tools and people send in. Each is checked before any work is done on the value.

The walk stops at the first limit it meets, so refusing a value of any size costs no more than accepting the largest
one: every later stage (decoding, canonical form, the machine, the journal) then takes a bounded time on the event loop.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from pydantic import BaseModel

from interlock_dsl.schema.canonical import HIGHEST, LOWEST

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
