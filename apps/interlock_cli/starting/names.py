"""Names of other systems as names of the language.

The rule: `.`, `/` and `:` separate parts, every other character that no name has becomes `_`, and what is no name even
so, for it is reserved or begins with a digit, is given a `_` at the end or the beginning. Equal names are numbered.
"""

import re
from collections.abc import Iterable
from typing import Final

RESERVED: Final = frozenset(
    """true false null in as break const continue else for function if import let loop package namespace return var
    void while""".split()  # noqa: SIM905
)


def part(text: str) -> str:
    """Return a text as one identifier."""
    kept = re.sub(r"[^A-Za-z0-9_]", "_", text) or "_"
    if kept[0].isdigit():
        kept = f"_{kept}"
    return f"{kept}_" if kept in RESERVED or not kept.strip("_") else kept


def dotted(text: str) -> str:
    """Return a text as a name of one or several parts."""
    return ".".join(part(each) for each in re.split(r"[./:]", text) if each) or part(text)


def distinct(names: Iterable[str]) -> list[str]:
    """Return names with a number added to each that came before."""
    used: set[str] = set()
    found: list[str] = []
    for name in names:
        number, chosen = 1, name
        while chosen in used:
            number += 1
            chosen = f"{name}_{number}"
        used.add(chosen)
        found.append(chosen)
    return found
