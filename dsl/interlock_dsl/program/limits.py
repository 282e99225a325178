"""What a `limit` limits, and whose it is."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from interlock_dsl.cel import CompiledExpression

Owner: TypeAlias = Literal["run", "each", "overall"]


@dataclass(frozen=True, slots=True)
class LimitKey:
    """One thing that a limit is for each of: on whose behalf a call is made, the agent that makes it (empty: none), or
    the value of an `expression` over `args`.
    """

    kind: Literal["principal", "agent", "args"]
    expression: "CompiledExpression | None" = None


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` calls, or a sum of `amount` (an int over `args`) of at most that, in `period` microseconds.

    `per` says for whom: for each run or session by itself, for each value of `keys` over all of them, or overall.
    `identity` (SHA-256, hex) names what is counted: it stays when only `most`, `period` or the wording is edited, so
    what was used stays used. No two limits of a program have the same.
    """

    most: int
    period: int
    amount: "CompiledExpression | None"
    per: Owner
    keys: tuple[LimitKey, ...]
    identity: str
