"""Text that somebody else wrote, made visible: what steers a terminal or hides in a line is shown as an escape.

Escaped are control characters (C0, DEL, C1), format characters (bidirectional marks and overrides, zero-width ones,
tags), line and paragraph separators, surrogates, private and unassigned code points, and the letters and marks that
show nothing: fillers, variation selectors, the grapheme joiner, the blank Braille pattern.
"""

from collections.abc import Iterator
from typing import Final
from unicodedata import category

_FILLERS: Final = (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0)
_SELECTORS: Final = (0x180B, 0x180C, 0x180D, 0x180F, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
_BLANK: Final = frozenset(map(chr, (*_FILLERS, *_SELECTORS)))
"""Characters that Python calls printable and that show nothing."""

_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def escape(text: str, keep: str = "") -> str:
    r"""Return `text` with every character that cannot be seen written as `\n`, `\r`, `\t`, `\uXXXX` or `\UXXXXXXXX`.

    Characters in `keep` stay as they are (`"\n"` for text that is shown on several lines). What comes out holds no
    such character, so escaping twice is escaping once.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(text, keep))


def _escaped(text: str, keep: str) -> Iterator[str]:
    for char in text:
        if char in keep or _is_visible(char):
            yield char
        elif char in _SHORT:
            yield _SHORT[char]
        else:
            yield f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"


def _is_visible(char: str) -> bool:
    return (char.isprintable() or category(char) == "Zs") and char not in _BLANK
