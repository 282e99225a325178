from pathlib import Path

import pytest

from cli.stories import POST, POST_TOOLS, SURVEY, TICKET
from cli.terminal import interlock, run_id


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new project, and the current folder."""
    monkeypatch.chdir(tmp_path)
    assert interlock("new", "desk").code == 0
    monkeypatch.chdir(tmp_path / "desk")
    return tmp_path / "desk"


@pytest.fixture
def waiting(desk: Path) -> str:
    """A run of the desk that waits for a lead."""
    ran = interlock("run", *TICKET, "--as", "ada")
    assert ran.code == 0
    return run_id(ran)


@pytest.fixture
def asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run that waits for a person's answer."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "survey.ilk").write_text(SURVEY)
    return run_id(interlock("run", "survey.ilk", "--input", "topic=lamps"))


@pytest.fixture
def post(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose call needs the approval of two people, and the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "post.ilk").write_text(POST)
    (tmp_path / "tools.py").write_text(POST_TOOLS)
    (tmp_path / "answers.yaml").write_text("read: {answers: {text: hello}}\n")
    return tmp_path
