"""Documentation uses the standard words of the field, and for the product's own things those of ARCHITECTURE.md."""

import re

import pytest

from repository.files import ROOT, committed

REPLACED = {
    "floor": "layer",
    "house": "project, code base",
    "circle": "cycle",
    "sureness": "static certainty",
    "misfit": "validation error",
    "vicinity": "surroundings",
    "draws no lots": "uses no randomness",
    "teller": "narrative, summary",
    "mend": "recover, repair",
}
"""Words that stood for a thing that has a name, and the name."""
PAGES = [
    path
    for path in committed()
    if path.suffix == ".md" or (path.is_relative_to("dsl/interlock_dsl/diagnostics") and path.suffix == ".py")
]
QUOTED = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("word", "name"), REPLACED.items())
def test_a_thing_with_a_name_is_called_by_it(word: str, name: str) -> None:
    pattern = re.compile(rf"\b{word}s?\b", re.IGNORECASE)
    texts = {path: QUOTED.sub("", (ROOT / path).read_text()) for path in PAGES}
    assert [f"{path}: write {name}" for path, text in texts.items() if pattern.search(text)] == []
