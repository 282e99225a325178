"""What the README of an example shows as a drawing is what `interlock graph` draws."""

import pytest

from cli.terminal import interlock
from examples.stories import EXAMPLES, NAMES
from repository.page import blocks

DRAWN = [name for name in NAMES if "```mermaid" in (EXAMPLES / name / "README.md").read_text()]


@pytest.mark.parametrize("name", DRAWN)
def test_a_drawing_is_that_of_the_program(name: str) -> None:
    drawn = interlock("graph", str(EXAMPLES / name)).out
    for block in blocks((EXAMPLES / name / "README.md").read_text()):
        if block.words == ("mermaid",):
            assert block.text.strip() in drawn, f"line {block.line} is not what `interlock graph` draws (any more)"
