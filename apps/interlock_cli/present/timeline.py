"""A run as lines: when, at which step, what. The same lines follow a run while it goes and tell of it afterwards.

0.00s  classify  ● triage
0.84s            ✓ { topic: "billing", confidence: 0.93 }                              412 tokens
→ assess   when classify.topic == "billing" && classify.confidence >= 0.8
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.text import Text

from interlock_cli.present.marks import mark
from interlock_cli.present.quantity import elapsed

TIME_WIDTH = 8
GAP = "  "
WIDEST = 110
"""What stands at the right edge should not be far from what it belongs to."""
STYLES = {
    "work": "work",
    "done": "good",
    "bad": "bad",
    "wait": "wait",
    "route": "route",
    "again": "wait",
    "undone": "wait",
    "told": "wait",
    "gone": "quiet",
    "end": "name",
}


@dataclass(frozen=True)
class Line:
    """One thing that happened `at` microseconds into the run. `step` is "" where no step is meant.

    `sign` names a mark; `text` is what is said, `aside` stands at the right edge. `below` are
    lines that belong to it; `detail` are those that only `show` gives, not a run while it goes.
    """

    at: int
    step: str
    sign: str
    text: Text
    aside: str = ""
    below: tuple[Text, ...] = ()
    detail: tuple[Text, ...] = ()


class Layout:
    """Turns lines into rows of equal columns. A time or a step that stays the same is not repeated."""

    def __init__(self, steps: Iterable[str], width: int, details: bool = False) -> None:
        self._step_width = max(map(len, steps), default=0)
        self._width = min(width, WIDEST)
        self._details = details
        self._margin = len(GAP) + TIME_WIDTH + len(GAP) + (self._step_width + len(GAP) if self._step_width else 0)
        self._last: tuple[str, str] = ("", "")

    @property
    def room(self) -> int:
        """How many cells the text of a line has."""
        return max(20, self._width - self._margin - 2)

    def rows(self, line: Line) -> Iterator[Text]:
        """Yield the rows of a line, cut to the width."""
        time, step = elapsed(line.at), line.step
        last_time, last_step = self._last
        self._last = (time, step)
        head = Text(GAP)
        head.append((time if (time, step) != (last_time, last_step) else "").rjust(TIME_WIDTH), "quiet")
        head.append(GAP)
        head.append((step if step != last_step else "").ljust(self._step_width), "step")
        head.append(GAP if self._step_width else "")
        margin = " " * (head.cell_len + len(mark(line.sign)) + 1)
        head.append(mark(line.sign) + " ", STYLES[line.sign])
        yield from self._wrapped(head, line.text, line.aside, margin)
        for each in (*line.below, *(line.detail if self._details else ())):
            yield from self._wrapped(Text(margin), each, "", margin + "  ")

    def _wrapped(self, head: Text, text: Text, aside: str, margin: str) -> Iterator[Text]:
        room = max(20, self._width - head.cell_len)
        *parts, last = split(text, room)
        for index, part in enumerate(parts):
            yield Text.assemble(head if index == 0 else margin, part)
        start = margin if parts else head
        if not aside:
            yield Text.assemble(start, last)
        elif (fill := room - last.cell_len - len(aside)) >= 2:
            yield Text.assemble(start, last, " " * fill, (aside, "quiet"))
        else:
            yield Text.assemble(start, last)
            yield Text.assemble(margin, (aside.rjust(room), "quiet"))


def split(text: Text, width: int) -> list[Text]:
    """Break a text at its lines, and at spaces into parts of at most `width` cells; a word that is longer is cut."""
    if "\n" in text.plain:
        return [part for line in text.split("\n", allow_blank=True) for part in split(line, width)]
    if text.cell_len <= width:
        return [text]
    parts: list[Text] = []
    rest = text
    while rest.cell_len > width:
        cut = rest.plain.rfind(" ", 0, width + 1)
        if cut <= 0:
            cut = width
        part, rest = rest.divide([cut])
        parts.append(part)
        rest = rest[len(rest.plain) - len(rest.plain.lstrip()) :] if rest.plain.startswith(" ") else rest
    return [*parts, rest] if rest.plain else parts
