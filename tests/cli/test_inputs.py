import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock_cli.errors import CommandError
from interlock_cli.inputs import run_input
from interlock_cli.prompts import ask, understood
from interlock_dsl.cel.types import BOOL, Field, IntType, ListType, RecordType, StringType

REQUEST = RecordType(
    "Request",
    {
        "order_id": Field(StringType(max=40)),
        "amount": Field(IntType(0, 1_000_000)),
        "tags": Field(ListType(StringType()), optional=True),
    },
)
ONE = RecordType("", {"request": Field(REQUEST)})
TWO = RecordType("", {"request": Field(REQUEST), "urgent": Field(BOOL)})


def test_fields_of_the_only_parameter_need_no_name() -> None:
    expected = {"request": {"order_id": "007", "amount": 25_000}}
    assert run_input(["order_id=007", "amount=25_000"], ONE) == expected
    assert run_input(["request.order_id=007", "request.amount=25000"], ONE) == expected
    assert run_input(['{"order_id": "007", "amount": 25000}'], ONE) == expected
    assert run_input([json.dumps(expected)], ONE) == expected


def test_text_stays_text_and_everything_else_is_read_as_json() -> None:
    given = run_input(["request.order_id=12", "urgent=true", 'request.tags=["a"]'], TWO)
    assert given == {"request": {"order_id": "12", "tags": ["a"]}, "urgent": True}


def test_later_inputs_go_over_earlier_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in.json").write_text('{"request": {"order_id": "A1", "amount": 1}}')
    (tmp_path / "in.yaml").write_text("request:\n  order_id: A2\n")
    monkeypatch.chdir(tmp_path)
    assert run_input(["@in.json", "amount=2"], ONE) == {"request": {"order_id": "A1", "amount": 2}}
    assert run_input(["@in.yaml"], ONE) == {"request": {"order_id": "A2"}}
    monkeypatch.setattr("sys.stdin", io.StringIO('{"order_id": "A3"}'))
    assert run_input(["-"], ONE) == {"request": {"order_id": "A3"}}


@given(st.dictionaries(st.sampled_from(["order_id", "amount"]), st.text(max_size=9) | st.integers(-(2**63), 2**63)))
def test_a_whole_object_is_taken_as_it_is(fields: dict[str, object]) -> None:
    assert run_input([json.dumps({"request": fields})], ONE) == {"request": fields}


@pytest.mark.parametrize(
    ("given", "message", "help"),
    [
        (["hello"], "`hello` is no input", "write `field=value`"),
        (["{oops"], "`--input` is not valid JSON: ", "quote it for the shell"),
        (["@gone.json"], "cannot read `gone.json`: no such file or directory", ""),
        (["orderid=A1"], "the input has no `request.orderid`", "did you mean `order_id`?"),
        (["request.order_id.x=1"], "`request.order_id` has no fields", "string"),
    ],
)
def test_an_input_that_cannot_be_read_is_explained(given: list[str], message: str, help: str) -> None:
    with pytest.raises(CommandError) as caught:
        run_input(given, ONE)
    assert message in caught.value.message
    assert help in caught.value.help


def test_questions_are_asked_again_until_the_answer_fits(capsys: pytest.CaptureFixture[str]) -> None:
    record = RecordType(
        "",
        {
            "approve": Field(BOOL),
            "risk": Field(StringType(("low", "medium", "high"))),
            "amount": Field(IntType(1, 9_000)),
            "note": Field(StringType(), optional=True),
        },
    )
    typed = iter(["maybe", "y", "none", "m", "0", "4_200", ""])
    assert ask(record, reader=lambda: next(typed)) == {"approve": True, "risk": "medium", "amount": 4200}
    assert next(typed, None) is None


def test_the_beginning_of_a_choice_is_enough_unless_two_begin_so() -> None:
    choices = StringType(("approve", "approve all", "reject"))
    assert understood(choices, "r") == "reject"
    assert understood(choices, "app") == "app"
    assert understood(choices, "approve") == "approve"
