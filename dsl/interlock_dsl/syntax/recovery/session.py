"""A parse that can be changed: Lark's `InteractiveParser` with the stack cut, a way back, and a look ahead."""

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Final, TypeAlias

from lark import Token, Tree, UnexpectedToken
from lark.parsers.lalr_interactive_parser import InteractiveParser

from interlock_dsl.cel.parser.lexer import OPENING, WORD, end_of, start_of
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.syntax.builder import FileBuilder
from interlock_dsl.syntax.grammar import grammar, lexer

Kinds: TypeAlias = Mapping[str, object]
"""What the parser may go on with in some state, names of rules among them: `InteractiveParser.choices`."""

_CLOSING: Final = frozenset({"RBRACE", "RPAR", "RSQB"})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The parse before a word was taken for a name that may have been meant as a keyword."""

    token: Token
    parser: InteractiveParser
    lengths: list[int]
    brackets: list[tuple[Token, int]]
    reported: int
    taken: int
    last_end: int


class Session:
    """One parse of one text, fed token by token."""

    def __init__(self, builder: FileBuilder) -> None:
        self.builder = builder
        self.reading = builder.reading
        self.lexer = lexer()
        self.parser: InteractiveParser = grammar().parse_interactive(builder.reading)
        self.brackets: list[tuple[Token, int]] = []
        """The brackets that are open, each with the height of the stack below it."""
        self.snapshots: list[Snapshot] = []
        """From before the last three words that may have been meant otherwise."""
        self.taken = 0
        """How many tokens the parser has taken."""
        self._kinds = frozenset(self.lexer.keywords[word] for word in self.lexer.soft)

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """What was reported so far."""
        return self.builder.diagnostics

    @property
    def height(self) -> int:
        """How many states are on the stack."""
        return height_of(self.parser)

    # --- going on

    def next_token(self) -> Token:
        """Return the token at the position, as the state at hand sees it."""
        choices, reading = self.parser.choices(), self.reading
        found = self.lexer.next(reading.text, reading.position, choices)
        if start_of(found) - reading.position > 1:
            reading.note_comments(reading.position, start_of(found))
        hesitant = WORD in choices and not self._kinds.isdisjoint(choices)
        if found.type == WORD and (hesitant or found in self.lexer.keywords):
            self.snapshots = [*self.snapshots[-2:], self._snapshot(found)]
        return found

    def take(self, found: Token) -> object:
        """Let the parser have a token; at the end, return the file. Raise `UnexpectedToken` if it has no place."""
        if found in OPENING:
            self.lexer.opens(self.reading, found, self.height)
        result: object = self.parser.feed_token(found)
        if found in OPENING:
            self.brackets.append((found, self.height - 1))
        elif found.type in _CLOSING and self.brackets:
            self.brackets.pop()
        self.reading.position = self.reading.last_end = end_of(found)
        self.taken += 1
        return result

    def _snapshot(self, found: Token) -> Snapshot:
        parser = self.parser.copy(deepcopy_values=False)
        lengths = [len(value.children) if isinstance(value, Tree) else -1 for value in parser.parser_state.value_stack]
        reported = len(self.diagnostics)
        return Snapshot(found, parser, lengths, self.brackets[:], reported, self.taken, self.reading.last_end)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to before a word."""
        # Lists of items only ever grow, and in place: cutting them back undoes what happened since.
        for value, length in zip(snapshot.parser.parser_state.value_stack, snapshot.lengths, strict=True):
            if isinstance(value, Tree):
                del value.children[length:]
        self.parser = snapshot.parser.copy(deepcopy_values=False)
        self.brackets[:] = snapshot.brackets
        del self.diagnostics[snapshot.reported :]
        self.reading.position = start_of(snapshot.token)
        self.reading.last_end = snapshot.last_end

    def cut(self, height: int) -> None:
        """Forget everything above a height of the stack."""
        _cut(self.parser, height)
        while self.brackets and self.brackets[-1][1] >= height:
            self.brackets.pop()

    # --- looking ahead

    def choices_downwards(self) -> Iterator[tuple[int, Kinds]]:
        """Yield each height of the stack, from the top, with what the parser accepts there."""
        parser = self.at()
        for height in range(self.height, 0, -1):
            _cut(parser, height)
            yield height, parser.choices()

    def at(self, height: int | None = None) -> InteractiveParser:
        """Return a copy, cut to a height, that builds nothing."""
        return without_callbacks(self.parser, height)


def height_of(parser: InteractiveParser) -> int:
    """Return how many states are on the stack of a parser."""
    return len(parser.parser_state.state_stack)


def without_callbacks(parser: InteractiveParser, height: int | None = None) -> InteractiveParser:
    """Return a copy of a parser, cut to a height, that calls no builder: it answers what would fit."""
    made: InteractiveParser = parser.copy(deepcopy_values=False)
    if made.parser_state.parse_conf.callbacks:
        made.parser_state.parse_conf = copy(made.parser_state.parse_conf)
        made.parser_state.parse_conf.callbacks = {}
    if height is not None:
        _cut(made, height)
    return made


def after(parser: InteractiveParser, kind: str) -> InteractiveParser | None:
    """Return a copy that has taken a token of some kind, or None where it does not fit."""
    made = without_callbacks(parser)
    try:
        made.feed_token(Token(kind, ""))
    except UnexpectedToken:
        return None
    return made


def _cut(parser: InteractiveParser, height: int) -> None:
    del parser.parser_state.state_stack[height:], parser.parser_state.value_stack[height - 1 :]
