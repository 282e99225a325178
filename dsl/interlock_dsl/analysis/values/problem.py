"""A question about values: can these claims hold together, for values of the variables within their types?

Every question of the checker has this form. "Can both routes be taken?" claims that both conditions are true; "can the
division fail?" that a condition has no value; "does the argument leave its type?" that it is outside of it. What models
answer, tools return and people say are variables of their declared types, so that an answer holds for all of them.

An answer is `Impossible` (proved: for no values), `Possible` with values (a witness that an evaluation has confirmed),
or `Unknown` (never to be read as either).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Flag, auto
from typing import TypeAlias

from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.types import Type


class Outcome(Flag):
    """What an evaluation can come to: a condition is true or false, or there is no value (an error)."""

    TRUE = auto()
    FALSE = auto()
    NO_VALUE = auto()


@dataclass(frozen=True, slots=True)
class Claim:
    """The condition comes to one of the outcomes."""

    condition: Checked
    outcomes: Outcome = Outcome.TRUE


@dataclass(frozen=True, slots=True)
class Fails:
    """The evaluation of the expression, of any type, ends without a value. `codes`: only for these error codes."""

    expression: Checked
    codes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Outside:
    """The expression has a value, which is not of the type."""

    expression: Checked
    type: Type


@dataclass(frozen=True, slots=True)
class Bound:
    """The variable or field at `path` (`("args", "amount")`) has the value of the expression, which has one."""

    path: tuple[str, ...]
    expression: Checked


Statement: TypeAlias = Claim | Fails | Outside | Bound


@dataclass(frozen=True, slots=True)
class Case:
    """Statements that hold together, where some variables are there (`present`) and others are not (`absent`)."""

    statements: tuple[Statement, ...]
    present: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Problem:
    """Can all statements hold? `variables` have their types; those in `optional` may be absent, those in `absent` are.

    The statements share one space of names: a variable is the same in all of them. With `without`, the question is
    whether they can hold where none of these cases is met.
    """

    statements: tuple[Statement, ...]
    variables: Mapping[str, Type]
    optional: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    without: tuple[Case, ...] = ()


@dataclass(frozen=True, slots=True)
class Impossible:
    """For no values within their types."""


@dataclass(frozen=True, slots=True)
class Possible:
    """For these values: the bindings of an evaluation, by variable, without what is absent."""

    bindings: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Neither was shown. `reason` says in a few words why: what is beyond the reasoner, or a limit that was reached."""

    reason: str


Answer: TypeAlias = Impossible | Possible | Unknown
