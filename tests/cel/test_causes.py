"""Every evaluation error has a place and one cause of a closed list, or none where a checker would have found it."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from interlock_dsl.cel import INT, STRING, Cause, Environment, EvaluationError, Field, MapType, RecordType, cause_of

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "dsl" / "interlock_dsl").rglob("*.py"))
RAISED = re.compile(r'(?:Fault|LimitExceeded|_raising)\(\s*"([a-z-]+)"')
CHECKED_BEFORE = {"undefined-reference", "no-such-field", "function-failed"}
"""What a checker finds, or what a host does wrong: of a checked expression these are defects."""
ROW = re.compile(r"^\| ([a-z ]+) \| (`.*`) \|$", re.MULTILINE)

ENVIRONMENT = Environment(
    {
        "n": INT,
        "m": MapType(STRING, INT),
        "r": RecordType("R", {"f": Field(INT, optional=True)}),
        "c": RecordType("C", {"f": Field(INT)}),
    }
)
LACKING: Mapping[str, tuple[Cause, str]] = {
    "9223372036854775807 + n": (Cause.OVERFLOW, "+"),
    "1 / (n - n)": (Cause.ZERO, "/"),
    "1 % (n - n)": (Cause.ZERO, "%"),
    "[1][n]": (Cause.INDEX, "n"),
    "'abc'.substring(n, 99)": (Cause.INDEX, "substring"),
    "m['k']": (Cause.MISSING_KEY, "'k'"),
    "m.k": (Cause.MISSING_KEY, "k"),
    "int('x')": (Cause.CONVERSION, "int"),
    "uint(n - 9)": (Cause.CONVERSION, "uint"),
    "timestamp('9999-12-31T23:59:59Z') + duration('1s')": (Cause.TIME_RANGE, "+"),
    "'a'.matches('(')": (Cause.LIMIT, "matches"),
    "lists.range(1000000000)": (Cause.LIMIT, "range"),
    "optional.none().value()": (Cause.OUTSIDE_TYPE, "value"),
    "dyn(1) + 1.0": (Cause.OUTSIDE_TYPE, "+"),
    "c.f == 1": (Cause.NOT_SUPPLIED, "c"),
}


def raised() -> set[str]:
    """Return the codes of every error that an evaluation raises."""
    return {code for source in SOURCES for code in RAISED.findall(source.read_text("utf-8"))} | {"limit-exceeded"}


def test_every_code_has_a_cause_or_is_found_by_the_checker() -> None:
    assert raised() == CHECKED_BEFORE | {code for code in raised() if cause_of(code) is not None}
    assert raised() >= CHECKED_BEFORE and {cause_of(code) for code in CHECKED_BEFORE} == {None}
    assert {cause_of(code) for code in raised()} == {*Cause, None}


def test_the_page_lists_every_cause_with_its_codes() -> None:
    page = (ROOT / "docs" / "expressions.md").read_text("utf-8")
    listed = {
        cause: set(re.findall(r"`([a-z-]+)`", codes)) for cause, codes in ROW.findall(page) if cause in set(Cause)
    }
    assert listed == {cause: {code for code in raised() if cause_of(code) is cause} for cause in Cause}


@pytest.mark.parametrize(("text", "expected"), LACKING.items())
def test_an_error_carries_its_cause_and_its_place(text: str, expected: tuple[Cause, str]) -> None:
    with pytest.raises(EvaluationError) as error:
        ENVIRONMENT.compile(text).evaluate({"n": 3, "m": {}, "r": {}})
    assert (error.value.cause, error.value.span.text) == expected


@pytest.mark.parametrize(
    ("text", "code"), [("r.f", "no-such-field"), ("m.f", "no-such-key"), ("dyn(m).f", "no-such-key")]
)
def test_a_field_that_a_record_lacks_is_no_key_that_a_map_lacks(text: str, code: str) -> None:
    guarded = ENVIRONMENT.compile(f"has({text}) && {text} > 0")
    # A value that changes between two readings: what a guard saw is gone.
    with pytest.raises(EvaluationError) as error:
        guarded.interpreter.evaluate(Fickle(), 1_000)
    assert error.value.code == code
    assert (error.value.cause is None) is (code == "no-such-field")


class Fickle(dict[str, object]):
    """Bindings whose maps have a field once, and then no more."""

    def __init__(self) -> None:
        super().__init__()
        self._read = 0

    def __getitem__(self, name: str) -> object:
        self._read += 1
        return {"f": 1} if self._read == 1 else {}
