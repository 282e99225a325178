"""What is right gives no findings: the guide and the reference, under the default rules."""

from pathlib import Path

import pytest

from interlock_dsl.compiler.compile import check
from interlock_dsl.compiler.stages import Lint
from interlock_dsl.diagnostics import CODES
from language.test_pages import Block, blocks

UPKEEP = "Lint: upkeep"

SHOWN = {("promises.md", "broken-promise")}
"""What a page shows on purpose: promises that only their enforcement keeps."""


def right() -> list[Block]:
    """Return the blocks of the guide and of the reference."""
    shown = [block for block in blocks() if Path(block.page).parent in (Path(), Path("reference")) and not block.rule]
    return [block for block in shown if not block.expected() and block.page.removesuffix(".md") not in CODES]


@pytest.mark.parametrize("block", right(), ids=str)
def test_the_guide_is_quiet(block: Block) -> None:
    name = Path(block.page).name
    read = {**dict(block.files), name: block.before + block.text}.__getitem__
    _, found = check((name,), read, lint=Lint())
    meant = [each for each in found if (name, each.code) not in SHOWN]
    assert [str(each) for each in meant if CODES[each.code].topic != UPKEEP] == []
