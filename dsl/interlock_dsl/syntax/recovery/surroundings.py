"""What stands around a mistake in a text: lines, indentation, the tokens that follow and whether they fit."""

from collections.abc import Iterator
from typing import Final

from lark import Token
from lark.parsers.lalr_interactive_parser import InteractiveParser

from interlock_dsl.cel.parser.lexer import CLOSING, END, OPENING, UNKNOWN, WORD, end_of, start_of
from interlock_dsl.syntax.lexer import FileLexer
from interlock_dsl.syntax.recovery.session import after

DECLARATIONS: Final = frozenset(
    {"use", "type", "tool", "agent", "role", "workflow", "policy", "pack", "table", "context", "let", "test"}
)
FAR: Final = 2_000
"""Characters of its line that are looked at before a place."""


class Surroundings:
    """Answers about one text."""

    def __init__(self, text: str, lexer: FileLexer) -> None:
        self.text = text
        self.lexer = lexer
        self._counted = (0, 0)
        """The last place that `opened_before` was asked for, and its answer."""

    # --- tokens ahead

    def fits(self, parser: InteractiveParser, position: int, count: int) -> bool:
        """Say whether the next `count` tokens fit."""
        current = parser
        for _ in range(count):
            ahead = self.lexer.next(self.text, position, current.choices())
            reached = after(current, ahead.type)
            if reached is None or (ahead.type == WORD and self.taken_for_name(ahead)):
                return False
            if ahead.type == END:
                return True
            current, position = reached, end_of(ahead)
        return True

    def tokens(self, position: int) -> Iterator[Token]:
        """Cut the rest of the text into tokens, whatever they mean, up to and with the end."""
        while True:
            at = self.lexer.next(self.text, position, {})
            yield at
            if at.type == END:
                return
            position = end_of(at)
            if at.type == UNKNOWN and at in "\"'":
                position = line_end(self.text, position)

    def taken_for_name(self, word: Token) -> bool:
        """Say whether a word, if it is a name, looks like the beginning of a clause."""
        if word not in self.lexer.soft or not self.first_on_line(word):
            return False
        return not self.lexer.name_follows.match(self.text, end_of(word))

    def ends_block(self, word: Token, opening: Token, parser: InteractiveParser) -> bool:
        """Say whether a word fits after the innermost block, still open, and stands no further right than it does."""
        if opening != "{" or not self.first_on_line(word) or self.indentation(opening) < self.indentation(word):
            return False
        closed = after(parser, "RBRACE")
        return closed is not None and self.fits(closed, start_of(word), 2)

    # --- lines

    def begins_declaration(self, at: Token) -> bool:
        """Say whether a word stands where only declarations do: at the very left."""
        return at in DECLARATIONS and (start_of(at) == 0 or self.text[start_of(at) - 1] == "\n")

    def same_line(self, one: Token, other: Token) -> bool:
        """Say whether a later token is on the line of an earlier one."""
        return start_of(other) <= line_end(self.text, start_of(one))

    def first_on_line(self, at: Token) -> bool:
        """Say whether nothing stands before a token on its line."""
        return not self.text[self._line_start(start_of(at)) : start_of(at)].strip()

    def indentation(self, at: Token) -> int:
        """Return how far the line of a token is indented."""
        line = self.text[self._line_start(start_of(at)) : end_of(at)]
        return len(line) - len(line.lstrip())

    def opened_before(self, found: Token) -> int:
        """Return how many brackets are open before a token that opened on its line."""
        begin, (counted, depth) = self._line_start(start_of(found)), self._counted
        if begin <= counted <= start_of(found):
            begin = counted  # many mistakes on one line are counted once
        else:
            depth = 0
        for at in self.tokens(begin):
            if start_of(at) >= start_of(found):
                break
            depth = depth + 1 if at in OPENING else max(depth - 1, 0) if at in CLOSING else depth
        self._counted = (start_of(found), depth)
        return depth

    def badly_closed(self, first: Token, found: Token) -> Token | None:
        """Return the first bracket between two tokens whose partner stands further left than the line it opens on."""
        opened: list[Token] = []
        for at in self.tokens(start_of(first)):
            if start_of(at) >= start_of(found):
                break
            if at in OPENING:
                opened.append(at)
            elif at in CLOSING and opened:
                opening = opened.pop()
                if self.first_on_line(at) and self.indentation(at) < self.indentation(opening):
                    return opening
        return None

    def _line_start(self, position: int) -> int:
        earliest = max(0, position - FAR)
        return max(self.text.rfind("\n", earliest, position) + 1, earliest)


def line_end(text: str, position: int) -> int:
    """Return where the line of a place ends, its newline not included."""
    end = text.find("\n", position)
    end = len(text) if end < 0 else end
    return end - 1 if text[end - 1 : end] == "\r" and end > position else end
