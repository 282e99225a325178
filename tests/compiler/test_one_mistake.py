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
