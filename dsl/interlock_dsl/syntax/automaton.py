"""The parser's loop: an LALR(1) automaton that asks the scanner for what fits and calls a builder at each reduction.

Nothing recurses, so the depth of a text costs memory and no stack. A mistake does not end the parse: `Recovery` says
what is wrong, mends the automaton's stacks, and the loop goes on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from interlock_dsl.diagnostics import Diagnostic, DiagnosticError
from interlock_dsl.diagnostics.messages import syntax as messages
from interlock_dsl.diagnostics.source import Source, Span
from interlock_dsl.syntax.scan import WORD, Scanner, Token, scanner
from interlock_dsl.syntax.tables import Tables, load

OPENING: Final = {"{": "}", "(": ")", "[": "]"}
CLOSING: Final = frozenset(OPENING.values())
MAX_HEIGHT: Final = 3_000
"""Symbols that may wait on the stack where a bracket opens."""


class Builder(Protocol):
    """What makes values out of reductions: it has a method for every rule, taking the parts."""

    extent: tuple[int, int]
    """The offsets of the text that is being reduced; set before each call."""

    def stand_in(self, span: Span) -> object:
        """Return a value for what a method refused."""


@dataclass(slots=True)
class Doubt:
    """The automaton before a word was taken for a name that may have been meant as a keyword."""

    token: Token
    states: list[int]
    values: list[object]
    lengths: list[int]
    starts: list[int]
    brackets: list[tuple[Token, int]]
    said: int
    shifted: int
    last_end: int


class Automaton:
    """One parse of one text."""

    def __init__(self, source: Source, builder: Builder, start: str) -> None:
        self.source = source
        self.builder = builder
        self.tables: Tables = load()
        self.scanner: Scanner = scanner()
        self.position = 0
        self.states = [self.tables.starts[start]]
        self.values: list[object] = []
        self.starts: list[int] = []
        self.brackets: list[tuple[Token, int]] = []
        """The brackets that are open, each with the height of the stack below it."""
        self.doubts: list[Doubt] = []
        """The last three words that may have been meant otherwise."""
        self.last_end = 0
        self.shifted = 0
        self.diagnostics: list[Diagnostic] = []
        self._plans = [
            (
                rule.origin,
                getattr(builder, rule.method) if rule.method and not rule.alone else None,
                rule.size,
                rule.kept,
                rule.single,
            )
            for rule in self.tables.rules
        ]
        self._comments: dict[int, int] = {}

    def run(self, mend: Callable[[Token], Token | None]) -> object:
        """Return the value of the start symbol, or None when `mend` gave up.

        `mend` is called with a token that has no place; it changes the stacks and returns the token to go on with.
        """
        rows, states, passed, trivial = self.tables.rows, self.states, self.tables.passed, self.tables.trivial
        token: Token | None = self.next_token()
        while token is not None:
            kind, state = token.kind, states[-1]
            action = rows[state].get(kind)
            if action is None:
                token = mend(token)
            elif action >= 0:
                self.shift(token, action)
                if action == self.tables.end:
                    return self.values[-2]
                token = self.next_token()
            elif trivial[action]:
                step = (states[-2], state, kind)
                reached = passed.get(step)
                states[-1] = self._pass(step) if reached is None else reached
            else:
                self.reduce(-action - 1, token.start_pos)
        return None

    def _pass(self, step: tuple[int, int, str]) -> int:
        """Return the state after all the reductions in a row that leave a value as it is."""
        below, state, kind = step
        rows, rules, trivial = self.tables.rows, self.tables.rules, self.tables.trivial
        while (action := rows[state].get(kind, 0)) < 0 and trivial[action]:
            state = rows[below][rules[-action - 1].origin]
        self.tables.passed[step] = state
        return state

    def next_token(self) -> Token:
        """Return the token at the position, as the state at hand sees it."""
        state = self.states[-1]
        token = self.scanner.next(self.source.text, self.position, self.tables.rows[state])
        if token.start_pos - self.position > 1:
            self._note_comments(self.position, token.start_pos)
        if token.kind == WORD and (self.scanner.hesitant[state] or token in self.scanner.keywords):
            self.doubts = [*self.doubts[-2:], self._doubt(token)]
        return token

    def shift(self, token: Token, state: int) -> None:
        """Take a token."""
        if token in OPENING:
            if len(self.states) > MAX_HEIGHT:
                raise DiagnosticError([messages.too_deep(Span(self.source, token.start_pos, token.end_pos))])
            self.brackets.append((token, len(self.states)))
        elif token in CLOSING and self.brackets:
            self.brackets.pop()
        self.states.append(state)
        self.values.append(token)
        self.starts.append(token.start_pos)
        self.position = self.last_end = token.end_pos
        self.shifted += 1

    def reduce(self, number: int, start: int) -> None:
        """Replace the symbols of a rule by what it makes of them; a rule of no symbols stands at `start`."""
        origin, method, size, kept, single = self._plans[number]
        states, starts = self.states, self.starts
        parts: list[object] = []
        if size:
            values = self.values
            start = starts[-size]
            parts = values[-size:]
            del values[-size:], states[-size:], starts[-size:]
            if kept is not None:
                parts = _kept(kept, parts)
        value: object = parts
        if single and len(parts) == 1:
            value = parts[0]
        elif method is not None:
            end = self.last_end if self.last_end > start else start
            self.builder.extent = (start, end)
            try:
                value = method(parts)
            except DiagnosticError as error:
                self.diagnostics.extend(error.diagnostics)
                value = self.builder.stand_in(Span(self.source, start, end))
        states.append(self.tables.rows[states[-1]][origin])
        self.values.append(value)
        starts.append(start)

    def _doubt(self, token: Token) -> Doubt:
        values = self.values[:]
        lengths = [len(value) if type(value) is list else -1 for value in values]
        said = len(self.diagnostics)
        return Doubt(
            token, self.states[:], values, lengths, self.starts[:], self.brackets[:], said, self.shifted, self.last_end
        )

    def restore(self, doubt: Doubt) -> None:
        """Go back to before the doubtful token."""
        # Lists of items only ever grow, and in place: cutting them back undoes what happened since.
        for value, length in zip(doubt.values, doubt.lengths, strict=True):
            if isinstance(value, list):
                del value[length:]
        self.states[:], self.values[:], self.starts[:] = doubt.states, doubt.values, doubt.starts
        self.brackets[:] = doubt.brackets
        del self.diagnostics[doubt.said :]
        self.position, self.last_end = doubt.token.start_pos, doubt.last_end

    def comments(self) -> tuple[Span, ...]:
        """Return the places of the comments that were passed over, in order."""
        return tuple(Span(self.source, start, self._comments[start]) for start in sorted(self._comments))

    def _note_comments(self, start: int, end: int) -> None:
        text = self.source.text
        while (start := text.find("//", start, end)) >= 0:
            line_end = text.find("\n", start, end)
            line_end = end if line_end < 0 else line_end
            self._comments[start] = start + len(text[start:line_end].rstrip())
            start = line_end

    def cut(self, height: int) -> None:
        """Forget everything above a height of the stack of states."""
        del self.states[height:], self.values[height - 1 :], self.starts[height - 1 :]
        while self.brackets and self.brackets[-1][1] >= height:
            self.brackets.pop()


def _kept(kept: Sequence[tuple[int, bool]], values: list[object]) -> list[object]:
    parts: list[object] = []
    for at, spread in kept:
        value = values[at]
        if not spread:
            parts.append(value)
        elif not isinstance(value, list):
            raise TypeError("only lists are spread")
        elif parts:
            parts += value
        else:
            parts = value  # a list's own beginning: adding to it keeps long lists linear
    return parts
