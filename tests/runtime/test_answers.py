import asyncio

import pytest

from interlock import Answers, InvalidInput, MemoryJournal, RunReport, Runtime
from interlock_dsl.compiler.compile import compile_text
from runtime.desk import REQUEST, Desk, refund_program, script

PROGRAM = refund_program()


def run_with(answers: dict[str, object]) -> RunReport:
    runtime = Runtime(MemoryJournal(), PROGRAM, tools=Desk().toolbox(), models=Answers(answers))
    return asyncio.run(runtime.run(PROGRAM, "refund", REQUEST))


def test_a_script_plays_models() -> None:
    assert run_with(script()).output == {"amount": 4_200, "receipt": "R-A1-4200"}


def test_several_calls_in_a_turn() -> None:
    answers = script()
    answers["assess"] = [
        {"calls": [{"orders.get": {"order_id": "A1"}}, {"orders.get": {"order_id": "A2"}}]},
        {"answers": {"amount": 1, "reason": ""}},
    ]
    assert run_with(answers).end == "refunded"


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ({"classify": None}, "the script has no answers for the step `classify`"),
        ({"assess": [{"calls": {"orders.get": {"order_id": "A1"}}}]}, "the script has 1 turn for the step `assess`"),
        ({"classify": {"fails": "overloaded"}}, "overloaded"),
    ],
)
def test_a_script_that_is_missing_or_exhausted_fails_the_turn(steps: dict[str, object], said: str) -> None:
    answers = {name: turns for name, turns in {**script(), **steps}.items() if turns is not None}
    report = run_with(answers)
    assert report.status == "failed" and said in report.reason


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"clasify": {"answers": {}}}, "`clasify`: the workflow `refund` has no such step; did you mean `classify`?"),
        ({"zzz": {"answers": {}}}, "`zzz`: the workflow `refund` has no such step; its steps are classify, assess"),
        ({"pay": {"answers": {}}}, "`pay`: neither a model nor a person answers at this step"),
    ],
)
def test_a_step_that_is_not_there_is_refused_before_the_run(answers: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        run_with(answers)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ([], "a script: expected a mapping, got a list"),
        ({"classify": "billing"}, "`classify`, turn 1: expected a mapping, got `billing`"),
        ({"classify": None}, "`classify`, turn 1: expected a mapping, got nothing"),
        ({"classify": {}}, "`classify`, turn 1: expected one of `answers`"),
        ({"classify": [{"answers": {}}, {"answer": {}}]}, "`classify`, turn 2: expected one of"),
        ({"classify": {"answers": {}, "calls": {}}}, "got answers, calls"),
        ({"classify": {"calls": {"a": {}}, "by": "maria"}}, "got calls, by"),
        ({"classify": {"calls": {}}}, "`calls` names no tool"),
        ({"classify": {"calls": ["orders.get"]}}, "`classify`, turn 1, calls: expected a mapping, got `orders.get`"),
        ({"classify": {"fails": 5}}, "`classify`, turn 1, fails: expected text, got `5`"),
        ({"classify": {"answers": {"at": {1, 2}}}}, "`classify`, turn 1: answers.at: a set is not a JSON value"),
        ({"classify": {"answers": {}, "by": ""}}, "`classify`, turn 1, by: expected text"),
    ],
)
def test_a_script_of_another_form_is_refused_with_its_place(script: object, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Answers(script)  # type: ignore[arg-type]
    assert said in str(refused.value)


def test_answers_for_other_workflows_of_the_program_are_not_used() -> None:
    workflow = """workflow NAME(n: int) {
      step look_NAME by a { task "?"  returns { v: int } }
      end done
      start -> look_NAME  pass n
      look_NAME -> done
    }
    """
    program = compile_text('agent a { model "m" }\n' + workflow.replace("NAME", "w") + workflow.replace("NAME", "x"))
    said = {"look_w": {"answers": {"v": 1}}, "look_x": {"answers": {"v": 2}}}
    for name in program.workflows:
        Answers(said).prepare(program, name)
    with pytest.raises(InvalidInput, match="`look_y`: the workflow `x` has no such step"):
        Answers({**said, "look_y": {"answers": {}}}).prepare(program, "x")
