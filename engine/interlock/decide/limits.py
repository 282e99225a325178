"""What a `limit` has to say to one call: that it denies it, what the call takes of it, or nothing.

A limit for each run is judged by the history. Of any other no history knows how much is used, so the call is allowed
only as far as the claims go that it comes with: whoever keeps the ledger has to grant them first.

# INVARIANT: an amount that is missing, negative or no whole number, and a key that has no value, deny.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from interlock.decide.conditions import Condition
from interlock.decide.decision import Claim, Reason
from interlock.decide.history import History, PastCall
from interlock.decide.request import Request
from interlock_dsl.cel import EvaluationError
from interlock_dsl.cel.meter import Meter
from interlock_dsl.cel.values import UInt
from interlock_dsl.program.limits import Limit, LimitKey
from interlock_dsl.program.model import Rule
from interlock_dsl.schema.canonical import canonical, written

if TYPE_CHECKING:
    from interlock_dsl.cel import CompiledExpression

Tier: TypeAlias = "Callable[[CompiledExpression | None], Condition | None]"

_SIZES: Final = {"d": 86_400_000_000, "h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "ms": 1_000}


class _NoValue(Exception):
    """Something a limit counts by has no value; the text says what and why."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A limit with what it is judged by: the `tools` it counts together, for calls of agents that `agent` is about.

    A `conditional` one counts only the calls for which its condition held, or had no value.
    """

    rule: str
    limit: Limit
    tools: tuple[str, ...]
    agent: str | None
    conditional: bool
    amount: Condition | None
    keys: tuple[tuple[LimitKey, Condition | None], ...]

    @property
    def calls_of_a_run(self) -> bool:
        """Whether it only counts calls, within each run by itself."""
        return self.limit.per == "run" and self.amount is None

    @property
    def counts_in_runs(self) -> bool:
        """Whether what it counts for has to be kept with each call of a run."""
        return self.limit.per == "run" and self.conditional

    def reached(self, history: History) -> bool:
        """Whether a history has as many calls as a limit on their number allows."""
        period = self.limit.period
        if self.conditional:
            return len(self._past(history)) >= self.limit.most
        if self.agent is None:
            count = 0
            for tool in self.tools:
                count += history.within(tool, period)
            return count >= self.limit.most
        return sum(history.within_by(tool, period, self.agent) for tool in self.tools) >= self.limit.most

    def judge(self, reason: Reason, request: Request, meter: Meter) -> Reason | Claim | None:
        """Return what a call that the limit applies to takes of it, or why it is denied (`reason`); None if neither."""
        if request.undo:
            return self._forced(request, meter)
        if self.calls_of_a_run:
            return reason if self.reached(request.history) else None
        try:
            amount = 1 if self.amount is None else _amount(self.amount, request.bindings, meter)
            if self.limit.per == "run":
                return reason if amount + self._used(request.history) > self.limit.most else None
            key = self._key(request, meter)
        except _NoValue as problem:
            return replace(reason, text=f"{reason.text} ({problem})")
        most = self.limit.most
        return reason if amount > most else Claim(self.limit.identity, self.rule, key, amount, most, self.limit.period)

    @property
    def beyond_runs(self) -> bool:
        """Whether it holds beyond one run, so that a call makes a claim on it."""
        return self.limit.per != "run"

    @property
    def weight(self) -> int:
        """What `claim` costs at most."""
        read = (self.limit.amount, *[key.expression for key in self.limit.keys])
        return sum([each.weight for each in read if each is not None])

    def claim(self, bindings: Mapping[str, object]) -> Claim:
        """Return what an allowed call takes that the limit applies to; raise anything where it may be denied instead.

        It costs no more than the weight of what is evaluated, and where it returns, `judge` returns the same.
        """
        limit = self.limit
        amount = 1 if limit.amount is None else limit.amount.light(bindings)
        if type(amount) is not int or not 0 <= amount <= limit.most:
            raise _NoValue
        keys = written([_light_key(key, bindings) for key in limit.keys])
        if not keys.isascii():
            keys.encode()  # half a surrogate pair has no form in JSON
        return Claim(limit.identity, self.rule, keys, amount, limit.most, limit.period)

    def _forced(self, request: Request, meter: Meter) -> Claim | None:
        """Return what an undo takes of a limit beyond the run, as far as that has a value."""
        if self.limit.per == "run":
            return None
        try:
            amount = 1 if self.amount is None else _amount(self.amount, request.bindings, meter)
            key = self._key(request, meter)
        except _NoValue:
            return None
        return Claim(self.limit.identity, self.rule, key, amount, self.limit.most, self.limit.period)

    def _key(self, request: Request, meter: Meter) -> str:
        return canonical([_key(key, asked, request, meter) for key, asked in self.keys]).decode()

    def _used(self, history: History) -> int:
        """Return the sum of what the calls of the period took. What had no amount was not limited, and took nothing."""
        return sum([self._taken(call) for call in self._past(history)])

    def _past(self, history: History) -> list[PastCall]:
        """Return the calls of the period that count."""
        past = [call for tool in self.tools for call in history.since(tool, self.limit.period, self.agent)]
        if not self.conditional:
            return past
        return [call for call in past if call.counts is None or self.limit.identity in call.counts]

    def _taken(self, call: PastCall) -> int:
        """Return what a past call took, which is worked out once."""
        if call.amounts is None:
            call.amounts = {}
        found = call.amounts.get(self.limit.identity)
        if found is None:
            assert self.amount is not None
            if call.args is None:
                raise _NoValue("an earlier call was recorded without its arguments")
            try:
                found = _amount(self.amount, {"args": call.args}, Meter())
            except _NoValue:
                found = 0
            call.amounts[self.limit.identity] = found
        return found


def counted(rule: Rule, limit: Limit, tools: Sequence[str], tier: Tier) -> Counted:
    """Return a limit ready to be asked; its expressions are evaluated in a tier."""
    keys = tuple((key, tier(key.expression)) for key in limit.keys)
    conditional = rule.when is not None or rule.unless is not None
    return Counted(rule.id, limit, tuple(tools), rule.agent, conditional, tier(limit.amount), keys)


def reason_text(rule: Rule) -> str:
    """Return what a limit says to those whom it stops."""
    return rule.because or ("" if rule.limit is None else _says(rule.id, rule.limit))


def _amount(asked: Condition, bindings: Mapping[str, object], meter: Meter) -> int:
    try:
        value = asked(bindings, meter)
    except EvaluationError as error:
        raise _NoValue(f"its amount has no value: {error}") from None
    if type(value) is not int:
        raise _NoValue("its amount is no whole number")
    if value < 0:
        raise _NoValue("its amount is negative")
    return value


def _key(key: LimitKey, asked: Condition | None, request: Request, meter: Meter) -> str | int:
    if key.kind == "principal":
        if not request.principal.name:
            raise _NoValue("it counts for each principal, and there is none")
        return request.principal.name
    if key.kind == "agent" or asked is None:
        return request.agent
    try:
        value = asked(request.bindings, meter)
    except EvaluationError as error:
        raise _NoValue(f"whose it is has no value: {error}") from None
    if isinstance(value, UInt):
        return int(value)
    if isinstance(value, str | int):
        return value
    raise _NoValue("whose it is is neither text nor a whole number nor a truth value")


def _light_key(key: LimitKey, bindings: Mapping[str, object]) -> str | int:
    if key.kind == "principal":
        principal = bindings["principal"]
        name = principal["name"] if isinstance(principal, dict) else ""
        if not name:
            raise _NoValue
        return str(name)
    value = bindings["agent"] if key.kind == "agent" or key.expression is None else key.expression.light(bindings)
    if isinstance(value, UInt):
        return int(value)
    if isinstance(value, str | int):
        return value
    raise _NoValue


def _says(id: str, limit: Limit) -> str:
    what = f"{limit.most} in all" if limit.amount is not None else _times(limit.most)
    return f"`{id}` allows {what} in {_length(limit.period)}{_whose(limit)}"


def _whose(limit: Limit) -> str:
    match limit.per:
        case "run":
            return ""
        case "overall":
            return " overall"
        case "each":
            return f" for each {', '.join(_key_text(key) for key in limit.keys)}"


def _key_text(key: LimitKey) -> str:
    return key.kind if key.expression is None else key.expression.expression.span.text


def _times(count: int) -> str:
    return "one call" if count == 1 else f"{count} calls"


def _length(micros: int) -> str:
    """Write a length of time in the largest unit that it is a multiple of."""
    return next((f"{micros // size}{unit}" for unit, size in _SIZES.items() if micros % size == 0), f"{micros}us")
