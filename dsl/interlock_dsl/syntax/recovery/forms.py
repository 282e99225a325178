"""A form of another language: a pattern of text, and what is written here instead."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

NAME: Final = r"[A-Za-z_]\w*"
PATH: Final = rf"{NAME}(?:\.{NAME})*"
TEXT: Final = r'"[^"\n]*"'
VALUE: Final = rf"(?:{TEXT}|{PATH}|-?\d[\d_.]*)"
TIME: Final = r"(?:\d[\d_]*(?:us|ms|s|m|h|d))+\b"


@dataclass(frozen=True, slots=True)
class Form:
    """`kinds`: only where one of these kinds of token could stand; none: anywhere. `note` says more."""

    pattern: re.Pattern[str]
    instead: str | Callable[[re.Match[str]], str]
    kinds: frozenset[str] = frozenset()
    note: str | None = None


def form(pattern: str, instead: str | Callable[[re.Match[str]], str], *kinds: str, note: str | None = None) -> Form:
    """Return a form; what is written `instead` may name groups of the pattern."""
    return Form(re.compile(pattern), instead, frozenset(kinds), note)
