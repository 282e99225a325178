"""Where generated things come from: a `random.Random`, seeded, or Hypothesis's own, which can shrink what it gave."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

Item = TypeVar("Item")


class Dice:
    """Choices. The first of several is meant to be the simplest, for that is where shrinking goes."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def one(self, several: Sequence[Item]) -> Item:
        return several[self.random.randrange(len(several))]

    def often(self, probability: float) -> bool:
        return self.random.random() >= 1 - probability

    def number(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def some(self, several: Sequence[Item], least: int, most: int) -> list[Item]:
        """Return a few of several, in their order."""
        count = min(len(several), self.number(least, most))
        places = sorted(self.random.sample(range(len(several)), count)) if count else []
        return [several[place] for place in places]
