"""Lark's parser of `grammar.lark`, and what parsers of other grammars share with it.

Building an LALR(1) parser from its grammar takes Lark longer than all else a short command does. So the tables are
built once, when the package is, and kept as data beside the grammar: JSON, with a digest of all they depend on. Tables
that are missing, or of another digest, are built in memory.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pkgutil import get_data
from typing import Any, Final

import lark
from lark import Lark
from lark.grammar import Rule
from lark.lexer import TerminalDef

from interlock_dsl.cel.parser.builder import ExpressionBuilder
from interlock_dsl.cel.parser.lexer import ContextualLexer
from interlock_dsl.diagnostics import DiagnosticError

PACKAGE: Final = "interlock_dsl"
_OPTIONS: Final[dict[str, Any]] = {
    "parser": "lalr",
    "lexer": "contextual",
    "keep_all_tokens": True,
    "maybe_placeholders": False,
    "source_path": None,
}

_at_work: ContextVar[ExpressionBuilder] = ContextVar("builder")


@dataclass(frozen=True, slots=True)
class Language:
    """A grammar of this package, and what its parser is made with."""

    path: str
    """Of the grammar, inside the package."""
    start: str
    builder: type[ExpressionBuilder]
    lexer: type[ContextualLexer]
    imports: tuple[str, ...] = ()
    """The grammars that it imports."""

    @property
    def tables_path(self) -> str:
        """Where the saved tables are, inside the package."""
        return self.path.removesuffix(".lark") + ".tables.json"

    def parser(self) -> Lark:
        """Return Lark's parser, which takes a `Reading` and calls the builder at work."""
        saved = self._saved()
        return self.build() if saved is None else Lark.load(saved)

    def build(self) -> Lark:
        """Return the parser with tables built in memory."""
        return Lark.open_from_package(PACKAGE, self.path, **_OPTIONS, start=self.start, **self._hooks())

    def tables(self) -> str:
        """Return the text of the tables to save."""
        data, memo = self.build().memo_serialize([TerminalDef, Rule])
        data["options"] = {**_OPTIONS, "start": [self.start]}
        return json.dumps({"digest": self.digest(), "data": data, "memo": memo}, separators=(",", ":"))

    def digest(self) -> str:
        """Return the digest of what the tables depend on: grammars, Lark's version and options."""
        parts = [lark.__version__, repr(_OPTIONS), self.start]
        parts += [(get_data(PACKAGE, path) or b"").decode("utf-8") for path in (self.path, *self.imports)]
        return sha256(json.dumps(parts).encode()).hexdigest()

    def _saved(self) -> dict[str, Any] | None:
        """Return the saved tables as Lark loads them; None if there are none for this grammar."""
        try:
            text = get_data(PACKAGE, self.tables_path) or b""
            if not text.startswith(b'{"digest":"%s",' % self.digest().encode()):
                return None
            saved: dict[str, Any] = json.loads(text, object_pairs_hook=_with_numbers)
        except (OSError, ValueError):
            return None
        saved["data"]["options"] |= self._hooks()
        return saved

    def _hooks(self) -> dict[str, Any]:
        return {"transformer": _Callbacks(self.builder), "_plugins": {"ContextualLexer": self.lexer}}


EXPRESSIONS: Final = Language("cel/parser/grammar.lark", "expression", ExpressionBuilder, ContextualLexer)


@cache
def grammar() -> Lark:
    """Return the parser of expressions. It may be used by any number of threads, each `building` for itself."""
    return EXPRESSIONS.parser()


@contextmanager
def building(builder: ExpressionBuilder) -> Iterator[None]:
    """Let parses in this context call a builder."""
    token = _at_work.set(builder)
    try:
        yield
    finally:
        _at_work.reset(token)


class _Callbacks:
    """Lark's embedded transformer: for each rule, the method of the builder at work."""

    def __init__(self, builder: type[ExpressionBuilder]) -> None:
        self._builder = builder

    def __getattr__(self, rule: str) -> Callable[[list[object]], object]:
        # Lark prefixes the aliases of a grammar that is imported, as in `cel__parser__grammar__select`.
        name = rule.rpartition("__")[2]
        method: Callable[[ExpressionBuilder, list[object]], object] = getattr(self._builder, name)
        at_work = _at_work.get

        def reduced(parts: list[object]) -> object:
            builder = at_work()
            try:
                return method(builder, parts)
            except DiagnosticError as error:
                return builder.refused(parts, error)

        return reduced


def _with_numbers(pairs: list[tuple[str, Any]]) -> dict[str | int, Any]:
    """Return an object of JSON as a dict, in which keys that are numbers are so again."""
    if pairs and pairs[0][0].isdigit():
        return {int(key): value for key, value in pairs}
    return dict(pairs)
