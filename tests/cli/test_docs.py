"""The page of the command line: every verb and every option is on it, and what it shows is what happens."""

import re
from pathlib import Path

import pytest

from cli.terminal import interlock
from interlock_cli.main import NAMES
from repository.page import follow

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
OPTION = re.compile(r"(?<![\w-])(--[a-z-]+|-[a-z])\b")
SHARED = {"--help", "-h"}


def sections() -> dict[str, str]:
    parts = re.split(r"^## (\w+)$", PAGE.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_page_can_be_followed(tmp_path: Path) -> None:
    assert follow(PAGE, tmp_path) >= 18


@pytest.mark.parametrize("verb", NAMES)
def test_every_verb_is_on_the_page_with_all_it_takes(verb: str) -> None:
    section = sections()[verb]
    assert section.strip().startswith(f"`interlock {verb}")
    options = set(OPTION.findall(interlock(verb, "--help").out.partition("Options:")[2])) - SHARED
    shared = set(OPTION.findall(sections()["run"].partition("These options")[2]))
    looking_back = {"--project", "--journal"} if verb in ("show", "replay", "verify", "ledger") else set()
    drives = verb in ("approve", "deny", "answer", "signal", "resume", "cancel")
    documented = set(OPTION.findall(section)) | looking_back | (shared if drives else set())
    assert options - documented == set()


def test_the_page_knows_no_verb_that_is_not_there() -> None:
    assert [name for name in sections() if name not in NAMES and name != "Settings"] == []
