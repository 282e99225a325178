"""`size`, the tests of text, and `matches`, whose patterns are RE2 and take time linear in the text."""

from functools import lru_cache
from typing import Final, Protocol, cast

from interlock_dsl.cel.library.declare import LIST, MAP, T, method, plain
from interlock_dsl.cel.signature import Function
from interlock_dsl.cel.types import BOOL, BYTES, DYN, INT, STRING, TypeType
from interlock_dsl.cel.units import CHUNK, linear
from interlock_dsl.cel.values import Fault, TypeValue, type_name

PATTERN_MEMORY: Final = 1 << 20
"""Bytes that the automaton of one pattern may take; a pattern that needs more is refused."""


class Pattern(Protocol):
    """A compiled RE2 pattern."""

    def search(self, text: str) -> object | None:
        """Return a match anywhere in the text."""


def matches(text: str, pattern: str) -> bool:
    """Whether an RE2 pattern occurs anywhere in the text."""
    try:
        return compile_pattern(pattern).search(text) is not None
    except UnicodeEncodeError:
        raise Fault("bad-value", "the text holds half of a surrogate pair") from None


@lru_cache(maxsize=512)
def compile_pattern(pattern: str) -> Pattern:
    """Return a compiled pattern; one that is not RE2 is a `Fault`."""
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = PATTERN_MEMORY
    try:
        return cast("Pattern", re2.compile(pattern, options=options))
    except re2.error as error:
        reason = error.args[0]
        shown = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise Fault("invalid-pattern", f"`{pattern[:60]}` is not an RE2 pattern: {shown[:120]}") from None
    except UnicodeEncodeError:
        raise Fault("invalid-pattern", "the pattern holds half of a surrogate pair") from None


def matching_cost(text: int, pattern: int) -> int:
    """Cost of `matches`: making the automaton of the pattern, and what it can do on every character."""
    return 100 + pattern + (text + 1) * (pattern + 4) // 16


def affix_cost(_text: int, affix: int) -> int:
    """Cost of `startsWith` and `endsWith`, which look at no more of the text than the affix is long."""
    return 1 + affix // CHUNK


def _type(value: object) -> TypeValue:
    return TypeValue(type_name(value))


def _same(value: object) -> object:
    return value


FUNCTIONS: Final = (
    Function(
        "size",
        (
            plain("size_string", (STRING,), INT, len),
            plain("size_bytes", (BYTES,), INT, len),
            plain("size_list", (LIST,), INT, len),
            plain("size_map", (MAP,), INT, len),
            method("string_size", (STRING,), INT, len),
            method("bytes_size", (BYTES,), INT, len),
            method("list_size", (LIST,), INT, len),
            method("map_size", (MAP,), INT, len),
        ),
    ),
    Function("contains", (method("contains_string", (STRING, STRING), BOOL, str.__contains__, linear),)),
    Function("startsWith", (method("starts_with_string", (STRING, STRING), BOOL, str.startswith, affix_cost),)),
    Function("endsWith", (method("ends_with_string", (STRING, STRING), BOOL, str.endswith, affix_cost),)),
    Function(
        "matches",
        (
            plain("matches", (STRING, STRING), BOOL, matches, matching_cost),
            method("matches_string", (STRING, STRING), BOOL, matches, matching_cost),
        ),
    ),
    Function("dyn", (plain("to_dyn", (T,), DYN, _same),)),
    Function("type", (plain("type", (T,), TypeType(T), _type),)),
)
