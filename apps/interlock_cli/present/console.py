"""The two places output goes to, in the project's colours. Rich itself honours NO_COLOR, FORCE_COLOR and TERM=dumb."""

import os
import sys
from functools import cache

from rich.console import Console
from rich.theme import Theme

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


def _console(stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or os.environ.get("COLUMNS") else PIPED_WIDTH
    return Console(stderr=stderr, theme=THEME, highlight=False, markup=False, emoji=False, width=width, soft_wrap=False)


@cache
def out() -> Console:
    """Return the console for results."""
    return _console(stderr=False)


@cache
def err() -> Console:
    """Return the console for diagnostics and progress."""
    return _console(stderr=True)
