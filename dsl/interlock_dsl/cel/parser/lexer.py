"""Tokens: what a text is cut into, given what the parser can use at that point.

`ContextualLexer` takes the place of Lark's own. One regular expression, made from the terminals of the grammar, finds
the next piece of text; which kind of token it is depends on what the parser's state accepts: a word is a keyword where
the grammar has a place for that keyword, and a name elsewhere; a minus before digits is a sign where a number may
begin, and an operator elsewhere. A piece that fits nothing is a token too, which the parser then refuses.
"""

import re
from collections.abc import Collection, Container, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from lark.lexer import Lexer, LexerState, PatternStr, TerminalDef, Token

from interlock_dsl.diagnostics.source import Source, Span

if TYPE_CHECKING:
    from lark.common import LexerConf
    from lark.parsers.lalr_parser_state import ParserState

END: Final = "$END"
"""The kind of the token after the last."""
UNKNOWN: Final = "UNKNOWN"
"""The kind of a character with which no token begins."""
WORD: Final = "IDENTIFIER"
OPENING: Final = {"{": "}", "(": ")", "[": "]"}
CLOSING: Final = frozenset(OPENING.values())

_SIGNED: Final = frozenset({"INT", "DOUBLE"})
_MINUS: Final = "MINUS"
# Words are tried first, being the most frequent; a letter or two before a quote may begin a text instead.
_NO_TEXT: Final = "(?!(?:[rR]|[bB][rR]?)[\"'])"
_LETTERS: Final = "LETTERS"
_WORD_WITH_BOUNDARY: Final = re.compile(r"([a-z]+)\(\?!\[A-Za-z0-9_\]\)")


class Reading:
    """A text while it is parsed: what Lark is given in place of a string."""

    __slots__ = ("comments", "last_end", "position", "source", "text")

    def __init__(self, source: Source, position: int = 0) -> None:
        self.source = source
        self.text = source.text
        self.position = position
        """The offset at which the next token is looked for."""
        self.last_end = position
        """The offset at which the last token ends that the parser has taken."""
        self.comments: dict[int, int] = {}
        """Where the comments that were passed over begin and end."""

    def note_comments(self, start: int, end: int) -> None:
        """Record the comments between two tokens."""
        text = self.text
        while (start := text.find("//", start, end)) >= 0:
            line_end = text.find("\n", start, end)
            line_end = end if line_end < 0 else line_end
            self.comments[start] = start + len(text[start:line_end].rstrip())
            start = line_end

    def comment_spans(self) -> tuple[Span, ...]:
        """Return the places of the comments that were passed over, in order."""
        return tuple(Span(self.source, start, self.comments[start]) for start in sorted(self.comments))


def token(kind: str, text: str, start: int, end: int) -> Token:
    """Return a token. One that stands in for another has that one's place."""
    return Token(kind, text, start, None, None, None, None, end)


def start_of(found: Token) -> int:
    """Return the offset at which a token starts."""
    assert found.start_pos is not None
    return found.start_pos


def end_of(found: Token) -> int:
    """Return the offset at which a token ends."""
    assert found.end_pos is not None
    return found.end_pos


class ContextualLexer(Lexer):
    """Cuts texts into tokens. It holds nothing about a text: any number may be cut at the same time."""

    def __init__(
        self, conf: "LexerConf", states: Mapping[int, Collection[str]], always_accept: Collection[str] = ()
    ) -> None:
        kinds: dict[frozenset[str], frozenset[str]] = {}
        sets = {state: frozenset(accepted) for state, accepted in states.items()}
        self._accepted = {state: kinds.setdefault(accepted, accepted) for state, accepted in sets.items()}
        self.keywords: dict[str, str] = {}
        """The kind of token that each keyword is."""
        self.soft: set[str] = set()
        """The keywords that the grammar writes as plain words."""
        patterns: list[tuple[int, int, str, str]] = []
        skipped: list[str] = []
        for terminal in conf.terminals:
            fixed, pattern = isinstance(terminal.pattern, PatternStr), terminal.pattern.value
            bounded = _WORD_WITH_BOUNDARY.fullmatch(pattern)
            if terminal.name in conf.ignore:
                skipped.append(pattern)
            elif fixed and pattern.isidentifier():
                self.keywords[pattern] = terminal.name
                self.soft.add(pattern)
            elif bounded:
                self.keywords[bounded[1]] = terminal.name
            else:
                patterns.append(_ranked(terminal))
        blank = f"(?>{'|'.join(sorted(skipped))})*+"  # possessive: a failure after blanks must not try them again
        ordered = [(name, pattern) for _, _, name, pattern in sorted(patterns)]
        word = next(pattern for name, pattern in ordered if name == WORD)
        ordered = [(WORD, _NO_TEXT + word), *(pair for pair in ordered if pair[0] != WORD), (_LETTERS, word)]
        self._piece = re.compile(f"{blank}(?:{'|'.join(f'(?P<{name}>{pattern})' for name, pattern in ordered)})")
        self.blank = re.compile(blank)

    def lex(self, lexer_state: LexerState, parser_state: "ParserState[int]") -> Iterator[Token]:
        """Yield the tokens of a `Reading`, each as the parser's state at that point sees it."""
        reading = lexer_state.text
        assert isinstance(reading, Reading)
        text, accepted, stack = reading.text, self._accepted, parser_state.state_stack
        while True:
            reading.last_end = position = reading.position
            found = self.next(text, position, accepted[stack[-1]])
            start, end = start_of(found), end_of(found)
            if start - position > 1:
                reading.note_comments(position, start)
            if found.type == END:
                return
            if found in OPENING:
                self.opens(reading, found, len(stack))
            reading.position = end
            yield found

    def next(self, text: str, position: int, accepted: Container[str]) -> Token:
        """Return the token at or after `position` for a parser that accepts some kinds.

        At the end of the text its kind is `END`; it is `UNKNOWN`, with one character, where no token begins.
        """
        match = self._piece.match(text, position)
        if match is None:
            start = self.start(text, position)
            if start >= len(text):
                return token(END, "", start, start)
            return token(UNKNOWN, text[start], start, start + 1)
        kind = match.lastgroup
        assert kind is not None
        start, end = match.span(kind)
        found = text[start:end]
        if kind == WORD:
            if found in self.keywords:
                kind = self.kind_of_word(found, text, end, accepted)
        elif kind in _SIGNED and kind not in accepted and found[0] == "-" and _MINUS in accepted:
            return token(_MINUS, "-", start, start + 1)
        elif kind == _LETTERS:
            kind = WORD
        return Token(kind, found, start, None, None, None, None, end)

    def start(self, text: str, position: int) -> int:
        """Return where the next token starts: after blanks and comments."""
        match = self.blank.match(text, position)
        return match.end() if match else position

    def opens(self, reading: Reading, bracket: Token, height: int) -> None:
        """Refuse a bracket that opens where too many symbols wait on the parser's stack: here, any number may."""

    def kind_of_word(self, word: str, text: str, end: int, accepted: Container[str]) -> str:
        """Return what a word is that may be a keyword."""
        keyword = self.keywords[word]
        return keyword if keyword in accepted or WORD not in accepted else WORD


def _ranked(terminal: TerminalDef) -> tuple[int, int, str, str]:
    """Return the order in which a terminal is tried, its name and its pattern."""
    pattern = terminal.pattern
    length = -len(pattern.value) if isinstance(pattern, PatternStr) else 0
    return -terminal.priority, length, terminal.name, pattern.to_regexp()
