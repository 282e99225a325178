"""What the parser says, and where: `syntax_errors.txt` holds the text, the place under it, and the message.

Every expression there is refused; the page is compared whole, so that a change of wording is seen.
"""

from pathlib import Path

import pytest

from interlock_dsl.cel import DiagnosticError, parse

PAGE = Path(__file__).with_name("syntax_errors.txt")


def told(text: str) -> str:
    """Return the lines of the page for one expression."""
    with pytest.raises(DiagnosticError) as raised:
        parse(text)
    (diagnostic,) = raised.value.diagnostics
    span = diagnostic.span
    assert 0 <= span.start <= span.end <= len(text)
    place = " " * span.start + "^" * max(1, span.end - span.start)
    help_line = "" if diagnostic.help is None else f"\n    help: {diagnostic.help}"
    return f"{_shown(text)}\n{place}\n    {diagnostic.code}: {diagnostic.message}{help_line}\n"


def _shown(text: str) -> str:
    return text.replace("\n", "\N{SYMBOL FOR NEWLINE}")


def test_the_page_is_what_the_parser_says() -> None:
    blocks = PAGE.read_text("utf-8").split("\n\n")
    texts = [block.strip("\n").split("\n")[0] for block in blocks]
    for text, block in zip(texts, blocks, strict=True):
        said = told("" if text.startswith("^") else text.replace("\N{SYMBOL FOR NEWLINE}", "\n"))
        assert said.strip("\n") == block.strip("\n")
