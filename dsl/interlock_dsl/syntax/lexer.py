"""The tokens of a file: CEL's lexer, and the words of this language, which are names wherever that reads better."""

import re
from collections.abc import Collection, Container, Mapping
from typing import TYPE_CHECKING, Final

from lark.lexer import Token

from interlock_dsl.cel.parser.lexer import WORD, ContextualLexer, Reading, end_of, start_of
from interlock_dsl.diagnostics import DiagnosticError
from interlock_dsl.diagnostics.messages import syntax as messages
from interlock_dsl.diagnostics.source import Span

if TYPE_CHECKING:
    from lark.common import LexerConf

NEVER_NAMES: Final = frozenset({"then", "times"})
"""The keywords that the grammar itself puts before one of the signs that follow names."""
MAX_HEIGHT: Final = 3_000
"""Symbols that may wait on the parser's stack where a bracket opens."""

# A keyword before one of these is a name after all, where a name is possible: `end -> x`, `{ model: string }`.
_AFTER_A_NAME: Final = r"(?:->|,|:|\?\s*:)"
_GOES_ON: Final = re.compile(r"\.[A-Za-z_*]")
"""What makes a word the beginning of a dotted name: `approval.ask`. After `in`, an operator of CEL, it does not."""


class FileLexer(ContextualLexer):
    """Cuts files into tokens."""

    def __init__(
        self, conf: "LexerConf", states: Mapping[int, Collection[str]], always_accept: Collection[str] = ()
    ) -> None:
        super().__init__(conf, states, always_accept)
        self.flexible = self.soft - NEVER_NAMES | {"in"}
        """The keywords that are names before a sign that only follows names."""
        self.name_follows = re.compile(self.blank.pattern + _AFTER_A_NAME)

    def kind_of_word(self, word: str, text: str, end: int, accepted: Container[str]) -> str:
        """Return what a word is that may be a keyword."""
        kind = super().kind_of_word(word, text, end, accepted)
        if kind == WORD or WORD not in accepted or word not in self.flexible:
            return kind
        dotted = word != "in" and _GOES_ON.match(text, end)
        return WORD if dotted or self.name_follows.match(text, end) else kind

    def opens(self, reading: Reading, bracket: Token, height: int) -> None:
        """Raise a `DiagnosticError` at a bracket that opens where too many symbols wait on the parser's stack."""
        if height > MAX_HEIGHT:
            raise DiagnosticError([messages.too_deep(Span(reading.source, start_of(bracket), end_of(bracket)))])
