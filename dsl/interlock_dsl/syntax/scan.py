"""Tokens: what the text is cut into, given what the parser can use at that point.

One regular expression, built from the terminals of the grammar, finds the next piece of text. What kind it is depends
on the parser's state (a row of its table): a word is a keyword where the grammar has a place for that keyword, and a
name elsewhere; a minus before digits is a sign where a number may begin, and an operator elsewhere.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from interlock_dsl.syntax.tables import END, Tables, load

WORD: Final = "IDENTIFIER"
MINUS: Final = "MINUS"
SIGNED: Final = frozenset({"INT", "DOUBLE"})
LOST: Final = ""
"""The kind of a piece of text that is no token."""

# Words are tried first, being the most frequent; a letter or two before a quote may begin a text instead.
_NO_TEXT = "(?!(?:[rR]|[bB][rR]?)[\"'])"
_LETTERS = "LETTERS"
_GUARDED_WORD = re.compile(r"([a-z]+)\(\?!\[A-Za-z0-9_\]\)")
# A keyword before one of these is a name after all, where a name is possible: `end -> x`, `{ model: string }`.
_AFTER_A_NAME = r"(?:->|,|:|\?\s*:)"
NEVER_NAMES: Final = frozenset({"then", "times"})
"""The keywords that the grammar itself puts before one of those signs."""


class Token(str):
    """A piece of text, its kind (the name of a terminal) and the offsets where it starts and ends.

    A token that stands in for another has that one's place.
    """

    __slots__ = ("end_pos", "kind", "start_pos")
    kind: str
    start_pos: int
    end_pos: int


def token(kind: str, text: str, start: int, end: int) -> Token:
    """Return a token."""
    made = Token(text)
    made.kind = kind
    made.start_pos = start
    made.end_pos = end
    return made


class Scanner:
    """Cuts texts into tokens. It holds nothing about a text: any number may be cut at the same time."""

    def __init__(self, tables: Tables) -> None:
        self.keywords: dict[str, str] = {}
        self.soft: set[str] = set()
        """The keywords of the language itself, which are names where that reads better."""
        self.flexible: set[str]
        """The keywords that are names before a sign that only follows names."""
        patterns: list[tuple[int, int, str, str]] = []
        skipped: list[str] = []
        for terminal in tables.terminals:
            guarded = _GUARDED_WORD.fullmatch(terminal.pattern)
            if terminal.name in tables.ignored:
                skipped.append(terminal.pattern)
            elif terminal.fixed and terminal.pattern.isidentifier():
                self.keywords[terminal.pattern] = terminal.name
                self.soft.add(terminal.pattern)
            elif guarded:
                self.keywords[guarded[1]] = terminal.name
            else:
                pattern = re.escape(terminal.pattern) if terminal.fixed else terminal.pattern
                patterns.append(
                    (-terminal.priority, -len(terminal.pattern) if terminal.fixed else 0, terminal.name, pattern)
                )
        self.flexible = self.soft - NEVER_NAMES | {"in"}
        kinds = frozenset(self.keywords[word] for word in self.soft)
        self.hesitant = [WORD in row and not kinds.isdisjoint(row) for row in tables.rows]
        """By state: whether a word may be a name or one of the language's keywords."""
        blank = f"(?>{'|'.join(skipped)})*+"  # possessive: a failure after blanks must not try them again
        ordered = [(name, pattern) for _, _, name, pattern in sorted(patterns)]
        word = next(pattern for name, pattern in ordered if name == WORD)
        ordered = [(WORD, _NO_TEXT + word), *(pair for pair in ordered if pair[0] != WORD), (_LETTERS, word)]
        pieces = "|".join(f"(?P<{name}>{pattern})" for name, pattern in ordered)
        self.piece = re.compile(f"{blank}(?:{pieces})")
        self.blank = re.compile(blank)
        self.name_follows = re.compile(blank + _AFTER_A_NAME)

    def next(self, text: str, position: int, row: Mapping[str, int]) -> Token:
        """Return the token at or after `position` for a parser whose next actions are `row`.

        At the end of the text its kind is `END`; it is `LOST`, with one character, where no token begins.
        """
        match = self.piece.match(text, position)
        if match is None:
            start = self.start(text, position)
            if start >= len(text):
                return token(END, "", start, start)
            return token(LOST, text[start], start, start + 1)
        kind: str = match.lastgroup  # type: ignore[assignment]
        start, end = match.span(kind)
        found = text[start:end]
        if kind == WORD:
            if found in self.keywords:
                kind = self._kind_of_word(found, text, end, row)
        elif kind not in row and found[0] == "-" and MINUS in row and len(found) > 1 and kind in SIGNED:
            return token(MINUS, "-", start, start + 1)
        elif kind == _LETTERS:
            kind = WORD
        return token(kind, found, start, end)

    def start(self, text: str, position: int) -> int:
        """Return where the next token starts: after blanks and comments."""
        match = self.blank.match(text, position)
        return match.end() if match else position

    def _kind_of_word(self, word: str, text: str, end: int, row: Mapping[str, int]) -> str:
        keyword = self.keywords[word]
        if WORD not in row:
            return keyword
        if keyword not in row:
            return WORD
        if word in self.flexible and self.name_follows.match(text, end):
            return WORD
        return keyword


@cache
def scanner() -> Scanner:
    """Return the scanner of the language."""
    return Scanner(load())
