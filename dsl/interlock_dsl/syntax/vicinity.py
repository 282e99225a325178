"""What stands around a mistake in a text: lines, indentation, the tokens that follow and whether they fit."""

from collections.abc import Iterator, Sequence
from typing import Final

from interlock_dsl.syntax.automaton import CLOSING, OPENING
from interlock_dsl.syntax.expectations import Expectations
from interlock_dsl.syntax.scan import LOST, WORD, Scanner, Token
from interlock_dsl.syntax.tables import END

DECLARATIONS: Final = frozenset({"use", "type", "tool", "agent", "role", "workflow", "policy", "table", "test"})
FAR: Final = 2_000
"""Characters of its line that are looked at before a place."""


class Vicinity:
    """Answers about one text."""

    def __init__(self, text: str, scanner: Scanner, expectations: Expectations) -> None:
        self.text = text
        self.scanner = scanner
        self.expectations = expectations
        self.rows = expectations.tables.rows

    # --- tokens ahead

    def after(self, states: Sequence[int], kind: str) -> list[int] | None:
        """Return the stack of states after a token, or None where it does not fit."""
        return self.expectations.after(states, kind)

    def fits(self, states: Sequence[int], position: int, count: int) -> bool:
        """Say whether the next `count` tokens fit."""
        current = list(states)
        for _ in range(count):
            ahead = self.scanner.next(self.text, position, self.rows[current[-1]])
            reached = self.after(current, ahead.kind)
            if reached is None or (ahead.kind == WORD and self.taken_for_name(ahead)):
                return False
            if ahead.kind == END:
                return True
            current, position = reached, ahead.end_pos
        return True

    def tokens(self, position: int) -> Iterator[Token]:
        """Cut the rest of the text into tokens, whatever they mean, up to and with the end."""
        while True:
            at = self.scanner.next(self.text, position, {})
            yield at
            if at.kind == END:
                return
            position = at.end_pos
            if at.kind == LOST and at in "\"'":
                position = line_end(self.text, position)

    def taken_for_name(self, word: Token) -> bool:
        """Say whether a word, if it is a name, looks like the beginning of a clause."""
        if word not in self.scanner.soft or not self.first_on_line(word):
            return False
        return not self.scanner.name_follows.match(self.text, word.end_pos)

    # --- lines

    def begins_declaration(self, at: Token) -> bool:
        """Say whether a word stands where only declarations do: at the very left."""
        return at in DECLARATIONS and (at.start_pos == 0 or self.text[at.start_pos - 1] == "\n")

    def same_line(self, one: Token, other: Token) -> bool:
        """Say whether a later token is on the line of an earlier one."""
        return other.start_pos <= line_end(self.text, one.start_pos)

    def first_on_line(self, at: Token) -> bool:
        """Say whether nothing stands before a token on its line."""
        return not self.text[self._line_start(at.start_pos) : at.start_pos].strip()

    def indentation(self, at: Token) -> int:
        """Return how far the line of a token is indented."""
        line = self.text[self._line_start(at.start_pos) : at.end_pos]
        return len(line) - len(line.lstrip())

    def opened_before(self, found: Token) -> int:
        """Return how many brackets are open before a token that opened on its line."""
        depth = 0
        for at in self.tokens(self._line_start(found.start_pos)):
            if at.start_pos >= found.start_pos:
                break
            depth = depth + 1 if at in OPENING else max(depth - 1, 0) if at in CLOSING else depth
        return depth

    def badly_closed(self, first: Token) -> Token | None:
        """Return the first bracket, from `first` on, whose partner stands further left than the line it opens on."""
        opened: list[Token] = []
        for at in self.tokens(first.start_pos):
            if at in OPENING:
                opened.append(at)
            elif at in CLOSING and opened:
                opening = opened.pop()
                if self.first_on_line(at) and self.indentation(at) < self.indentation(opening):
                    return opening
        return None

    def _line_start(self, position: int) -> int:
        floor = max(0, position - FAR)
        return max(self.text.rfind("\n", floor, position) + 1, floor)


def line_end(text: str, position: int) -> int:
    """Return where the line of a place ends, its newline not included."""
    end = text.find("\n", position)
    end = len(text) if end < 0 else end
    return end - 1 if text[end - 1 : end] == "\r" and end > position else end
