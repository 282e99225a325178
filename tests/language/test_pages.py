"""The language guide, run: every block of `.ilk` on every page says exactly what its comments say it does.

A block of ```` ```ilk ```` is a whole program; ```` ```ilk more ```` goes on from the last block of that page that was
one. `// error: [code] "text"` (or `warning`) stands on the line that earns the finding; `text` is part of its message.
A block without such comments has no findings at all.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from interlock_dsl import check_text

PAGES = sorted(Path(__file__).parent.glob("*.md"))
EXPECTED = re.compile(r'//\s*(error|warning): \[([a-z-]+)\] "(.*?)"(?=\s*(?://|$))')


@dataclass(frozen=True)
class Block:
    page: str
    line: int
    text: str
    before: str = ""

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    def expected(self) -> list[tuple[int, str, str, str]]:
        lines = enumerate(self.text.splitlines(), self.line + 1)
        return [(n, m[1], m[2], m[3]) for n, line in lines for m in EXPECTED.finditer(line)]

    def found(self) -> list[tuple[int, str, str, str]]:
        _, diagnostics = check_text(self.before + self.text, self.page)
        shift = self.line - self.before.count("\n")
        return [(d.span.line + shift, d.severity.value, d.code, d.message) for d in diagnostics]


def blocks() -> Iterator[Block]:
    for page in PAGES:
        whole = ""
        for match in re.finditer(r"^```ilk( more)?\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL):
            line = page.read_text()[: match.start()].count("\n") + 1
            if match[1] is None:
                whole = match[2]
                yield Block(page.name, line, match[2])
            else:
                yield Block(page.name, line, match[2], whole)


@pytest.mark.parametrize("block", list(blocks()), ids=str)
def test_a_block_says_what_it_says(block: Block) -> None:
    found, expected = block.found(), block.expected()
    shown = "\n".join(f"{block.page}:{line}: {severity}: [{code}] {message}" for line, severity, code, message in found)
    assert [entry[:3] for entry in found] == [entry[:3] for entry in expected], shown
    for (*_, message), (*_, text) in zip(found, expected, strict=True):
        assert text in message, shown


def test_every_page_has_blocks() -> None:
    assert len(PAGES) >= 11
    assert {page.name for page in PAGES} == {block.page for block in blocks()}
