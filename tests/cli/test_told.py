"""What `show` tells of people, breakers, fallbacks, joins and stops, and the commands it says to type."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.terminal import interlock, run_id

FALLBACK = """
tool s.get(n: int) -> { v: int } { needs s.read
  effect read  timeout 5s  breaker opens after 1 failures within 5m for 2m  fallback t.get(n: n)
}
tool t.get(n: int) -> { v: int } { needs s.read  effect read  rate 5 per 1h }
workflow w(n: int) {
  step get calls s.get(n: n)
  end got { v: get.v }
  start -> get  grant s.read
  get -> got
}
"""
STOP = """
tool s.put(n: int) -> { v: int } { needs s.write  effect write  idempotent by n }
workflow w(n: int) {
  step put calls s.put(n: n)
  end done { v: put.v }
  start -> put  grant s.write
  put -> done
}
"""
PEOPLE = """
role boss { reach "b" }
workflow w(n: int) {
  step ask asks boss { question "?"  returns { ok: bool } }
  step news waits for event "news"
  end done
  start -> ask  pass n
  ask -> news
  news -> done
}
"""
MODELS = """
tool g.look(n: int) -> { v: int } { needs g.read  effect read  retry 1 times backoff 1s }
agent a { model "large"  fallback "small"  may g.read }
workflow w(n: int) {
  step draft by a { task "look"  tools g.look  returns { v: int } }
  end done { v: draft.v }
  start -> draft  grant g.read  pass n
  draft -> done
}
test "t" {
  given n 1
  tool g.look fails "down"
  tool g.look returns { v: 7 }
  agent draft calls g.look { n: 1 }
  agent draft fails "busy"
  agent draft answers { v: 7 }
  expect never calls g.look
}
"""
JOIN = """
tool n.get(n: int) -> { v: int } { needs n.read  effect read }
tool s.get(n: int) -> { v: int } { needs n.read  effect read }
role boss { reach "b" }
workflow w(n: int) {
  step north calls n.get(n: n)
  step south calls s.get(n: n)
  step settle asks boss { question "?"  returns { v: int } }
  step found sets { v: north.v }
  end done { v: found.v }
  start -> north, south  grant n.read
  north, south -> found  merge all reconcile by settle when north.v != south.v
  settle -> found
  found -> done
}
test "t" { given n 1 expect visits settle }
"""
BROKEN = """
from interlock import Toolbox, ToolError
toolbox = Toolbox()

@toolbox.tool("s.get")
def get(n: int) -> dict[str, object]:
    raise ToolError("down")

@toolbox.tool("t.get")
def other(n: int) -> dict[str, object]:
    return {"v": n}
"""
KILLED = """
import os
from pathlib import Path
from interlock import Toolbox
toolbox = Toolbox()

@toolbox.tool("s.put")
def put(n: int) -> dict[str, object]:
    if not Path("seen").exists():
        Path("seen").write_text("x")
        os.kill(os.getpid(), 9)
    return {"v": 5}
"""


def prepare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, tools: str = "") -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.ilk").write_text(text)
    (tmp_path / "tools.py").write_text(tools or "from interlock import Toolbox\ntoolbox = Toolbox()\n")


RUN = ("run", "p.ilk", "--tools", "tools.py", "--input", "n=1")


def test_a_breaker_that_withholds_a_call_is_told_where_a_fallback_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(tmp_path, monkeypatch, FALLBACK, BROKEN)
    assert interlock(*RUN).err == ""
    assert "by its breaker" not in interlock("show").out
    interlock(*RUN)
    assert "s.get is not called, by its breaker" in interlock("show").out
    said = interlock("ledger").out
    assert "s.get: its breaker is open, since" in said
    assert "t.get" in said and "2 of 5" in said


def test_a_run_that_was_killed_tells_that_it_was_taken_up_and_what_was_called_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(tmp_path, monkeypatch, STOP, KILLED)
    killed = subprocess.run([sys.executable, "-m", "interlock_cli", *RUN], env={**os.environ}, capture_output=True)
    assert killed.returncode == -9
    assert interlock("resume", "--tools", "tools.py").code == 0
    told = interlock("show").out
    assert "taken up again after it had stopped" in told
    assert "s.put(n: 1)  is called again: nobody knew whether it had happened" in told


def test_it_is_told_who_answered_and_who_signalled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(tmp_path, monkeypatch, PEOPLE)
    interlock(*RUN)
    interlock("signal", "last", "news", "--as", "early")
    interlock("answer", "last", "--as", "dr1", "--value", "ok=true")
    told = interlock("show").steady
    assert "\u2713 { ok: true }  by dr1 (boss)" in told
    assert "takes news  by early" in told


def test_commands_name_the_journal_that_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(tmp_path, monkeypatch, PEOPLE)
    other = ("--journal", "m2.db")
    run = run_id(interlock(*RUN, *other))
    assert f"interlock answer {run} --as NAME --role boss --journal m2.db" in interlock("show", run, *other).out
    wrong = interlock("approve", run, "--as", "bob", *other)
    assert f"interlock answer {run} p1 --as NAME --role boss --journal m2.db" in wrong.err
    wrong = interlock("answer", run, "aks", "--as", "bob", *other)
    assert "did you mean `ask`? it waits for `p1` at ask" in wrong.err
    answered = interlock("answer", run, "--as", "dr1", "--value", "ok=true", *other)
    assert f"interlock signal {run} news DATA --journal m2.db" in answered.out
    wrong = interlock("approve", run, "--as", "bob", *other)
    assert f"news waits for the event `news`: `interlock signal {run} news DATA --journal m2.db`" in wrong.err
    over = interlock("signal", run, "news", *other)
    assert f"interlock show {run} --journal m2.db" in over.out
    late = interlock("signal", run, "news", *other)
    assert f"interlock show {run} --journal m2.db" in late.err
    none = interlock("explain", f"{run}/9/9", *other)
    assert f"interlock show {run} --format json --journal m2.db" in none.err


def test_another_model_is_told_of_where_the_model_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(tmp_path, monkeypatch, MODELS)
    told = interlock("test", "p.ilk").steady.splitlines()
    (tool,) = [line for line in told if "down" in line]
    (model,) = [line for line in told if "busy" in line]
    assert "again in" in tool
    assert model.endswith("now by small")


def test_no_otherwise_is_told_that_nobody_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(tmp_path, monkeypatch, JOIN)
    told = interlock("test", "p.ilk").out
    assert "found" in told and "otherwise" not in told
