"""The documentation tells the truth: what it says to type works, and what it refers to is there."""

import ast
import importlib
import os
import re
import shutil
from pathlib import Path

import pytest

from repository.files import ROOT, committed
from repository.page import blocks, follow

EXAMPLES = sorted(path.parent.name for path in (ROOT / "examples").glob("*/interlock.toml"))
PAGES = [path for path in committed() if path.suffix == ".md" and "templates" not in path.parts]
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("name", [*EXAMPLES, "bank", "guard"])
def test_the_readme_of_an_example_can_be_followed(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    shutil.copytree(ROOT / "examples" / name, folder, ignore=shutil.ignore_patterns(".interlock", "__pycache__"))
    assert follow(folder / "README.md", folder) >= 2


@pytest.mark.parametrize("page", ["docs/tutorial.md", "docs/running.md"])
def test_a_page_can_be_followed(page: str, tmp_path: Path) -> None:
    assert follow(ROOT / page, tmp_path) >= 9


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text(), flags=re.DOTALL)
    targets = [target for target in LINK.findall(text) if "://" not in target]
    assert [target for target in targets if not (ROOT / page.parent / target).exists()] == []


def test_the_indexes_of_the_language_name_every_page() -> None:
    for index, folder in (("tests/language/README.md", ""), ("docs/language.md", "../tests/language/reference/")):
        home = Path(index).parent / folder
        pages = {path.name for path in PAGES if path.parent == Path(os.path.normpath(home))} - {"README.md"}
        assert set(re.findall(rf"\({folder}(\w+\.md)\)", (ROOT / index).read_text())) == pages


def test_the_readme_shows_what_is_in_the_example() -> None:
    """The sample in the README is made of lines of the example, in its order."""
    example = (_plain(line) for line in (ROOT / "examples/refund/refund.ilk").read_text().splitlines())
    (sample,) = (block for block in blocks((ROOT / "README.md").read_text()) if block.words[:1] == ("ilk",))
    lines = [_plain(line) for line in sample.text.splitlines() if line.strip()]
    missing = [line for line in lines if not any(line == candidate for candidate in example)]
    assert missing == []


def test_the_commands_of_the_readmes_exist() -> None:
    """`make x` is a target of the Makefile wherever a page says so."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    said = {word for page in PAGES for word in re.findall(r"\bmake ([a-z]+)\b", _code((ROOT / page).read_text()))}
    assert said and said <= targets


def test_the_python_on_the_pages_imports_what_there_is() -> None:
    """Every import of ours in a block of Python names something that exists."""
    found = 0
    for page in PAGES:
        for block in blocks((ROOT / page).read_text()):
            if block.words[:1] != ("python",):
                continue
            for node in ast.walk(ast.parse(block.text)):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("interlock"):
                    module = importlib.import_module(node.module or "")
                    found += len(node.names)
                    missing = [alias.name for alias in node.names if not hasattr(module, alias.name)]
                    assert missing == [], f"{page}:{block.line}"
    assert found > 20


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"])
def test_the_paths_a_page_names_are_there(page: str) -> None:
    text = (ROOT / page).read_text()
    names = re.findall(r"`((?:dsl|engine|apps|docs|tests|examples|policies)/[\w/.]+)`", text)
    assert [name for name in names if not (ROOT / name).exists()] == []
    packages = re.findall(r"^\| `(\w+)/` \|", text, re.MULTILINE)
    homes = (ROOT / "dsl" / "interlock_dsl", ROOT / "engine" / "interlock")
    assert [name for name in packages if not any((home / name).is_dir() for home in homes)] == []
    if packages:
        there = {path.parent.name for home in homes for path in home.glob("*/__init__.py")}
        assert there == set(packages)


def _code(text: str) -> str:
    return "\n".join([*re.findall(r"`[^`\n]+`", text), *(block.text for block in blocks(text))])


def _plain(line: str) -> str:
    return " ".join(line.split())
