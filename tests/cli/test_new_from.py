"""`interlock new --from`: every example is a project to start from."""

from pathlib import Path

import pytest

from cli.terminal import interlock
from interlock_cli.starting import examples
from interlock_cli.starting.examples import Example
from repository.files import ROOT, committed

FOLDERS = sorted({path.parent.name for path in (ROOT / "examples").glob("*/*.ilk")})


def test_every_example_is_listed_with_what_it_shows() -> None:
    assert [each.name for each in examples.examples()] == FOLDERS
    assert [each.name for each in examples.examples() if not each.says] == [], "add it to examples/README.md"
    listed = " ".join(interlock("new", "--list").out.split())
    for each in examples.examples():
        assert f"{each.name} {each.says}" in listed


@pytest.mark.parametrize("name", FOLDERS)
def test_a_copy_is_what_is_committed(name: str, tmp_path: Path) -> None:
    made = interlock("new", tmp_path / "mine", "--from", name)
    assert (made.code, made.err) == (0, "")
    files = {str(path.relative_to(tmp_path / "mine")) for path in (tmp_path / "mine").rglob("*") if path.is_file()}
    home = Path("examples", name)
    expected = {str(path.relative_to(home)) for path in committed() if path.is_relative_to(home)}
    assert files == expected | {".gitignore"}
    for each in files - {".gitignore"}:
        if not each.endswith(".md"):
            assert (tmp_path / "mine" / each).read_bytes() == (ROOT / home / each).read_bytes()
    checked = interlock("check", tmp_path / "mine")
    assert checked.code == 0, checked.err


def test_a_copied_page_links_to_nothing_that_was_not_copied(tmp_path: Path) -> None:
    interlock("new", tmp_path / "mine", "--from", "bank")
    page = (tmp_path / "mine" / "README.md").read_text("utf-8")
    assert "](.." not in page and "[bank.ilk](bank.ilk)" in page


def test_what_running_an_example_leaves_is_not_copied(tmp_path: Path) -> None:
    home = tmp_path / "example"
    for left in (".interlock/journal.sqlite", "__pycache__/tools.pyc", "runs.db", "shop.sqlite-wal", ".hidden"):
        (home / left).parent.mkdir(parents=True, exist_ok=True)
        (home / left).write_text("left")
    (home / "answers").mkdir()
    (home / "answers" / "a.yaml").write_text("kept")
    (home / "database.py").write_text("kept")
    assert Example("example", home, "").files == [Path("answers/a.yaml"), Path("database.py")]


def test_what_cannot_be_started_from(tmp_path: Path) -> None:
    unknown = interlock("new", tmp_path / "mine", "--from", "refnud")
    assert unknown.code == 2 and "there is no example `refnud`" in unknown.err
    assert "did you mean `refund`?" in unknown.err and not (tmp_path / "mine").exists()
    both = interlock("new", tmp_path / "mine", "--from", "refund", "--mcp", "server")
    assert both.code == 2 and "`--from` and `--mcp` both say what to start from" in both.err
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    assert "is not an empty folder" in interlock("new", tmp_path / "full", "--from", "refund").err
