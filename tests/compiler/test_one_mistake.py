"""A mistake in the shape of a workflow is said once: what follows from it is not reported beside it."""

import pytest

from interlock_dsl import check_text

WORKFLOW = """
tool t() {{ effect read }}
workflow w(n: int in 0..9) {{
  step a calls t()
  step b calls t()
  step c calls t()
  end done
{routes}
}}
"""
NO_START = "no route leaves `start`"
TWO_BACK = "a route back leads to one step"


@pytest.mark.parametrize(
    ("routes", "said"),
    [
        ("", [NO_START]),
        ("  a -> b\n  b -> c", [NO_START]),
        ("  a -> b\n  b -> a\n  c -> done", [NO_START, "goes back to `a` without a bound"]),
        (
            "  start -> a\n  a -> a, done on failure at most 2 times\n  a -> b\n  b -> c\n  c -> done",
            ["`done` is an end", TWO_BACK],
        ),
        (
            "  start -> a\n  a -> b at most 2 times, then -> done\n  b -> c\n  c -> done",
            ["nothing leads from `b` back to `a`"],
        ),
    ],
)
def test_one_mistake_is_said_once(routes: str, said: list[str]) -> None:
    found = [each.message for each in check_text(WORKFLOW.format(routes=routes))[1]]
    assert len(found) == len(said) and all(part in each for part, each in zip(said, found, strict=True)), found


JOINED = """
tool t() { effect read }
workflow w(n: int in 0..9) {
  step a calls t()
  step b calls t()
  end done
  start -> a, b
  a, b -> done merge %s
}
"""


@pytest.mark.parametrize(
    ("merge", "said"),
    [
        ("all", ""), ("any", ""), ("1 of 2", ""), ("2 of 2", ""), ("0 of 2", "0"), ("3 of 2", "3"), ("1 of 3", "2"),
        ("3 of 3", "2"),
    ],
)  # fmt: skip
def test_a_join_waits_for_some_of_its_sources(merge: str, said: str) -> None:
    found = [each for each in check_text(JOINED % merge)[1] if each.severity.value == "error"]
    assert [said in each.message for each in found] == ([True] if said else []), found


def test_what_no_route_leads_to_may_read_what_it_likes() -> None:
    """That a step is unreachable is said, and not what it could not read if it were reached."""
    text = """
tool t() -> { k: int } { effect read }
tool u(k: int) { effect read }
workflow w(n: int in 0..9) {
  step a calls t()
  step far calls u(k: a.k + b.k)
  step b calls t()
  end done
  start -> b
  b -> done
  a -> done
  far -> done
}
"""
    assert [(each.code, "`far`" in each.message or "`a`" in each.message) for each in check_text(text)[1]] == [
        ("unreachable-step", True),
        ("unreachable-step", True),
    ]


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("", "", ["`a.x` and `a.y`"]),
        ("grant a.x", "", ["`a.y`"]),
        ("grant a.x, a.y", "grant a.x", ["`a.y`"]),
        ("grant a.x, a.y", "grant a.y, a.x", []),
    ],
)
def test_scopes_that_no_route_brings_are_missing_once(first: str, second: str, said: list[str]) -> None:
    text = f"""
tool t() {{ effect read }}
tool u() {{ needs a.x, a.y  effect read }}
workflow w(n: int in 0..9) {{
  step a calls t()
  step b calls u()
  end done
  start -> a
  a -> b when n > 3 {first}
  a -> b otherwise {second}
  b -> done
}}
"""
    found = [each.message for each in check_text(text)[1] if each.code == "missing-scope"]
    assert len(found) == len(said) and all(part in each for part, each in zip(said, found, strict=True)), found


def test_a_rule_is_about_the_tools_it_names_and_not_about_those_that_begin_like_them() -> None:
    text = """
tool a.read(n: int in 0..9) { effect read }
tool a.real(n: string max 5) { effect read }
tool a.reading(n: string max 5) { effect read }
tool b.read(n: string max 5) { effect read }
policy p {
  forbid %s when args.n == "x"
}
"""
    assert [each.code for each in check_text(text % "a.read")[1]] == ["type-mismatch"]
    assert check_text(text % "a.*")[1] == ()


@pytest.mark.parametrize(("parameter", "holds"), [("n?: int", False), ("n: int", True), ("n?: { k: int }", True)])
def test_an_optional_parameter_has_fields_to_ask_for(parameter: str, holds: bool) -> None:
    text = f"workflow w({parameter}) {{ step a sets {{ k: 1 }}  end done  start -> a  a -> done }}"
    found = [each.message for each in check_text(text)[1] if each.severity.value == "error"]
    assert found == ([] if holds else ["the parameter `n` cannot be optional"])
