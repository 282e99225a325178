"""`use` reads regular files of bounded size inside the project, and nothing else."""

import os
from pathlib import Path

import pytest

from cli.terminal import interlock
from interlock_cli import text_files

SECRET = 'role secret_role { reach "s" }\n'


@pytest.fixture
def inner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in another one that holds a file it must not see."""
    (tmp_path / "outside.ilk").write_text(SECRET)
    folder = tmp_path / "project"
    (folder / "deep").mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


def using(path: str, at: Path) -> None:
    at.write_text(f'use "{path}"\n\nrole here {{ reach "h" }}\n')


def reads(file: str, typed: str = "") -> bool:
    ran = interlock("check", file, typed=typed)
    return ran.code != 2 and "error[missing-file]" not in ran.err


@pytest.mark.parametrize("path", ["../outside.ilk", "deep/../../outside.ilk", "link.ilk", "linked/outside.ilk"])
def test_use_does_not_leave_the_folder_of_its_file(inner: Path, path: str) -> None:
    (inner / "link.ilk").symlink_to(inner.parent / "outside.ilk")
    (inner / "linked").symlink_to(inner.parent)
    using(path, inner / "main.ilk")
    ran = interlock("check", "main.ilk")
    assert ran.code == 1
    assert "error[missing-file]: cannot read" in ran.err and "outside of the project" in ran.err
    assert "main.ilk:1:1" in ran.err and "secret_role" not in ran.err


def test_a_folder_is_not_left_by_its_links(inner: Path) -> None:
    (inner / "deep" / "link.ilk").symlink_to(inner.parent / "outside.ilk")
    for arguments in (["check"], ["check", "."], ["test", "deep"], ["fmt", "."], ["compile", "-o", "x.ilkb"]):
        ran = interlock(*arguments)
        assert ran.code == 2, ran
        assert "is a link that leads out of" in ran.err and "secret_role" not in ran.err
    assert "the role `secret_role` is used nowhere" in interlock("check", "deep/link.ilk").err  # it is read


@pytest.mark.parametrize("name", ["../outside.ilk", "link.ilk"])
def test_settings_name_files_inside_their_folder(inner: Path, name: str) -> None:
    (inner / "link.ilk").symlink_to(inner.parent / "outside.ilk")
    (inner / "interlock.toml").write_text(f'files = ["{name}"]\n')
    ran = interlock("check")
    assert ran.code == 2 and "which is outside of its folder" in ran.err and "secret_role" not in ran.err


def test_use_may_go_up_inside_the_project(inner: Path) -> None:
    (inner / "common.ilk").write_text(SECRET)
    using("../common.ilk", inner / "deep" / "main.ilk")
    assert not reads("deep/main.ilk")
    (inner / "interlock.toml").write_text("")
    assert reads("deep/main.ilk")
    (inner / "interlock.toml").unlink()
    (inner / "pyproject.toml").write_text("[tool.interlock]\n")
    assert reads("deep/main.ilk")
    using("../../outside.ilk", inner / "deep" / "main.ilk")
    assert not reads("deep/main.ilk")


def test_use_of_what_is_no_regular_file(inner: Path) -> None:
    os.mkfifo(inner / "pipe.ilk")
    (inner / "folder.ilk").mkdir()
    (inner / "cycle.ilk").symlink_to("cycle.ilk")
    (inner / "null.ilk").symlink_to("/dev/null")
    for name, said in (
        ("pipe.ilk", "it is not a regular file"),
        ("folder.ilk", "it is a folder"),
        ("cycle.ilk", "its path leads nowhere"),
        ("null.ilk", "outside of the project"),
    ):
        using(name, inner / "main.ilk")
        ran = interlock("check", "main.ilk")
        assert ran.code == 1 and said in ran.err, ran


def test_use_of_a_file_that_is_too_large(inner: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (inner / "large.ilk").write_text("// " + "x" * text_files.MOST_SOURCE)
    using("large.ilk", inner / "main.ilk")
    ran = interlock("check", "main.ilk")
    assert ran.code == 1 and "it is larger than 4,194,304 bytes" in ran.err
    assert "`large.ilk`: it is larger than" in interlock("check", "large.ilk").err


def test_standard_input_stays_in_its_folder(inner: Path) -> None:
    assert not reads("-", 'use "../outside.ilk"\n')
    (inner / "common.ilk").write_text(SECRET)
    assert reads("-", 'use "common.ilk"\n')
