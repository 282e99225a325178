"""The few signs the output is made of, each with a plain fallback for terminals that know only ASCII."""

import os
import sys
from functools import cache

MARKS = {
    "done": ("✓", "+"),
    "bad": ("✗", "x"),
    "wait": ("◷", "?"),
    "work": ("●", "*"),
    "route": ("→", "->"),
    "join": ("⇉", "=>"),
    "again": ("↻", "~"),
    "undone": ("↶", "<-"),
    "told": ("▲", "^"),
    "gone": ("–", "-"),
    "end": ("■", "#"),
    "dot": ("·", "-"),
    "more": ("…", "..."),
    "rule": ("─", "-"),
    "full": ("━", "="),
    "empty": ("─", "."),
    "bar": ("│", "|"),
}


@cache
def unicode_is_safe() -> bool:
    """Say whether both streams can show more than ASCII (`INTERLOCK_ASCII=1` says no)."""
    if os.environ.get("INTERLOCK_ASCII"):
        return False
    return all(
        (getattr(stream, "encoding", None) or "").lower().startswith("utf") for stream in (sys.stdout, sys.stderr)
    )


def mark(name: str) -> str:
    """Return the sign of that name."""
    return MARKS[name][0 if unicode_is_safe() else 1]
