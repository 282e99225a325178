"""Programs of realistic size, and mistakes that authors make in them, each of which `check` reports by its name."""

from pathlib import Path

import pytest

from realistic.measure import PROGRAMS, Mistake, findings, mistakes

STRICT = {
    "loan: a personal name in the open",
    "release: a limit above what a run can call",
    "teller: a limit of nothing",
}
"""What is reported under `--strict` only: personal data shown to a model, limits that one run cannot reach."""


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_without_a_mistake_has_no_findings(path: Path) -> None:
    assert findings(path.read_text()) == ()


@pytest.mark.parametrize("mistake", list(mistakes()), ids=str)
def test_a_mistake_is_reported(mistake: Mistake) -> None:
    found = {each.code for each in findings(mistake.text, strict=str(mistake) in STRICT)}
    assert found & mistake.codes
