"""Places in a bundle: the number of a source, where it starts, where it ends."""

from collections.abc import Mapping, Sequence
from math import isfinite, nan
from typing import Final

from interlock_dsl.diagnostics.source import NOWHERE, Source, Span
from interlock_dsl.program.bundle.errors import BundleError

_BUILT_IN: Final = -1
"""The number that stands for the source of what no file says."""


class Places:
    """The sources of a program by number, for writing and for reading spans."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = [Source(name, text) for name, text in sources.items()]
        self._numbers = {name: number for number, name in enumerate(sources)}

    def write(self, span: Span) -> list[int]:
        """Return a span as three numbers."""
        return [self._numbers.get(span.source.name, _BUILT_IN), span.start, span.end]

    def read(self, given: object) -> Span:
        """Return the span that three numbers stand for. Raises `BundleError`."""
        match given:
            case [int(number), int(start), int(end)] if 0 <= number < len(self._sources):
                source = self._sources[number]
                if 0 <= start <= end <= len(source.text):
                    return Span(source, start, end)
            case [int(number), int(), int()] if number == _BUILT_IN:
                return NOWHERE
            case _:
                pass
        raise BundleError("a place is not in its sources")


def read_double(given: object) -> float:
    """Return the finite double that its shortest digits stand for. Raises `BundleError`."""
    if isinstance(given, str) and len(given) < 40:
        try:
            value = float(given)
        except ValueError:
            value = nan
        if isfinite(value) and repr(value) == given:
            return value
    raise BundleError("a number is not written as one")


def strings(given: object) -> tuple[str, ...]:
    """Return a list of texts as a tuple. Raises `BundleError`."""
    if isinstance(given, Sequence) and not isinstance(given, str):
        found = tuple(item for item in given if isinstance(item, str))
        if len(found) == len(given):
            return found
    raise BundleError("a list of texts holds something else")
