"""Programs of realistic size, and mistakes an author could make in them. Nothing is said of the programs themselves."""

from pathlib import Path

import pytest

from mistakes.measure import PROGRAMS, findings


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_without_a_mistake_has_no_findings(path: Path) -> None:
    assert findings(path.read_text()) == ()
