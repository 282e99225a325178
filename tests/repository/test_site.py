"""The documentation site: what it is made from is complete. `make docs` builds it, and fails at any warning."""

import importlib.util
import re
from collections import Counter

import interlock
from interlock_dsl.diagnostics import CODES
from repository.files import ROOT

LISTED = re.compile(r"^::: interlock\.(\w+)$", re.MULTILINE)
ROW = re.compile(r"^\| \[`([a-z-]+)`\]\(\1\.md\) \| (\w+) \| (\w+) \| (.+?) \| .*\|$", re.MULTILINE)


def test_every_public_name_is_on_one_page_of_the_api() -> None:
    pages = "\n".join(path.read_text() for path in (ROOT / "docs" / "api").glob("*.md"))
    assert Counter(LISTED.findall(pages)) == Counter(interlock.__all__)


def test_the_index_of_diagnostics_is_the_registry() -> None:
    spec = importlib.util.spec_from_file_location("hooks", ROOT / "docs" / "hooks.py")
    assert spec is not None and spec.loader is not None
    hooks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hooks)
    expected = [(code.name, str(code.severity), str(code.certainty), code.summary) for code in CODES.values()]
    assert ROW.findall(hooks.index()) == expected
