"""The strings library. Positions count code points; `strings.format` is in `formatting`."""

from collections.abc import Sequence
from typing import Final, cast

from interlock_dsl.cel.library.declare import method, plain
from interlock_dsl.cel.library.formatting import format_text
from interlock_dsl.cel.signature import Function
from interlock_dsl.cel.types import DYN, INT, STRING, ListType
from interlock_dsl.cel.units import linear
from interlock_dsl.cel.values import Fault, adapt, type_name

_SPACE: Final = (
    "\t\n\v\f\r \u0085\u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
)
_LOWER: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_UPPER: Final = {lower: lower - 32 for lower in range(ord("a"), ord("z") + 1)}
_QUOTED: Final = str.maketrans(
    {
        "\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v",
        "\\": r"\\", '"': r"\"",
    }
)  # fmt: skip


def _lower_ascii(text: str) -> str:
    return text.translate(_LOWER)


def _upper_ascii(text: str) -> str:
    return text.translate(_UPPER)


def _in_range(text: str, position: int) -> int:
    if not 0 <= position <= len(text):
        raise Fault("no-such-index", f"position {position} does not lie in a text of {len(text)} characters")
    return position


def _char_at(text: str, position: int) -> str:
    _in_range(text, position)
    return text[position : position + 1]


def _index_of(text: str, part: str, start: int = 0) -> int:
    return text.find(part, _in_range(text, start))


def _last_index_of(text: str, part: str) -> int:
    return text.rfind(part)


def _last_index_of_until(text: str, part: str, last: int) -> int:
    return text.rfind(part, 0, _in_range(text, last) + len(part))


def _replace(text: str, old: str, new: str, count: int = -1) -> str:
    return text.replace(old, new, count if -1 <= count <= len(text) + 1 else -1)


def _replacing_cost(text: int, old: int, new: int, count: int = 0) -> int:
    # In the worst case a part of one character (or none) is replaced everywhere.
    return 1 + old + (text + 1) * (new + 1) // 16


def _split(text: str, separator: str, limit: int = -1) -> list[str]:
    if limit == 0:
        return []
    if limit < 0 or limit > len(text):
        limit = len(text) + 1
    if separator:
        return text.split(separator, limit - 1)
    if len(text) <= limit:
        return list(text)
    return [*text[: limit - 1], text[limit - 1 :]]


def _substring(text: str, start: int, end: int | None = None) -> str:
    stop = len(text) if end is None else _in_range(text, end)
    if _in_range(text, start) > stop:
        raise Fault("no-such-index", f"a part of a text cannot start at {start} and end at {stop}")
    return text[start:stop]


def _join(parts: Sequence[object], separator: str = "") -> str:
    texts = [adapt(part) for part in parts]
    for text in texts:
        if type(text) is not str:
            raise Fault("no-such-overload", f"join takes a list of strings, not of {type_name(text)}")
    return separator.join(cast("list[str]", texts))


def _joining_cost(parts: int, separator: int = 0) -> int:
    return 1 + parts + parts * separator // 16


def quote(text: str) -> str:
    """Return a text as a literal of the language would write it."""
    return '"' + text.translate(_QUOTED) + '"'


_TEXTS: Final = ListType(STRING)

FUNCTIONS: Final = (
    Function("charAt", (method("string_char_at_int", (STRING, INT), STRING, _char_at),)),
    Function(
        "indexOf",
        (
            method("string_index_of_string", (STRING, STRING), INT, _index_of, linear),
            method("string_index_of_string_int", (STRING, STRING, INT), INT, _index_of, lambda a, b, _: linear(a, b)),
        ),
    ),
    Function(
        "lastIndexOf",
        (
            method("string_last_index_of_string", (STRING, STRING), INT, _last_index_of, linear),
            method(
                "string_last_index_of_string_int",
                (STRING, STRING, INT),
                INT,
                _last_index_of_until,
                lambda a, b, _: linear(a, b),
            ),
        ),
    ),
    Function(
        "lowerAscii", (method("string_lower_ascii", (STRING,), STRING, lambda text: text.translate(_LOWER), linear),)
    ),
    Function(
        "upperAscii", (method("string_upper_ascii", (STRING,), STRING, lambda text: text.translate(_UPPER), linear),)
    ),
    Function(
        "replace",
        (
            method("string_replace_string_string", (STRING, STRING, STRING), STRING, _replace, _replacing_cost),
            method(
                "string_replace_string_string_int", (STRING, STRING, STRING, INT), STRING, _replace, _replacing_cost
            ),
        ),
    ),
    Function(
        "split",
        (
            method("string_split_string", (STRING, STRING), _TEXTS, _split, lambda a, _: 1 + a),
            method("string_split_string_int", (STRING, STRING, INT), _TEXTS, _split, lambda a, *_: 1 + a),
        ),
    ),
    Function(
        "substring",
        (
            method("string_substring_int", (STRING, INT), STRING, _substring, lambda a, _: linear(a)),
            method("string_substring_int_int", (STRING, INT, INT), STRING, _substring, lambda a, *_: linear(a)),
        ),
    ),
    Function("trim", (method("string_trim", (STRING,), STRING, lambda text: text.strip(_SPACE), linear),)),
    Function(
        "join",
        (
            method("list_join", (_TEXTS,), STRING, _join, _joining_cost),
            method("list_join_string", (_TEXTS, STRING), STRING, _join, _joining_cost),
        ),
    ),
    Function("strings.quote", (plain("strings_quote", (STRING,), STRING, quote, linear),)),
    Function(
        "reverse",
        (method("string_reverse", (STRING,), STRING, lambda text: text[::-1], linear),),
    ),
    Function(
        "format",
        (method("string_format_list", (STRING, ListType(DYN)), STRING, format_text, lambda a, b: 1 + a + 8 * b),),
    ),
)
