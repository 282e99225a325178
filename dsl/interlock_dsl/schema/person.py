"""Names of people in the one form in which they are compared.

`alice`, `Alice`, `ALICE ` and the same in full-width letters are one person: whoever may not approve twice, or not what
they asked for themselves, must not get round it by spelling. Names are normalised once, where they enter; an event
holds the normalised form, and beside it what was typed. Replaying never normalises, for Unicode data differ between
versions of Python.
"""

import unicodedata
from typing import Final

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of characters that nobody sees, or that nobody can compare: controls, formats, unassigned ones."""

_BLANK: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
"""Characters of other categories that are shown as nothing at all."""


class UnusableName(ValueError):
    """A name holds a character that cannot be seen."""


def normalised(name: str) -> str:
    """Return a name in the form in which names are compared: NFKC, case folded, without space around it, and with one
    space where there were several.

    Raises `UnusableName` for a character that cannot be seen; the empty name stays empty.
    """
    given = name.strip()
    for character in given:
        if character in _BLANK or unicodedata.category(character) in _UNSEEN:
            raise UnusableName(f"a name cannot hold the character U+{ord(character):04X}, which nobody can see")
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", given).casefold())
    return " ".join(unicodedata.normalize("NFKC", folded.casefold()).split())


def entered(name: str) -> tuple[str, str]:
    """Return a name as it was entered in the form in which names are compared, and as typed where that differs.

    Raises `UnusableName`.
    """
    compared = normalised(name)
    return compared, name if name != compared else ""
