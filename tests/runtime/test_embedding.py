"""docs/embedding.md can be followed as it stands."""

import ast
from pathlib import Path

import interlock
from repository.page import blocks, follow

PAGE = Path(__file__).parents[2] / "docs" / "embedding.md"


def test_the_page_can_be_followed(tmp_path: Path) -> None:
    assert follow(PAGE, tmp_path) == 4


def test_the_first_example_has_ten_lines() -> None:
    (first,) = (block for block in blocks(PAGE.read_text()) if block.words == ("python", "refund.py"))
    assert len([line for line in first.text.splitlines() if line.strip()]) == 10


def test_every_snippet_is_python_and_names_what_there_is() -> None:
    for block in blocks(PAGE.read_text()):
        if block.words[:1] == ("python",):
            for node in ast.walk(ast.parse(block.text)):
                if isinstance(node, ast.ImportFrom) and node.module == "interlock":
                    assert {alias.name for alias in node.names} <= set(interlock.__all__)
