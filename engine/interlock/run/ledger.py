"""The ledger: what limits beyond one run have used, and what rates and breakers of tools let through.

What an answer comes to, and a ledger in memory. `interlock.run.breakers` says what rates and breakers come to.

For each limit and key there is an account. A window ends at the moment of a reservation, or at the account's latest
one if that is later: with the clocks of several processes, time does not run backwards in an account. What was taken
at or before the beginning of a window is outside it. A reservation takes from an account once, however many of its
claims are on it.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from interlock.decide.decision import Claim
from interlock.run.breakers import Breakers, BreakerState, Came, Judged, came_of, judged, rate_of
from interlock.run.protocol.commands import Admit, Cancel, Command, Release, Report, Reserve
from interlock.run.protocol.events import Admitted, Event, Exhausted, Reserved, Withheld

MOST: Final = 2**63 - 1
"""The largest amount, and the largest sum that is told; larger sums are compared all the same."""

Asked: TypeAlias = Reserve | Admit
"""What a run asks of the ledger."""

Settlement: TypeAlias = Reserved | Exhausted | Admitted | Withheld
"""The answer to it."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a reservation took of an account at a moment (microseconds since 1970, as the account counts time)."""

    reservation: str
    claim: Claim
    at: int


def settled(reserve: Reserve, at: int, standings: Sequence[int]) -> Reserved | Exhausted:
    """Return the answer to a `Reserve`: all of it or nothing. `standings` are what was used before, for each claim.

    A negative amount is refused.
    """
    told = tuple([min(used, MOST) for used in standings])
    over = [
        claim.limit
        for claim, used in zip(reserve.claims, standings, strict=True)
        if claim.amount < 0 or used + claim.amount > claim.most
    ]
    if over and not reserve.forced:
        return Exhausted(at, reserve.id, told, tuple(dict.fromkeys(over)))
    return Reserved(at, reserve.id, told)


def reservation_of(run: str, command: str) -> str:
    """Return the name under which the ledger holds what a command of a run reserved."""
    return f"{run}:{command}"


def releases_of(run: str, event: Event, commands: Sequence[Command]) -> tuple[str, ...]:
    """Return the reservations of a run that are given back with an event, as what was asked on it says.

    A reservation that was called off on the very event that grants it is one of them, as is an attempt that was let
    through then.
    """
    released: list[str] = []
    for command in commands:
        if isinstance(command, Release):
            released.append(command.reservation)
        elif (
            isinstance(command, Cancel) and isinstance(event, Reserved | Admitted) and command.command == event.command
        ):
            released.append(command.command)
    return tuple([reservation_of(run, command) for command in released]) if released else ()


def told_by(run: str, event: Event, commands: Sequence[Command]) -> tuple[tuple[str, ...], tuple[Came, ...]]:
    """Return what the ledger is told with an event: the reservations given back, and what came of attempts."""
    for command in commands:
        if command.__class__ in _TELLING:
            return releases_of(run, event, commands), came_of(run, event, commands)
    return (), ()


_TELLING: Final = frozenset({Release, Cancel, Report})
"""The commands of which the ledger is told."""


def taken(claims: Sequence[Claim]) -> dict[tuple[str, str], Claim]:
    """Return what is taken of each account (limit, key): the claim with the longest window, its amount within bounds.

    In the order of their names, in which a store locks accounts.
    """
    if len(claims) == 1 and 0 <= claims[0].amount <= MOST:
        return {(claims[0].limit, claims[0].key): claims[0]}
    found: dict[tuple[str, str], Claim] = {}
    for claim in claims:
        known = found.get((claim.limit, claim.key))
        amount = max(0 if known is None else known.amount, min(claim.amount, MOST), 0)
        longest = claim if known is None or claim.period > known.period else known
        found[claim.limit, claim.key] = Claim(
            longest.limit, longest.rule, longest.key, amount, longest.most, longest.period
        )
    return {account: found[account] for account in sorted(found)}


@dataclass(slots=True)
class _Account:
    """Parallel lists in order of time; `totals` are the sums of the amounts so far."""

    claim: Claim
    moments: list[int] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    amounts: list[int] = field(default_factory=list)
    reservations: list[str] = field(default_factory=list)

    def used(self, at: int, period: int) -> int:
        if not self.moments:
            return 0
        first = bisect_right(self.moments, max(at, self.moments[-1]) - period)
        return self.totals[-1] - self.totals[first] + self.amounts[first] if first < len(self.moments) else 0

    def room(self, at: int, period: int, count: int) -> int:
        """Return the moment from which on the first `count` amounts of a window are outside it."""
        first = bisect_right(self.moments, max(at, self.moments[-1]) - period)
        return self.moments[first + count - 1] + period

    def take(self, reservation: str, amount: int, at: int) -> None:
        self.moments.append(max(at, self.moments[-1]) if self.moments else at)
        self.totals.append((self.totals[-1] if self.totals else 0) + amount)
        self.amounts.append(amount)
        self.reservations.append(reservation)

    def give_back(self, reservation: str) -> None:
        place = self.reservations.index(reservation)
        amount = self.amounts[place]
        for parallel in (self.moments, self.totals, self.amounts, self.reservations):
            del parallel[place]
        for later in range(place, len(self.totals)):
            self.totals[later] -= amount

    def forget(self, before: int) -> int:
        old = bisect_right(self.moments, before)
        for parallel in (self.moments, self.totals, self.amounts, self.reservations):
            del parallel[:old]
        return old


