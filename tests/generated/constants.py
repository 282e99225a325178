"""Constants: numbers and durations of a program's text, named by `let`, which means the same."""

import re
from collections.abc import Callable

from generated.dice import Dice

PLACES: tuple[tuple[str, str], ...] = (
    ("number", r"(?<=[<>=] )(\d+)(?![\w.])"),
    ("number", r"(?<=\bto )(\d+)(?= per)"),
    ("number", r"(?<=\bat most )(\d+)(?![\w.])"),
    ("number", r"(?<=\bretry )(\d+)(?![\w.])"),
    ("number", r"(?<=\btokens )(\d+)(?![\w.])"),
    ("number", r"(?<=\bturns )(\d+)(?![\w.])"),
    ("number", r"(?<=\bsteps )(\d+)(?![\w.])"),
    ("number", r"(?<=\bmax )(\d+)(?![\w.])"),
    ("number", r"(?<=int in 0\.\.)(\d+)(?![\w.])"),
    ("duration", r"(?<=\bper )(\d+[smhd])\b"),
    ("duration", r"(?<=\bwithin )(\d+[smhd])\b"),
    ("duration", r"(?<=\btimeout )(\d+[smhd])\b"),
    ("duration", r"(?<=\bbackoff )(\d+[smhd])\b"),
    ("duration", r"(?<=\btime )(\d+[smhd])\b"),
)
"""Where a constant may stand, each with the literal that stands there."""


def with_constants(dice: Dice, text: str) -> str:
    """Return a text in which some literals are named."""
    names: dict[str, str] = {}

    def named(kind: str) -> Callable[[re.Match[str]], str]:
        def name(found: re.Match[str]) -> str:
            literal = found.group(1)
            if not dice.often(0.4):
                return literal
            return names.setdefault(literal, f"{kind}_{len(names)}")

        return name

    for kind, place in PLACES:
        text = re.sub(place, named(kind), text)
    declared = [f"let {name} = {_written(dice, literal)}" for literal, name in names.items()]
    return "\n".join([*declared, text]) if declared else text


def _written(dice: Dice, literal: str) -> str:
    if not literal.isdigit():
        return literal
    return dice.one((literal, literal, f"{literal} + 0", f"{int(literal) * 2} / 2"))


def without_constants(text: str) -> str:
    """Return a text with the values of its constants in their places, each in brackets where it is an expression."""
    for name, value in re.findall(r"^let (\w+) = (.*)$", text, re.MULTILINE):
        text = re.sub(rf"^let {name} = .*\n", "", text, flags=re.MULTILINE)
        plain = value if not value.split()[0].isdigit() else str(_computed(value))
        text = re.sub(rf"\b{name}\b", plain, text)
    return text


def _computed(value: str) -> int:
    first, *rest = value.split()
    return int(first) // 2 if rest[:1] == ["/"] else int(first)
