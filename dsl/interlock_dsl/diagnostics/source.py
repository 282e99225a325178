"""Source text and places in it.

Everything the language layer says to a person carries a `Span`; a `Span` is two offsets into one `Source`.
Lines and columns are computed only when something is shown.
"""

from bisect import bisect_right
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Source:
    """A piece of text and the name it is known by (a path, or `<expression>`)."""

    name: str
    text: str = field(repr=False)
    _starts: list[int] = field(default_factory=list, repr=False, compare=False)

    def place(self, offset: int) -> tuple[int, int]:
        """Return the line and column of an offset, both counted from 1."""
        if not self._starts:
            self._starts.append(0)
            self._starts.extend(at + 1 for at, char in enumerate(self.text) if char == "\n")
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """Return the text of a line (counted from 1) without its newline."""
        self.place(0)
        start = self._starts[number - 1]
        end = self._starts[number] - 1 if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r")


@dataclass(frozen=True, slots=True)
class Span:
    """The half-open range `[start, end)` of code points in a source."""

    source: Source = field(repr=False)
    start: int
    end: int

    @property
    def text(self) -> str:
        """The covered text."""
        return self.source.text[self.start : self.end]

    @property
    def line(self) -> int:
        """The line of the first character, counted from 1."""
        return self.source.place(self.start)[0]

    @property
    def column(self) -> int:
        """The column of the first character, counted from 1."""
        return self.source.place(self.start)[1]

    def to(self, other: "Span") -> "Span":
        """Return the span that reaches from the start of this one to the end of `other`."""
        return Span(self.source, self.start, other.end)

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"


NOWHERE = Span(Source("<built in>", ""), 0, 0)
"""The place of what no file says."""
