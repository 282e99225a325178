"""docs/guard_your_agent.md can be followed, and the programs it shows are the examples."""

from pathlib import Path

from repository.files import ROOT
from repository.page import blocks, follow

PAGE = ROOT / "docs" / "guard_your_agent.md"
EXAMPLES = ROOT / "examples" / "guard"


def test_the_page_can_be_followed(tmp_path: Path) -> None:
    assert follow(PAGE, tmp_path) == 6


def test_the_page_shows_the_examples() -> None:
    shown = {block.words[1]: block.text for block in blocks(PAGE.read_text()) if block.words[0] != "console"}
    assert shown == {path.name: path.read_text() for path in EXAMPLES.iterdir() if path.suffix in (".py", ".ilk")}
