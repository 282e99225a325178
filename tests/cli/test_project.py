from pathlib import Path

import pytest

from interlock_cli.errors import CommandError
from interlock_cli.project import find
from interlock_cli.sources import units

ILK = "role someone\n"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("PROJECT", "JOURNAL", "TOOLS", "ANSWERS"):
        monkeypatch.delenv(f"INTERLOCK_{name}", raising=False)
    monkeypatch.chdir(tmp_path)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def names(targets: list[str]) -> list[str]:
    return [" ".join(unit.entries) for unit in units(targets)]


def test_settings_are_found_upwards(tmp_path: Path) -> None:
    write(tmp_path / "desk.ilk", ILK)
    settings = write(
        tmp_path / "interlock.toml", 'files = ["desk.ilk"]\ntools = "t.py"\n[models]\nsmall = "openai:x"\n'
    )
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    project = find(deep)
    assert project.settings == settings
    assert project.root == tmp_path
    assert project.files == (tmp_path / "desk.ilk",)
    assert project.tools == tmp_path / "t.py"
    assert project.journal == tmp_path / ".interlock/journal.sqlite"
    assert project.models == {"small": "openai:x"}


def test_a_table_in_pyproject_is_as_good(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", '[tool.interlock]\njournal = "j.sqlite"\n')
    assert find(tmp_path).journal == tmp_path / "j.sqlite"


def test_a_pyproject_without_our_table_is_passed_by(tmp_path: Path) -> None:
    write(tmp_path / "interlock.toml", 'journal = "outer.sqlite"\n')
    write(tmp_path / "inner" / "pyproject.toml", "[tool.ruff]\n# nothing for tool.interlock here\n")
    assert find(tmp_path / "inner").journal == tmp_path / "outer.sqlite"


def test_files_of_the_usual_name_are_taken_where_nothing_is_set(tmp_path: Path) -> None:
    write(tmp_path / "tools.py", "")
    project = find(tmp_path)
    assert project.tools == tmp_path / "tools.py"
    assert project.answers is None


def test_the_environment_beats_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "interlock.toml", 'journal = "j.sqlite"\n')
    monkeypatch.setenv("INTERLOCK_JOURNAL", "other.sqlite")
    assert find(tmp_path).journal == tmp_path / "other.sqlite"
    monkeypatch.setenv("INTERLOCK_PROJECT", "nowhere")
    with pytest.raises(CommandError, match="there is no folder `nowhere`"):
        find()


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        ("file = []", "sets `file`, which is not a setting", "did you mean `files`?"),
        ("files = 3", "sets `files` to `3`, where a list of texts was expected", 'write `files = ["refund.ilk"]`'),
        ("tools = []", "sets `tools` to a list, where a text was expected", 'write `tools = "tools.py"`'),
        ("models = []", "where a table of texts was expected", "write `[models]`"),
        ("[models]\nsmall = 3", "sets `models.small` to `3`, where `models` is a table of texts", "write `[models]`"),
        ('files = ["gone.ilk"]', "names `gone.ilk`, which does not exist", "relative to that file's folder"),
        ("files = [", "is not valid TOML: ", ""),
    ],
)
def test_a_wrong_setting_is_refused_and_explained(tmp_path: Path, text: str, message: str, help: str) -> None:
    write(tmp_path / "interlock.toml", text)
    with pytest.raises(CommandError) as caught:
        find(tmp_path)
    assert message in caught.value.message
    assert help in caught.value.help


def test_listed_files_are_one_program_and_others_are_their_own(tmp_path: Path) -> None:
    for name in ("desk/a.ilk", "desk/b.ilk", "desk/spare.ilk", "lone/c.ilk"):
        write(tmp_path / name, ILK)
    write(tmp_path / "desk" / "interlock.toml", 'files = ["a.ilk", "b.ilk"]')
    assert names(["."]) == ["desk/a.ilk desk/b.ilk", "desk/spare.ilk", "lone/c.ilk"]
    assert names(["desk/b.ilk", "lone/c.ilk"]) == ["desk/a.ilk desk/b.ilk", "lone/c.ilk"]


def test_hidden_folders_and_installed_packages_are_not_searched(tmp_path: Path) -> None:
    for name in (".venv/x.ilk", "node_modules/y.ilk", "site-packages/z.ilk", "real.ilk"):
        write(tmp_path / name, ILK)
    assert names(["."]) == ["real.ilk"]


@pytest.mark.parametrize(
    ("targets", "message", "help"),
    [
        (["desk.ikl"], "there is no file or folder `desk.ikl`", "did you mean `desk.ilk`?"),
        (["notes.txt"], "`notes.txt` is not an .ilk file", "folder that holds some"),
        (["empty"], "there is no .ilk file in `empty`", "`interlock new NAME`"),
        (["latin.ilk"], "`latin.ilk` is not UTF-8 text (byte 2)", "save it as UTF-8"),
        (["-", "desk.ilk"], "standard input (`-`) cannot be mixed with files", "either"),
    ],
)
def test_what_cannot_be_read_is_said_clearly(tmp_path: Path, targets: list[str], message: str, help: str) -> None:
    write(tmp_path / "desk.ilk", ILK)
    write(tmp_path / "notes.txt", "")
    (tmp_path / "empty").mkdir()
    (tmp_path / "latin.ilk").write_bytes(b"//\xe9")
    with pytest.raises(CommandError) as caught:
        units(targets)
    assert caught.value.message == message
    assert help in caught.value.help


def test_a_file_that_another_uses_is_a_part_of_that_one(tmp_path: Path) -> None:
    write(tmp_path / "types.ilk", ILK)
    write(tmp_path / "desk" / "a.ilk", 'use "../types.ilk"\n')
    write(tmp_path / "desk" / "b.ilk", '// use "a.ilk"\nuse "c.ilk"\n')
    write(tmp_path / "desk" / "c.ilk", 'use "b.ilk"\n')
    assert names(["."]) == ["desk/a.ilk", "desk/c.ilk"]
    assert names(["types.ilk"]) == ["types.ilk"]
