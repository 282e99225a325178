"""Values that nobody changes: events, notes and commands, of which every call makes several."""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(made: type[T]) -> type[T]:
    """Make a class a dataclass with slots whose objects are compared and hashed by their fields, and never changed.

    The type checker refuses every assignment. A running program does not: a dataclass that checks it too takes three
    times as long to be made.
    """
    return dataclass(slots=True, unsafe_hash=True)(made)
