"""Clauses of two versions that say how much: bounds, deadlines, attempts, and what is done where something has failed.

A bound that moved up permits more, one that moved down less. None is no bound, and permits the most.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from interlock_dsl.analysis.diff.difference import Difference, Direction
from interlock_dsl.analysis.facts import ToolFacts
from interlock_dsl.analysis.knowledge.quantities import duration_words, money_words
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.model import Agent
from interlock_dsl.syntax.tree import AgentDecl, Breaker, Duration, FanOut, Merge, Money, Rate, Retry, ToolDecl


def bound(
    subject: str, does: str, amounts: Iterable[int | None], said: Callable[[int], str], span: Span, unbounded: str = ""
) -> Iterator[Difference]:
    """Yield that an upper bound has moved: what it is of (`does`), and both amounts, each as `said` writes it."""
    old, new = amounts
    if old == new:
        return
    now, before = (unbounded if each is None else f"at most {said(each)}" for each in (new, old))
    yield Difference(_direction(old, new), subject, f"{does} {now}, not {before}", span)


def deadline(subject: str, does: str, old: Duration | None, new: Duration | None, span: Span) -> Iterator[Difference]:
    """Yield that a deadline has moved."""
    times = [None if each is None else each.micros for each in (old, new)]
    yield from bound(subject, does, times, duration_words, span, "any time")


def of_tool(old: ToolFacts, new: ToolFacts, subject: str) -> Iterator[Difference]:
    """Yield in what the timeout, the attempts, the price and the fallback of a tool differ."""
    before, now, span = old.decl, new.decl, new.span
    assert before is not None and now is not None
    yield from deadline(subject, "an attempt may take", before.timeout, now.timeout, span)
    yield from _attempts(before.retry, now.retry, subject, span)
    if _micros(before.cost) != _micros(now.cost):
        text = f"a call costs {_price(now.cost)}, not {_price(before.cost)}"
        yield Difference(Direction.CHANGES, subject, text, span)
    yield from _rates(before.rate, now.rate, subject, span)
    yield from _breakers(before.breaker, now.breaker, subject, span)
    yield from _fallbacks(before, now, subject, span)


def of_agent(old: AgentDecl, new: AgentDecl, subject: str) -> Iterator[Difference]:
    """Yield in what the limits, the attempts and the fallback of an agent differ."""
    span, usual = new.span, Agent(new.name.text, new.span)
    tokens = [usual.tokens if each.tokens is None else each.tokens for each in (old, new)]
    yield from bound(subject, "an attempt may use", tokens, lambda count: f"{count:_} tokens", span)
    turns = [usual.turns if each.turns is None else each.turns for each in (old, new)]
    yield from bound(subject, "an attempt may take", turns, lambda count: f"{count:_} turn{_s(count)}", span)
    currency = next((each.cost.currency for each in (new, old) if each.cost is not None), "")
    costs = [_micros(each.cost) or None for each in (old, new)]
    price = partial(money_words, currency=currency)
    yield from bound(subject, "an attempt may cost", costs, price, span, "any amount")
    yield from deadline(subject, "an attempt may take", old.timeout, new.timeout, span)
    yield from _attempts(old.retry, new.retry, subject, span)
    if old.fallback != new.fallback:
        asked = f'asks the model "{new.fallback or old.fallback}" once all attempts have failed'
        if old.fallback and new.fallback:
            yield Difference(Direction.CHANGES, subject, f'{asked}, not "{old.fallback}"', span)
        else:
            yield _gained(subject, asked, span, there=bool(new.fallback))


def rows(old: FanOut | None, new: FanOut | None, subject: str, span: Span) -> Iterator[Difference]:
    """Yield what the fan-outs of a step differ in; what their lists come to is not compared."""
    if old is None or new is None:
        if old is not new:
            text = "is taken for each row of a list" if old is None else "is taken once"
            yield Difference(Direction.CHANGES, subject, text, span)
        return
    yield from bound(subject, "has", (old.max, new.max), lambda count: f"{count:_} row{_s(count)}", span)
    widths = (old.width, new.width)
    yield from bound(
        subject, "works on", widths, lambda count: f"{count:_} row{_s(count)} at once", span, "all rows at once"
    )
    before, now = _needed(old.merge), _needed(new.merge)
    if before != now:
        text = f"needs {_rows_needed(now)}, not {_rows_needed(before)}"
        yield Difference(_direction(now, before), subject, text, span)
    if old.collects != new.collects:
        yield _gained(subject, "goes on where rows have failed", span, there=new.collects)
    if old.row.text != new.row.text:
        text = f"calls a row `{new.row.text}`, not `{old.row.text}`"
        yield Difference(Direction.CHANGES, subject, text, span)
    if old.list != new.list:
        yield Difference(Direction.CHANGES, subject, "is taken for the rows of another list", span)


def _direction(old: int | None, new: int | None) -> Direction:
    """Return what an upper bound does that moved from `old` to `new`."""
    more = new is None or (old is not None and new > old)
    return Direction.PERMITS if more else Direction.REFUSES


def _gained(subject: str, does: str, span: Span, *, there: bool) -> Difference:
    """Return that something is done that was not, or the reverse; `does` says what, in the third person."""
    return Difference(
        Direction.PERMITS if there else Direction.REFUSES, subject, does if there else f"no longer {does}", span
    )


def _attempts(old: Retry | None, new: Retry | None, subject: str, span: Span) -> Iterator[Difference]:
    times = [1 if each is None else each.times + 1 for each in (old, new)]
    yield from bound(subject, "has", times, lambda count: f"{count} attempt{_s(count)}", span)
    if old is not None and new is not None and _waits(old) != _waits(new):
        yield Difference(Direction.CHANGES, subject, "waits for another time between attempts", span)


def _rates(old: Rate | None, new: Rate | None, subject: str, span: Span) -> Iterator[Difference]:
    if (old and (old.most, old.period.micros)) == (new and (new.most, new.period.micros)):
        return
    before, now = _rate(old), _rate(new)
    text = f"attempts are made {now}, not {before}"
    if old is None or new is None:
        yield Difference(Direction.PERMITS if new is None else Direction.REFUSES, subject, text, span)
        return
    # How many attempts each lets through in the period of the other.
    if new.most * -(-old.period.micros // new.period.micros) > old.most:
        yield Difference(Direction.PERMITS, subject, text, span)
    if old.most * -(-new.period.micros // old.period.micros) > new.most:
        yield Difference(Direction.REFUSES, subject, text, span)


def _rate(rate: Rate | None) -> str:
    return "at any rate" if rate is None else f"at most {rate.most:_} times per {duration_words(rate.period.micros)}"


def _breakers(old: Breaker | None, new: Breaker | None, subject: str, span: Span) -> Iterator[Difference]:
    one, other = _breaker(old), _breaker(new)
    if one == other:
        return
    if one is None or other is None or old is None or new is None:
        there = new or old
        assert there is not None
        text = f"no attempt is made {_opens(there)}" if one is None else f"attempts are made {_opens(there)}"
        yield Difference(Direction.REFUSES if one is None else Direction.PERMITS, subject, text, span)
        return
    # Open later, or for less time, is more attempts.
    ways = {now > before for before, now in zip(one, other, strict=True) if now != before}
    way = Direction.CHANGES if len(ways) > 1 else Direction.PERMITS if True in ways else Direction.REFUSES
    yield Difference(way, subject, f"no attempt is made {_opens(new)}; it was {_opens(old)}", span)


def _breaker(breaker: Breaker | None) -> tuple[int, int, int] | None:
    """Return what a breaker says, each so that more of it is more attempts."""
    return None if breaker is None else (breaker.failures, -breaker.within.micros, -breaker.pause.micros)


def _opens(breaker: Breaker) -> str:
    within, pause = duration_words(breaker.within.micros), duration_words(breaker.pause.micros)
    return f"for {pause} after {breaker.failures} failure{_s(breaker.failures)} within {within}"


def _fallbacks(old: ToolDecl, new: ToolDecl, subject: str, span: Span) -> Iterator[Difference]:
    before, now = old.fallback, new.fallback
    there = now or before
    if before == now or there is None:
        return
    calls = f"calls `{there.tool}` where it has failed"
    if before is None or now is None:
        yield _gained(subject, calls, span, there=now is not None)
    elif before.tool != now.tool:
        yield Difference(Direction.CHANGES, subject, f"{calls}, not `{before.tool}`", span)
    else:
        yield Difference(Direction.CHANGES, subject, f"{calls}, with other arguments", span)


def _needed(merge: Merge | None) -> int | None:
    return None if merge is None else merge.count


def _rows_needed(count: int | None) -> str:
    return "all rows" if count is None else f"{count} row{_s(count)}"


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _micros(cost: Money | None) -> int:
    return 0 if cost is None else cost.micros


def _price(cost: Money | None) -> str:
    return "nothing" if cost is None else money_words(cost.micros, cost.currency)


def _waits(retry: Retry) -> tuple[int, int]:
    first, most = (0 if each is None else each.micros for each in (retry.first, retry.most))
    return first, max(first, most)
