from pathlib import Path

import pytest

from cli.terminal import interlock


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new project, and the current folder."""
    monkeypatch.chdir(tmp_path)
    assert interlock("new", "desk").code == 0
    monkeypatch.chdir(tmp_path / "desk")
    return tmp_path / "desk"
