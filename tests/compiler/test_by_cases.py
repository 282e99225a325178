"""Where every path has written one of several steps, they are read by cases without a last resort."""

import pytest

from interlock_dsl.compiler.compile import compile_text
from interlock_dsl.diagnostics import DiagnosticError

TEXT = """
role boss { reach "boss" }
workflow w(n: int in 0..10) {
  step even sets { c: n }
  step odd ODD
  step third sets { c: n + 1 }
  step after sets { v: VALUE }
  end done { v: after.v }
  end lost
  start -> even when n % 3 == 0
  start -> odd when n % 3 == 1
  start -> third otherwise
  even -> after
  odd -> after
  third -> NEXT
  EXTRA
  after -> done when n < 9
  after -> lost otherwise
}
"""


def codes(value: str, next: str = "lost", odd: str = "sets { c: n + 100 }", extra: str = "") -> set[str]:
    text = TEXT.replace("VALUE", value).replace("NEXT", next).replace("ODD", odd).replace("EXTRA", extra)
    try:
        compile_text(text)
    except DiagnosticError as error:
        return {diagnostic.code for diagnostic in error.diagnostics}
    return set()


ASKED = 'asks boss { question "?"  returns { c: int in 0..9  d?: int in 0..9 } }'


@pytest.mark.parametrize(
    "value",
    [
        "has(even.c) ? even.c : odd.c",
        "has(odd.c) ? odd.c : even.c",
        "!has(even.c) ? odd.c : even.c",
        "(has(even.c) || odd.c > 3) ? 1 : 2",
        "!has(even.c) && odd.c > 3 ? 1 : 2",
    ],
)
def test_one_of_two_is_there(value: str) -> None:
    assert codes(value) == set()
    assert codes(value, next="after") == {"unguarded-optional"}, "a third may have been written instead"


def test_one_of_three_is_there() -> None:
    value = "has(even.c) ? even.c : has(odd.c) ? odd.c : third.c"
    assert codes(value, next="after") == set()
    assert codes(value.replace("has(odd.c)", "has(odd.c) && n > 3"), next="after") == {"unguarded-optional"}


def test_a_field_that_may_lack_says_nothing_of_its_step() -> None:
    assert codes("has(odd.d) ? 1 : even.c", odd=ASKED) == {"unguarded-optional"}
    assert codes("has(odd.c) ? 1 : even.c", odd=ASKED) == set()


def test_a_step_that_failed_on_the_way_was_not_written() -> None:
    assert codes("has(even.c) ? even.c : odd.c", odd=ASKED, extra="odd -> after on failure") == {"unguarded-optional"}


JOIN = """
role boss { reach "boss" }
workflow w(n: int in 0..10) {
  step a asks boss { question "a?" returns { c: int in 0..10 } }
  step b asks boss { question "b?" returns { c: int in 0..10 } }
  step c asks boss { question "c?" returns { c: int in 0..10 } }
  step after sets { v: VALUE }
  end done { v: after.v }
  start -> a, b, c
  a, b, c -> after merge MERGE
  after -> done
}
"""


@pytest.mark.parametrize(
    ("merge", "value", "fits"),
    [
        ("any", "has(a.c) ? a.c : b.c", False),
        ("any", "has(a.c) ? a.c : has(b.c) ? b.c : c.c", True),
        ("2 of 3", "has(a.c) ? a.c : b.c + c.c", True),
        ("2 of 3", "has(a.c) ? b.c : 0", False),
    ],
)
def test_of_a_join_of_some_of_its_sources_enough_are_there(merge: str, value: str, fits: bool) -> None:
    try:
        compile_text(JOIN.replace("MERGE", merge).replace("VALUE", value))
    except DiagnosticError as error:
        assert not fits, error
        assert {diagnostic.code for diagnostic in error.diagnostics} == {"unguarded-optional"}
    else:
        assert fits


@pytest.mark.parametrize("value", ["even.?c", "[even.?c]", "optional.of(n)", "type(n)", '{"a": even.?c}'])
def test_what_has_no_form_in_json_is_not_kept(value: str) -> None:
    """A step or an end that keeps it failed whenever it ran."""
    assert codes(value) == {"type-mismatch"}
