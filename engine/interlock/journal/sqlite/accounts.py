"""Accounts of the ledger as they are remembered: what its tables say of them, and what entries hold beside."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from interlock.journal.sqlite.postings import DamagedLedger
from interlock.run.ledger import MOST

End: TypeAlias = tuple[int, int, int]
"""The last row of an account in the ledger's table: its moment, position and sum."""


@dataclass(slots=True)
class Account:
    """An account that is open. `rule`, `most` and `period` are those of the longest window asked for so far.

    `end` is its last row in the table, None where it has none; `moments` and `amounts` are those of the postings that
    the table lacks. `windows` holds, for a period, the beginnings of windows (from, before) with the same first row in
    the table, and the sum before that row.
    """

    number: int
    rule: str
    most: int
    period: int
    end: End | None = None
    moments: list[int] = field(default_factory=list)
    amounts: list[int] = field(default_factory=list)
    windows: dict[int, tuple[int, int, int]] = field(default_factory=dict)

    def begun(self, at: int, period: int) -> int | None:
        """Return when a window begins that ends at a moment, or at the latest one; None where nothing is held."""
        if self.moments:
            latest = self.moments[-1]
        elif self.end is not None:
            latest = self.end[0]
        else:
            return None
        return max(max(at, latest) - period, -MOST)  # a period may be longer than time itself

    def used(self, at: int, period: int, first: Callable[[int, int], tuple[int, int, int]]) -> int:
        """Return what is used within a period.

        `first` gives, of the first row after a moment in the table of the account with a number, the moment, the sum
        and the amount. Raises `DamagedLedger`.
        """
        begun = self.begun(at, period)
        if begun is None:
            return 0
        used = sum(self.amounts[bisect_right(self.moments, begun) :])
        if self.end is not None and self.end[0] > begun:
            window = self.windows.get(period)
            if window is None or not window[0] <= begun < window[1]:
                moment, total, amount = first(self.number, begun)
                if total > self.end[2]:
                    raise DamagedLedger("its sums decrease")
                window = self.windows[period] = begun, moment, total - amount
            used += self.end[2] - window[2]
        return used

    def take(self, at: int, amount: int) -> None:
        """Add what a posting takes."""
        if self.moments:
            at = max(at, self.moments[-1])
        elif self.end is not None:
            at = max(at, self.end[0])
        self.moments.append(at)
        self.amounts.append(amount)

    def posted(self, end: End) -> None:
        """Note that the table has what the postings took, up to a row."""
        self.end = end
        self.moments.clear()
        self.amounts.clear()
