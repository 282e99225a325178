"""Which rows of a table a step's output comes from is on record."""

import pytest

from interlock.run.protocol.notes import StepDone
from run.world import World

TABLE = """
table size(n: int in 0..9) -> {{ word: string max 9 }} {{
  hit {hit}
  when 0..2 then "few"
  when 2..5 then "some"
  otherwise then "many"
}}
workflow w(n: int in 0..9) {{
  goal "look it up"
  step look decides size(n: n)
  end done
  start -> look
  look -> done
}}
"""


@pytest.mark.parametrize(
    ("hit", "n", "rows"),
    [("first", 0, [4]), ("first", 2, [4]), ("first", 4, [5]), ("first", 9, [6]), ("collect", 2, [4, 5])],
)
def test_a_step_says_which_rows_matched(hit: str, n: int, rows: list[int]) -> None:
    world = World(TABLE.format(hit=hit), {"n": n})
    (done,) = world.of(StepDone)
    assert done.rows == ", ".join(f"<text>:{row}" for row in rows)
