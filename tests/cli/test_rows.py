"""Runs with fan-outs, from the shell: scripted by row, approved as a list, told row by row."""

from pathlib import Path

import pytest

from cli.terminal import interlock, run_id

ROUND = """\
tool hosts.restart(id: string max 40) -> { up: bool } {
  needs hosts.write
  effect write
  idempotent by id
}

agent scout { model "small" }
role boss { reach "boss" }

workflow round(ids: list<string max 40> max 5) {
  step look by scout for each id in ids max 5 width 2 {
    task "is it well?"
    returns { id: string max 40  well: bool }
  }
  step restart calls hosts.restart(id: ill.id) for each ill in look.filter(seen, !seen.well) max 5
  end done { count: size(restart) }
  end kept

  start -> look
  look -> restart
    grant hosts.write
    after approval by boss within 1h
  restart -> done
  restart -> kept
    on denied
  restart -> kept
    on failure
}
"""
ANSWERS = """\
look: { answers: { id: "b", well: false } }
"look[0]": { answers: { id: "a", well: true } }
"""
TOOLS = """\
from interlock import Toolbox

toolbox = Toolbox()


@toolbox.tool("hosts.restart")
async def restart(id: str) -> dict[str, bool]:
    return {"up": True}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("round.ilk").write_text(ROUND)
    Path("answers.yaml").write_text(ANSWERS)
    Path("tools.py").write_text(TOOLS)


def test_rows_are_answered_approved_and_told() -> None:
    told = ("--answers", "answers.yaml", "--tools", "tools.py")
    ran = interlock("run", "round.ilk", "--input", 'ids=["a", "b"]', *told)
    assert ran.code == 0, ran.err
    assert 'hosts.restart at restart for each of 1: [{ id: "b" }]' in ran.out
    approved = interlock("approve", run_id(ran), "--as", "bob", "--role", "boss", *told)
    assert approved.code == 0 and "done  { count: 1 }" in approved.out, approved.out + approved.err
    shown = interlock("show", run_id(ran)).out
    for line in ("look[0]", "look[1]", "for each id, at most 5", 'hosts.restart(id: "b")', "steps 3"):
        assert line in shown, shown
    assert interlock("replay", run_id(ran)).code == 0


def test_a_picture_says_for_which_rows() -> None:
    assert "for each id, at most 5" in interlock("graph", "round.ilk").out
