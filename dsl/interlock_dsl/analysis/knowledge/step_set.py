"""Sets of steps of one workflow: a bit for each step, so that a place of a run needs a number and no copy."""

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import TypeVar

Name = TypeVar("Name")


class StepSet(Set[str]):
    """The steps whose bits are set. `of` gives the bit of each step; it is the same for all sets of a workflow.

    What is made of two sets, by `|` or `-`, is a frozenset.
    """

    __slots__ = ("bits", "of")

    def __init__(self, bits: int, of: Mapping[str, int]) -> None:
        self.bits = bits
        self.of = of

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self.of.get(name, 0) & self.bits)

    def __iter__(self) -> Iterator[str]:
        return (name for name, bit in self.of.items() if bit & self.bits)

    def __len__(self) -> int:
        return self.bits.bit_count()

    @classmethod
    def _from_iterable(cls, it: Iterable[Name]) -> frozenset[Name]:
        return frozenset(it)
