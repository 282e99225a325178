"""How a function of the expression language is declared: its overloads, with types for the checker, an
implementation for the evaluator, and a cost. The standard library is a table of these; a host adds its own.
"""

from collections.abc import Callable
from dataclasses import dataclass

from interlock_dsl.cel.types import Type


@dataclass(frozen=True, slots=True)
class Overload:
    """One signature of a function.

    `parameters` include the receiver as the first when `method` is true (`"a".startsWith("b")` has two).
    `implementation` takes as many values as there are parameters and returns a value, or raises
    `interlock_dsl.cel.values.Fault`. `cost` is what one call adds to the runtime cost for given argument sizes;
    None means one unit.
    """

    id: str
    parameters: tuple[Type, ...]
    result: Type
    implementation: Callable[..., object]
    method: bool = False
    cost: Callable[..., int] | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """A name and its overloads; at run time the overload is chosen by the values' types."""

    name: str
    overloads: tuple[Overload, ...]
