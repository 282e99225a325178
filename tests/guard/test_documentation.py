"""docs/guard.md can be followed, and docs/run.md shows the transitions of sessions as they are."""

from pathlib import Path

from interlock.run.session.diagram import diagrams
from interlock.run.session.machine import HANDLERS
from interlock.run.session.transitions import CONSEQUENCE, TRANSITIONS
from repository.page import follow

DOCS = Path(__file__).parents[2] / "docs"
BEGIN, END = "<!-- transitions of sessions -->\n", "<!-- end of transitions of sessions -->"


def test_the_page_can_be_followed(tmp_path: Path) -> None:
    assert follow(DOCS / "guard.md", tmp_path) == 2


def test_the_diagrams_are_fresh() -> None:
    """Put there what `python -c "from interlock.run.session.diagram import diagrams; print(diagrams())"` prints."""
    text = (DOCS / "run.md").read_text()
    assert text[text.index(BEGIN) + len(BEGIN) : text.index(END)].strip() == diagrams().strip()


def test_every_event_of_the_table_has_a_handler() -> None:
    assert set(HANDLERS) == {key for key in TRANSITIONS if key[2] != CONSEQUENCE}
