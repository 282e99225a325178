"""Bundles on the command line: written by `compile`, taken by the verbs, refused when damaged."""

import shutil
from pathlib import Path

import pytest

from cli.terminal import interlock
from interlock_cli.exit_codes import ExitCode

REFUND = Path(__file__).parents[2] / "examples" / "refund" / "refund.ilk"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(REFUND, tmp_path)
    monkeypatch.chdir(tmp_path)
    assert interlock("compile", "refund.ilk", "-o", "refund.ilkb").code == ExitCode.CLEAN
    return tmp_path


@pytest.mark.parametrize("verb", ["check", "graph", "test"])
def test_a_verb_does_with_a_bundle_what_it_does_with_its_files(folder: Path, verb: str) -> None:
    ours, theirs = interlock(verb, "refund.ilkb"), interlock(verb, "refund.ilk")
    assert ours.code == theirs.code == ExitCode.CLEAN
    if verb == "graph":
        assert ours.out == theirs.out


def test_a_damaged_bundle_is_refused(folder: Path) -> None:
    path = folder / "refund.ilkb"
    path.write_bytes(path.read_bytes().replace(b"refunds.void", b"refunds.vold"))
    ran = interlock("graph", "refund.ilkb")
    assert ran.code == ExitCode.ERROR
    assert "`refund.ilkb` cannot be used: it is damaged" in ran.err and "interlock compile" in ran.err


def test_what_cannot_be_compiled_writes_nothing(folder: Path) -> None:
    (folder / "bad.ilk").write_text("tool")
    assert interlock("compile", "bad.ilk", "-o", "bad.ilkb").code == ExitCode.FINDINGS
    assert interlock("compile", "refund.ilk", "-o", "refund.txt").code == ExitCode.ERROR
    assert interlock("compile", "refund.ilkb", "-o", "again.ilkb").code == ExitCode.ERROR
    assert sorted(each.name for each in folder.iterdir()) == ["bad.ilk", "refund.ilk", "refund.ilkb"]


def test_fmt_takes_no_bundle(folder: Path) -> None:
    ran = interlock("fmt", "refund.ilkb")
    assert ran.code == ExitCode.ERROR and "is not an .ilk file" in ran.err
