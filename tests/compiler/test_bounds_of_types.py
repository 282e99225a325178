"""A type that narrows another holds nothing that the other does not, whatever bounds either has."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock_dsl import check_text
from interlock_dsl.compiler.compile import compile_text

MOST = 10_000
"""The longest `max` of a text, a list or a map that the test tries."""
number = st.integers(-4, 4)
ranges = st.tuples(number, number).filter(lambda ends: ends[0] <= ends[1])


def codes(text: str) -> list[str]:
    return [found.code for found in check_text(text)[1] if found.severity.value == "error"]


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(["int", "double"]), st.none() | ranges, ranges)
def test_a_narrower_range_lies_within(kind: str, outer: tuple[int, int] | None, inner: tuple[int, int]) -> None:
    def written(ends: tuple[int, int]) -> str:
        return " in {}..{}".format(*(f"{end}.0" if kind == "double" else end for end in ends))

    found = codes(f"type A = {kind}{'' if outer is None else written(outer)}\ntype B = A{written(inner)}\n")
    assert bool(found) is (outer is not None and not outer[0] <= inner[0] <= inner[1] <= outer[1]), found


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["string", "list<int>", "map<string, int>"]), st.none() | st.integers(1, 5), st.integers(1, 5))
def test_a_shorter_most_lies_within(kind: str, outer: int | None, inner: int) -> None:
    most = "" if outer is None else f" max {outer}"
    found = codes(f"type A = {kind}{most}\ntype B = A max {inner}\n")
    assert bool(found) is (outer is not None and inner > outer), found


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("type A = int in -9223372036854775808..9223372036854775807", True),
        ("type A = int in -9223372036854775809..0", False),
        ("type A = int in 0..9223372036854775808", False),
        ("type A = double in -1.7e308..1.7e308", True),
        ("type A = double in 0..9_007_199_254_740_993", True),
        ("type A = double in 0.0..1.0e309", False),
        ("type A = int in 0..5.0", False),
        ("type A = int in 5..5", True),
        ("type A = int in 6..5", False),
        ("type A = string max 1", True),
        ("type A = string max 0", False),
        ('type A = enum("x")', True),
        ('type A = enum("x", "x")', False),
    ],
)
def test_bounds_end_where_they_say(text: str, holds: bool) -> None:
    assert (codes(text) == []) is holds


JOIN = """
tool t() {{ effect read }}
workflow w(n: int in 0..9) {{
  step a calls t()
  step b calls t()
  step c calls t()
  step d calls t()
  step e calls t()
  end done
  start -> a, b
  a -> c when n > 3
  a -> d otherwise
  {join} -> e merge all
  e -> done
}}
"""


@pytest.mark.parametrize(
    ("join", "said"),
    [("b, c, d", "`c` and `d` never run at once"), ("c, b, d", "`c` and `d` never run at once")],
)
def test_those_that_never_run_at_once_are_named(join: str, said: str) -> None:
    found = check_text(JOIN.format(join=join))[1]
    assert [said in each.message for each in found if each.code == "join-never-satisfied"] == [True], found


NEVER_SHOWN = """
tool both.do() {{ needs a.x, a.y  effect read }}
agent clerk {{ model "small"  may a.x, a.y }}
workflow w(n: int in 0..9) {{
  step find by clerk {{ task "t"  tools both.do  returns {{ k: bool }} }}
  step more by clerk {{ task "t"  returns {{ k: bool }} }}
  end done
  start -> find {first}
  find -> more when n > 3
  find -> done otherwise
  more -> find at most 2 times {second}
}}
"""


@pytest.mark.parametrize(
    ("first", "second", "lacking"),
    [
        ("grant a.x", "grant a.y", "`a.x` and `a.y`"),
        ("grant a.x", "grant a.x", "`a.y`"),
        ("", "grant a.x", "`a.y`"),
        ("", "", "`a.x` and `a.y`"),
        ("grant a.x, a.y", "", ""),
    ],
)
def test_a_tool_that_no_route_shows_lacks_what_all_of_them_lack(first: str, second: str, lacking: str) -> None:
    found = [
        each for each in check_text(NEVER_SHOWN.format(first=first, second=second))[1] if "never shown" in each.message
    ]
    assert [each.message.endswith(f"it needs {lacking}") for each in found] == ([True] if lacking else []), found


@pytest.mark.parametrize("type", ["{ a: int ?? b: string }", "{ a: int, ?? }", "int in 0..5 ??", 'enum("a" ?? "b")'])
def test_what_a_damaged_type_would_have_said_is_not_reported(type: str) -> None:
    """A type whose declaration could not be read may be any: nothing is said of how it is used."""
    rest = 'tool t(n: N) { effect read }\npolicy p {\n  forbid t when args.n == "x"\n}\n'
    assert codes(f"type N = {type}\n{rest}") == ["syntax-error"]
    assert codes(f"type N = int in 0..5\n{rest}") == ["type-mismatch"]
    assert "type-mismatch" in codes(f"type N = int in 0..5\n{rest}tool u( ?? ) {{}}\n"), "that is damaged elsewhere"


def test_a_program_of_bounds_is_right() -> None:
    assert compile_text(f"type A = string max {MOST}\ntype B = A max {MOST - 1}\ntype C = B max 1\n")
