"""Every quantity that a file can say is more than zero and fits 64 bits; both ends are tried at each."""

import re

import pytest

from interlock_dsl import check_text

WHOLE = """
tool t(n: int in 0..9) {
  effect write  needs s.x  idempotent by n
  timeout <duration: the timeout>  retry <count: the number of retries> times
  backoff <duration: the first wait>..<longest: the longest wait>
  cost <free: the cost>
}
agent clerk {
  model "small"  may s.x
  tokens <count: the number of tokens>  turns <count: the number of turns>  cost <money: the cost>
  timeout <duration: the timeout>
}
role boss { reach "x" }
workflow w(n: int in 0..9) {
  budget {
    steps <steps: the number of steps>  tool_calls <count: the number of tool calls>
    tokens <count: the number of tokens>  cost <money: the cost>  time <duration: the time>
  }
  step one by clerk { task "t"  returns { k: bool } }
  step ask asks boss { question "?"  returns { k: bool }  within <duration: the deadline> }
  step come waits for event "e" within <duration: the deadline>
  step rest waits for <duration: the time>
  step act calls t(n: n)
  end done
  start -> one
  one -> act when one.k grant s.x
    after approval by <count: the number of people> of boss within <duration: the deadline>
  one -> ask otherwise
  ask -> done when ask.k
  ask -> one otherwise at most <count: the number of times> times, then -> done
  act -> come
  come -> rest
  come -> done on expiry
  rest -> done
  never t where args.n > 3 before approval by <count: the number of people> of boss
  ends within <steps: the number of steps> steps
  ends within <duration: the time>
  cost <= <free: the cost>
}
policy p {
  permit t when args.n > 4
  require approval by boss within <duration: the deadline> for t when args.n > 5
  limit t to <count: the number of calls> per <duration: the period> for each run
}
"""
MOST = 2**63 - 1
HOURS = MOST // 1_000 // 3_600_000_000
"""A duration is held in nanoseconds."""
MONEY = MOST // 1_000_000
USUAL = {"count": "2", "steps": "9", "duration": "2h", "longest": "3h", "money": "2.00 usd", "free": "0.50 usd"}
ZERO = {"count": "0", "steps": "0", "duration": "0h", "longest": "0h", "money": "0.00 usd", "free": "0.00 usd"}
TOP = {
    "count": str(MOST), "steps": str(MOST), "duration": f"{HOURS}h", "longest": f"{HOURS}h",
    "money": f"{MONEY}.00 usd", "free": f"{MONEY}.00 usd",
}  # fmt: skip
BEYOND = {
    "count": str(MOST + 1), "steps": str(MOST + 1), "duration": f"{HOURS + 1}h", "longest": f"{HOURS + 1}h",
    "money": f"{MONEY + 1}.00 usd", "free": f"{MONEY + 1}.00 usd",
}  # fmt: skip


def places() -> list[tuple[int, int, str, str]]:
    """Return where each quantity stands in the text, its kind, and what a message calls it."""
    return [(*each.span(), each[1], each[2]) for each in re.finditer(r"<(\w+): ([\w ]+)>", WHOLE)]


def written(which: int | None, values: dict[str, str]) -> str:
    """Return the text with the usual quantities, and others at one place."""
    text, last = "", 0
    for number, (start, end, kind, _) in enumerate(places()):
        text += WHOLE[last:start] + (values if number == which else USUAL)[kind]
        last = end
    return text + WHOLE[last:]


def found(which: int | None, values: dict[str, str]) -> list[tuple[str, str]]:
    return [(each.code, each.message) for each in check_text(written(which, values))[1]]


def test_the_text_is_right() -> None:
    assert len(places()) == 27
    assert found(None, USUAL) == []


@pytest.mark.parametrize(
    ("which", "kind", "what"), [(n, kind, what) for n, (_, _, kind, what) in enumerate(places())], ids=str
)
def test_a_quantity_has_two_ends(which: int, kind: str, what: str) -> None:
    positive = ("limit-out-of-range", f"{what} must be more than zero")
    order = ("limit-out-of-range", "the longest wait is shorter than the first")
    assert set(found(which, ZERO)) - {order} == (set() if kind == "free" else {positive})
    assert found(which, TOP) == ([order] if what == "the first wait" else [])
    codes = [code for code, _ in found(which, BEYOND) if (code, _) != order]
    assert codes == [{"money": "bad-money", "free": "bad-money", "count": "integer-out-of-range",
                      "steps": "integer-out-of-range"}.get(kind, "non-finite-limit")]  # fmt: skip


def test_what_takes_more_than_the_budget_has_is_refused() -> None:
    chain = """
tool t() { effect read  cost 0.25 usd }
workflow w(n: int in 0..9) {
  budget { %s }
  step a calls t()
  step b calls t()
  end done
  start -> a
  a -> b
  b -> done
}
"""
    for budget, least in (
        ("steps 1", "2"), ("steps 2", ""), ("tool_calls 1", "2"), ("tool_calls 2", ""),
        ("cost 0.49 usd", "0.5"), ("cost 0.000001 usd", "0.5"), ("cost 0.50 usd", ""),
    ):  # fmt: skip
        infeasible = [each for each in check_text(chain % budget)[1] if each.code == "infeasible-budget"]
        assert bool(infeasible) is bool(least), (budget, infeasible)
