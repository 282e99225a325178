"""How large a type is when it is written out: its parts and its depth.

A type names others, so a few lines can declare one with 2**60 fields. Whatever reads a type as a tree (the JSON Schema
for a model, the digest, a validator) would never come to an end; so a type is measured first, each part of it once.
"""

from typing import Final

from interlock_dsl.cel.types import ListType, MapType, OptionalType, RecordType, Type

MOST_PARTS: Final = 10_000
"""Fields and elements of a type, written out."""

MOST_LEVELS: Final = 60
"""Records, lists and maps inside one another: what a runtime accepts of values."""


class Extents:
    """Measures types; the same part is measured once."""

    def __init__(self) -> None:
        # Records hash by name alone, so types are told apart by identity, which each entry keeps alive.
        self._known: dict[int, tuple[Type, int, int]] = {}

    def of(self, type: Type) -> tuple[int, int]:
        """Return the number of parts of a type, and how many levels deep it is."""
        found = self._known.get(id(type))
        if found is None:
            inner = [self.of(part) for part in _parts(type)]
            count = 1 + sum(parts for parts, _ in inner)
            levels = 1 + max((levels for _, levels in inner), default=0)
            found = self._known[id(type)] = type, count, levels
        return found[1], found[2]

    def too_large(self, type: Type) -> str | None:
        """Say how a type is beyond the limits, in the words of a message; None if it is not."""
        parts, levels = self.of(type)
        if levels > MOST_LEVELS:
            return f"nests {levels:,} levels deep, at most {MOST_LEVELS} are possible"
        if parts > MOST_PARTS:
            return f"has {_rounded(parts)} parts when it is written out, at most {MOST_PARTS:,} are possible"
        return None


def _rounded(parts: int) -> str:
    return f"{parts:,}" if parts < 10**9 else "more than 10**9"


def _parts(type: Type) -> list[Type]:
    match type:
        case RecordType(fields=fields):
            return [field.type for field in fields.values()]
        case ListType(element=element) | OptionalType(element):
            return [element]
        case MapType(key=key, value=value):
            return [key, value]
        case _:
            return []
