"""A run that another version recorded, whose entries mean something else: told, verified, cancelled, and no more."""

import json
import shutil
from pathlib import Path

import pytest

from cli.terminal import ROOT, Ran, interlock

GOLDEN = sorted((ROOT / "tests" / "journal" / "golden").glob("*-other-meaning.db"))
TOOLS = """
from interlock import Toolbox
toolbox = Toolbox()

@toolbox.tool("stock.count")
async def count(sku: str) -> dict[str, object]:
    raise AssertionError("nothing is repeated")

@toolbox.tool("stock.take")
async def take(sku: str, n: int) -> dict[str, object]:
    raise AssertionError("nothing is repeated")

@toolbox.tool("stock.put")
async def put(id: str) -> None:
    print("put back", id)
"""


@pytest.fixture(params=GOLDEN, ids=lambda path: path.stem)
def old(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "interlock.toml").write_text('journal = "old.db"\ntools = "tools.py"\n')
    (tmp_path / "tools.py").write_text(TOOLS)
    return Path(shutil.copy(request.param, tmp_path / "old.db"))


def test_it_is_shown_and_marked(old: Path) -> None:
    shown = interlock("show", "halfway")
    assert (shown.code, "recorded by another version" in shown.out) == (0, True)
    assert "stock.take(sku:" in shown.out and "decided otherwise" not in shown.out
    told = json.loads(interlock("show", "halfway", "--format", "json").out)
    assert (told["meaning_kept"], told["reproduced"]) == (False, False)


def test_it_is_verified(old: Path) -> None:
    assert interlock("verify").code == 0


def test_it_is_not_replayed(old: Path) -> None:
    for args in (("replay", "halfway"), ("replay", "--all")):
        replayed = interlock(*args)
        assert replayed.code == 3
        assert "halfway  run halfway was recorded by an older version" in replayed.steady
        assert "nothing differs" not in replayed.out
    (told,) = json.loads(interlock("replay", "halfway", "--format", "json").out)
    assert told["result"] == "unknown"


def test_it_is_not_resumed_nor_answered(old: Path) -> None:
    for args in (("resume", "halfway"), ("answer", "halfway", "ok=true", "--as", "maria", "--role", "manager")):
        refused: Ran = interlock(*args)
        assert refused.code == 2
        assert "it can be shown and verified here, not replayed or resumed" in refused.err
        assert "`cancel` it" in refused.err


def test_it_is_cancelled_and_undone(old: Path) -> None:
    cancelled = interlock("cancel", "halfway", "--as", "maria", "--reason", "a new version")
    assert (cancelled.code, "put back T-LAMP-1" in cancelled.err) == (0, True)
    assert "cancelled" in cancelled.out
    assert interlock("verify").code == 0
    assert "recorded by another version" in interlock("show", "halfway").out
