"""The two places output goes to, in the project's colours. Rich itself honours NO_COLOR, FORCE_COLOR and TERM=dumb.

INVARIANT: what a model, a tool, a person or a file wrote reaches a terminal only through these consoles, which escape
every segment of text they print, and through the diagnostics' renderer, which escapes in the same way.
"""

import os
import sys
from collections.abc import Iterable
from functools import cache
from typing import TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.theme import Theme

from interlock_cli.present.escape import escape

THEME = Theme(
    {
        "good": "green",
        "bad": "red",
        "wait": "yellow",
        "work": "blue",
        "route": "cyan",
        "step": "bold",
        "quiet": "bright_black",
        "name": "bold",
        "code": "cyan",
        "place": "bright_black",
        "error": "bold red",
        "warning": "bold yellow",
        "note": "bold blue",
        "help": "cyan",
        "money": "default",
    },
    inherit=False,
)

PIPED_WIDTH = 120
"""How wide lines are where nobody's terminal sets the width (COLUMNS does)."""


class EscapingConsole(Console):
    """A console on which no text can steer the terminal or hide: only styles become control sequences."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render as rich does, and escape the text of each segment. Lines stay lines."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(escape(segment.text, keep="\n"), segment.style)


@cache
def _console(stderr: bool, width: int | None) -> Console:
    return EscapingConsole(
        stderr=stderr, theme=THEME, highlight=False, markup=False, emoji=False, width=width, soft_wrap=False
    )


def out() -> Console:
    """Return the console for results."""
    return _console(False, _width(sys.stdout))


def err() -> Console:
    """Return the console for diagnostics and progress."""
    return _console(True, _width(sys.stderr))


def _width(stream: TextIO) -> int | None:
    """Return how wide lines are; None is as wide as the terminal."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit():
        return int(columns)
    return None if stream.isatty() else PIPED_WIDTH
