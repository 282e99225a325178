"""Lark's parser of `grammar.lark`."""

from functools import cache
from typing import Final

from lark import Lark

from interlock_dsl.cel.parser.grammar import EXPRESSIONS, Language
from interlock_dsl.syntax.builder import FileBuilder
from interlock_dsl.syntax.lexer import FileLexer

FILES: Final = Language("syntax/grammar.lark", "file", FileBuilder, FileLexer, imports=(EXPRESSIONS.path,))


@cache
def grammar() -> Lark:
    """Return the parser of files. It may be used by any number of threads, each `building` for itself."""
    return FILES.parser()


def lexer() -> FileLexer:
    """Return the lexer of files."""
    made = grammar().parser.lexer
    assert isinstance(made, FileLexer)
    return made
