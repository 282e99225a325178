"""Runs with workflows inside, from the shell: scripted by path, told by path, drawn folded."""

from pathlib import Path

import pytest

from cli.terminal import interlock, run_id

PEOPLE = """\
agent clerk { model "small" }
role boss { reach "boss" }
"""
CHECK = """
workflow check(order: string) {
  step read by clerk { task "rate it"  returns { rating: int in 0..5 } }
  step ask asks boss { question "is that right?"  returns { ok: bool } }
  end rated { rating: ask.ok ? read.rating : 0 }

  start -> read
    pass order
  read -> ask
    when read.rating > 3
    pass read.rating
  read -> ask
    otherwise
  ask -> rated
}
"""
DESK = (
    PEOPLE
    + """
workflow desk(order: string) {
  step look runs check(order: order)
  step again runs check(order: order + "-b")
  end done { first: look.rating, second: again.rating }

  start -> look
  look -> again
  again -> done
}
"""
    + CHECK
)
ANSWERS = """\
look/read: { answers: { rating: 4 } }
again/read: { answers: { rating: 2 } }
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("desk.ilk").write_text(DESK)
    Path("answers.yaml").write_text(ANSWERS)


def test_steps_inside_are_answered_and_told_by_their_path() -> None:
    ran = interlock("run", "desk.ilk", "--workflow", "desk", "--input", "order=A1", "--answers", "answers.yaml")
    assert ran.code == 0, ran.err
    assert "look/ask" in ran.out
    ran_again = interlock("answer", run_id(ran), "--value", "ok=true", "--as", "bob", "--answers", "answers.yaml")
    assert ran_again.code == 0, ran_again.err
    last = interlock("answer", run_id(ran), "--value", "ok=false", "--as", "bob", "--answers", "answers.yaml")
    assert last.code == 0 and "done  { first: 4, second: 0 }" in last.out, last.out + last.err
    told = interlock("show", run_id(ran)).out
    for line in ("look/read", "clerk", "look/ask", "asks boss: is that right?", "again/read", "read.rating > 3"):
        assert line in told, told
    assert interlock("replay", run_id(ran)).code == 0


def test_answers_name_steps_that_are_there() -> None:
    Path("answers.yaml").write_text(ANSWERS.replace("again/read", "again/raed"))
    ran = interlock("run", "desk.ilk", "--workflow", "desk", "--input", "order=A1", "--answers", "answers.yaml")
    assert ran.code == 2 and "`again/raed`: the workflow `desk` has no such step" in ran.err


def test_models_inside_need_somebody_to_answer() -> None:
    Path("answers.yaml").unlink()
    ran = interlock("run", "desk.ilk", "--workflow", "desk", "--input", "order=A1")
    assert ran.code == 2 and "nothing answers for the models at `read`" in ran.err


ROWS = (
    PEOPLE
    + """
workflow desk(order: string) {
  step look runs check(order: each_order) for each each_order in [order, order + "-b"] max 2 within 2h
  end done { ratings: look.map(each, each.rating) }
  end late

  start -> look after approval by boss within 1h
  look -> done
  look -> late on timeout
}
"""
    + CHECK
)


def test_rows_of_workflows_are_approved_answered_and_told_by_their_path() -> None:
    Path("desk.ilk").write_text(ROWS)
    Path("answers.yaml").write_text(
        "look/read: { answers: { rating: 4 } }\n'look[1]/read': { answers: { rating: 2 } }\n"
    )
    ran = interlock("run", "desk.ilk", "--workflow", "desk", "--input", "order=A1", "--answers", "answers.yaml")
    assert ran.code == 0, ran.err
    assert 'check at look for each of 2: [{ order: "A1" }, { order: "A1-b" }]' in ran.out, ran.out
    run = run_id(ran)
    approved = interlock("approve", run, "--as", "bob", "--answers", "answers.yaml")
    assert approved.code == 0 and "look[0]/ask" in approved.out and "look[1]/ask" in approved.out, approved.out
    for step, ok in (("look[0]/ask", "true"), ("look[1]/ask", "true")):
        last = interlock("answer", run, step, "--value", f"ok={ok}", "--as", "bob", "--answers", "answers.yaml")
        assert last.code == 0, last.err
    assert "done  { ratings: [4, 2] }" in last.out, last.out
    told = interlock("show", run).out
    for line in ("for each each_order, at most 2", "look[0]/read", "look[1]/ask", "read.rating > 3"):
        assert line in told, told
    assert interlock("replay", run).code == 0


UNDONE = """\
tool keys.cut(name: string) { needs keys.write  effect write  idempotent by name  undo keys.melt(name: name) }
tool keys.melt(name: string) { needs keys.write  effect write  idempotent by "melt " + name }
tool doors.hang(name: string) { needs keys.write  effect write }

workflow house(name: string) {
  step door runs entry(name: name)
  end built
  end open { why: failure.message }
  start -> door grant keys.write
  door -> built
  door -> open on failure
}

workflow entry(name: string) {
  step key calls keys.cut(name: name)
  step door calls doors.hang(name: name)
  end done
  start -> key grant keys.write
  key -> door grant keys.write
  door -> done
}

test "nothing fits" of house {
  given name "a"
  tool doors.hang fails "too heavy"
  tool keys.melt fails "no fire"
  expect ends built
}
"""


def test_what_was_not_undone_is_told_where_it_failed_and_at_the_end() -> None:
    Path("desk.ilk").write_text(UNDONE)
    told = " ".join(interlock("test", "desk.ilk").out.split())
    assert '✗ not undone by keys.melt(name: "a") no fire' in told, told
    assert (
        "`entry` was given up: step `door` failed (failure): doors.hang failed: too heavy; not undone: keys.cut" in told
    )
    assert "not undone: keys.cut (keys.melt failed: no fire)" in told


@pytest.mark.parametrize(
    ("format", "drawn"),
    [
        ("mermaid", 'n_look((("look<br>runs check")))'),
        ("dot", '"look" [shape=box, style=rounded, peripheries=2, label="look\\nruns check"]'),
        ("svg", 'class="within"'),
        ("json", '"kind": "run"'),
    ],
)
def test_a_step_that_runs_a_workflow_is_drawn_folded_with_a_double_border(format: str, drawn: str) -> None:
    ran = interlock("graph", "desk.ilk", "--workflow", "desk", "--format", format)
    assert ran.code == 0 and drawn in ran.out, ran.out
    assert "rate it" not in ran.out


def test_the_workflow_that_no_other_runs_is_started_unless_one_is_named() -> None:
    assert "at look/ask" in interlock("run", "--input", "order=A1").out
    Path("answers.yaml").write_text("read: { answers: { rating: 4 } }\n")
    named = interlock("run", "--workflow", "check", "--input", "order=A1").out
    assert "at ask" in named and "look/ask" not in named
    another = "workflow other(order: string) {\n  end done\n  start -> done\n}\n"
    Path("desk.ilk").write_text(DESK + another)
    unclear = interlock("run", "--input", "order=A1")
    assert unclear.code == 2 and "there are 3 workflows" in unclear.err