class Ledger:
    """A ledger in memory. What is used of an account is found in logarithmic time."""

    def __init__(self) -> None:
        self._accounts: dict[tuple[str, str], _Account] = {}
        self._reservations: dict[str, tuple[tuple[str, str], ...]] = {}
        self.breakers = Breakers()

    def answer(self, run: str, asked: Asked, at: int) -> Settlement:
        """Answer what a run asks at a moment, and hold what is granted."""
        name = reservation_of(run, asked.id)
        if isinstance(asked, Reserve):
            found = settled(asked, at, self.standings(asked.claims, at))
            if isinstance(found, Reserved):
                self.reserve(name, asked.claims, at)
            return found
        reached = self.judge(asked, name, at)
        claim = rate_of(asked)
        if isinstance(reached.answer, Admitted) and claim is not None:
            self.reserve(name, (claim,), at)
        if reached.breaker is not None:
            self.breakers.keep(asked.tool, reached.breaker)
        return reached.answer

    def judge(self, admit: Admit, attempt: str, at: int) -> Judged:
        """Return the answer to an `Admit`, of which nothing is held yet."""
        claim = rate_of(admit)
        (used,) = (0,) if claim is None else self.standings((claim,), at)

        def room(count: int) -> int:
            assert claim is not None
            return self._accounts[claim.limit, claim.key].room(at, claim.period, count)

        return judged(admit, attempt, at, used, room, self.breakers.state(admit.tool))

    def take_back(self, run: str, answer: Settlement) -> None:
        """Hold nothing of what an answer granted: it could not be recorded."""
        name = reservation_of(run, answer.command)
        self.release(name)
        for tool, state in self.breakers.states.items():
            if state.trial == name:
                self.breakers.keep(tool, replace(state, trial="", lapses=0))
                break

    def settle(self, releases: Sequence[str], came: Sequence[Came] = ()) -> None:
        """Give back what is held, and tell breakers what came of attempts."""
        for reservation in releases:
            self.release(reservation)
        for each in came:
            self.breakers.tell(each)

    def standings(self, claims: Sequence[Claim], at: int) -> tuple[int, ...]:
        """Return what is used, for each claim, within its period."""
        accounts = [self._accounts.get((claim.limit, claim.key)) for claim in claims]
        pairs = zip(claims, accounts, strict=True)
        return tuple(0 if account is None else account.used(at, claim.period) for claim, account in pairs)

    def reserve(self, reservation: str, claims: Sequence[Claim], at: int) -> None:
        """Take what claims are on, and hold it under the name of a reservation, which is new."""
        wanted = taken(claims)
        for name, claim in wanted.items():
            account = self._accounts.setdefault(name, _Account(claim))
            if claim.period >= account.claim.period:
                account.claim = claim
            account.take(reservation, claim.amount, at)
        self._reservations[reservation] = tuple(wanted)

    def release(self, reservation: str) -> None:
        """Give back what is held under a name; nothing where nothing is."""
        for name in self._reservations.pop(reservation, ()):
            self._accounts[name].give_back(reservation)

    def held(self) -> Iterator[Held]:
        """Yield everything that is held, account by account, each in order of time."""
        for _, account in sorted(self._accounts.items()):
            claim = account.claim
            for at, amount, reservation in zip(account.moments, account.amounts, account.reservations, strict=True):
                kept = Claim(claim.limit, claim.rule, claim.key, amount, claim.most, claim.period)
                yield Held(reservation, kept, at)

    def replace(self, held: Sequence[Held], breakers: Mapping[str, BreakerState] | None = None) -> None:
        """Hold exactly this instead, each at its moment."""
        self.breakers.replace(breakers or {})
        self._accounts, self._reservations = {}, {}
        for each in sorted(held, key=lambda one: one.at):
            name = each.claim.limit, each.claim.key
            account = self._accounts.setdefault(name, _Account(each.claim))
            account.take(each.reservation, each.claim.amount, each.at)
            self._reservations[each.reservation] = (*self._reservations.get(each.reservation, ()), name)

    def prune(self) -> int:
        """Forget what is outside the longest window asked for so far of its account; return how much that was."""
        forgotten = 0
        for name, account in self._accounts.items():
            if account.moments:
                old = account.reservations[: bisect_right(account.moments, account.moments[-1] - account.claim.period)]
                for reservation in old:
                    left = tuple(other for other in self._reservations.get(reservation, ()) if other != name)
                    self._reservations.pop(reservation, None)
                    if left:
                        self._reservations[reservation] = left
                forgotten += account.forget(account.moments[-1] - account.claim.period)
        return forgotten
