"""What a person may have meant: the nearest of the names that exist."""

from collections.abc import Iterable, Iterator
from typing import Final

LONGEST: Final = 64
"""Letters of a name that is compared: the comparison costs the product of two lengths."""


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate nearest to `name`, or None when none is near enough to be worth suggesting.

    Near is a Damerau-Levenshtein distance (insertions, deletions, replacements and swaps of neighbours, without
    regard to case) of at most a third of the longer name, and of at least one edit. Ties go to the alphabetically
    first, so that the answer does not depend on the order of the candidates. Names of more than `LONGEST` letters are
    not compared.
    """
    return min(_near(name, candidates), default=(0, None))[1]


def only_near(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that is near `name` (see `nearest`), or None when none is, or more than one."""
    near = {candidate for _, candidate in _near(name, candidates)}
    return near.pop() if len(near) == 1 else None


def _near(name: str, candidates: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield the candidates that are near, each with its distance."""
    if len(name) > LONGEST:
        return
    wanted = name.casefold()
    for candidate in candidates:
        if candidate == name or len(candidate) > LONGEST:
            continue
        allowed = max(1, max(len(name), len(candidate)) // 3)
        if abs(len(name) - len(candidate)) > allowed:
            continue
        edits = distance(wanted, candidate.casefold())
        if edits <= allowed and edits < max(len(name), len(candidate)):
            yield edits, candidate


def distance(left: str, right: str) -> int:
    """Return the Damerau-Levenshtein distance of two texts (each pair of neighbours is swapped at most once)."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        after = [i]
        for j, b in enumerate(right, 1):
            edits = min(row[j] + 1, after[j - 1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                edits = min(edits, before[j - 2] + 1)
            after.append(edits)
        before, row = row, after
    return row[-1]
