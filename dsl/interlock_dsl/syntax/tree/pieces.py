"""What stands in many places of a tree: names, numbers, durations, money, approvals."""

from dataclasses import dataclass, field

from interlock_dsl.diagnostics.source import NOWHERE, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Anything with a place."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Ident(Node):
    """A name as written, possibly dotted: `orders.read`. What is passed may be an element: `split.parts[0]`."""

    text: str

    @property
    def path(self) -> tuple[str, ...]:
        """Its parts, the number of an element among them: `split`, `parts`, `0`."""
        return tuple(self.text.replace("]", "").replace("[", ".").split("."))

    def __str__(self) -> str:
        return self.text


class NamedNumber(int):
    """A number for which the name of a `let` is written. Its value is 1 until the names are replaced."""

    ident: Ident

    def __new__(cls, ident: Ident) -> "NamedNumber":
        """Return the number that a name stands for."""
        made = super().__new__(cls, 1)
        made.ident = ident
        return made

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NamedNumber) and self.ident == other.ident

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.ident)

    def __format__(self, specification: str) -> str:
        return self.ident.text


@dataclass(frozen=True, slots=True)
class Duration(Node):
    """`5s`, `200ms`, `1h30m`, or the name of a `let`: then it has one microsecond until the name is replaced."""

    micros: int
    name: Ident | None = None


@dataclass(frozen=True, slots=True)
class Money(Node):
    """`0.50 usd`, in millionths of the currency."""

    micros: int
    currency: str


@dataclass(frozen=True, slots=True)
class Retry(Node):
    """`retry 3 times backoff 200ms..5s`: so many further attempts, waiting between the two durations."""

    times: int
    first: Duration | None = None
    most: Duration | None = None


@dataclass(frozen=True, slots=True)
class Rate(Node):
    """`rate 100 per 1m`: so many attempts in any period of that length."""

    most: int
    period: Duration


@dataclass(frozen=True, slots=True)
class Breaker(Node):
    """`breaker opens after 5 failures within 1m for 30s`."""

    failures: int
    within: Duration
    pause: Duration


@dataclass(frozen=True, slots=True)
class Approval(Node):
    """`after approval by supervisor 2 of 3 within 4h`, or `by 2 of supervisor` when the role's size is not said.

    `count` different people of the role must agree; `of` is how many there are.
    """

    role: Ident
    count: int = 1
    within: Duration | None = None
    of: int | None = None
