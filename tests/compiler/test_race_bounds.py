"""What a race comes to at most: its timer ends it, calls under way are waited for, and what loses is undone."""

from compiler.test_bounds import MINUTE, of

TOOLS = """
tool b.hold(n: int) -> { n: int } { needs b.write  effect write  timeout 20s  cost 0.10 usd  undo b.free(n: result.n) }
tool b.free(n: int) { needs b.write  effect write  timeout 30s  cost 0.01 usd }
agent slow { model "m"  tokens 100  cost 0.05 usd }
"""


def race(merge: str, timer: str = ", pause", step: str = 'think by slow { task "t"  returns { ok: bool } }') -> str:
    return f"""{TOOLS} workflow w(n: int) {{
      step hold calls b.hold(n: n)
      step {step}
      step other calls b.hold(n: n)
      {"step pause waits for 10m" if timer else ""}
      end done
      start -> hold, other{timer} grant b.write
      hold -> think pass n
      think, other{timer} -> done merge {merge}
    }}"""


def test_a_timer_bounds_a_race_in_which_a_branch_has_no_bound() -> None:
    assert of(race("any")).worst.time is None
    assert of(race("first", timer="")).worst.time is None
    found = of(race("first"))
    assert found.worst.time == 10 * MINUTE + (20 + 2 * 30) * 1_000_000, "a call comes back, and two are undone"


def test_the_calls_that_undo_are_counted() -> None:
    kept, raced = of(race("any")), of(race("first"))
    assert (kept.worst.calls, raced.worst.calls) == (2, 4)
    assert (kept.worst.cost, raced.worst.cost) == (250_000, 270_000)
    assert kept.worst.steps == raced.worst.steps == 4


def test_branches_that_may_fail_leave_the_race_to_its_timer() -> None:
    text = race("first", step="think calls b.hold(n: n)").replace("think pass n", "think grant b.write")
    assert of(text).worst.time == 10 * MINUTE + 3 * 30 * 1_000_000
