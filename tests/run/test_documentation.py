"""docs/run.md shows the transitions as they are."""

from pathlib import Path

from interlock.run.audit.diagram import diagrams

PAGE = Path(__file__).parents[2] / "docs" / "run.md"
BEGIN, END = "<!-- transitions -->\n", "<!-- end of transitions -->"


def test_the_diagram_of_the_transitions_is_fresh() -> None:
    """Put there what `python -c "from interlock.run.audit.diagram import diagrams; print(diagrams())"` prints."""
    text = PAGE.read_text()
    shown = text[text.index(BEGIN) + len(BEGIN) : text.index(END)]
    assert shown.strip() == diagrams().strip()
