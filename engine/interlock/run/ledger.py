"""The ledger: what limits beyond one run have used. What a reservation comes to, and a ledger in memory.

For each limit and key there is an account. A window ends at the moment of a reservation, or at the account's latest
one if that is later: with the clocks of several processes, time does not run backwards in an account. What was taken
at or before the beginning of a window is outside it. A reservation takes from an account once, however many of its
claims are on it.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from interlock.decide.decision import Claim
from interlock.run.protocol.commands import Cancel, Command, Release, Reserve
from interlock.run.protocol.events import Event, Exhausted, Reserved

MOST: Final = 2**63 - 1
"""The largest amount, and the largest sum that is told; larger sums are compared all the same."""

Settlement: TypeAlias = Reserved | Exhausted
"""The answer to a `Reserve`."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a reservation took of an account at a moment (microseconds since 1970, as the account counts time)."""

    reservation: str
    claim: Claim
    at: int


def settled(reserve: Reserve, at: int, standings: Sequence[int]) -> Settlement:
    """Return the answer to a `Reserve`: all of it or nothing. `standings` are what was used before, for each claim.

    A negative amount is refused.
    """
    told = tuple(min(used, MOST) for used in standings)
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

    A reservation that was called off on the very event that grants it is one of them.
    """
    released: list[str] = []
    for command in commands:
        if isinstance(command, Release):
            released.append(command.reservation)
        elif isinstance(command, Cancel) and isinstance(event, Reserved) and command.command == event.command:
            released.append(command.command)
    return tuple([reservation_of(run, command) for command in released]) if released else ()


def taken(claims: Sequence[Claim]) -> dict[tuple[str, str], Claim]:
    """Return what is taken of each account (limit, key): the claim with the longest window, its amount within bounds.

    In the order of their names, in which a store locks accounts.
    """
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

    def replace(self, held: Sequence[Held]) -> None:
        """Hold exactly this instead, each at its moment."""
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
