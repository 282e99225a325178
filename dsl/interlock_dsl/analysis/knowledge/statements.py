"""Statements about values: taken apart into what they say on their own, and compared by their meaning.

A condition that is true says the same of each of its conjuncts, one that is false of each of its alternatives. Claims
are kept in such parts, so that what remains true when a step runs again is kept when the rest is dropped.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from interlock_dsl.analysis.expressions import walk
from interlock_dsl.analysis.values.problem import Bound, Claim, Outcome, Statement
from interlock_dsl.cel.check import Checked, VariableReference
from interlock_dsl.cel.tree import Call, Expression
from interlock_dsl.cel.types import BOOL, Type
from interlock_dsl.program.builtins import FAILURE, HISTORY

CHANGING = frozenset({"now", HISTORY, FAILURE})
"""Variables that differ from one place of a run to the next."""


def parts(claim: Claim) -> Iterator[Claim]:
    """Yield the claims that a claim is made of."""
    condition = claim.condition
    match claim.outcomes, condition.expression:
        case Outcome.TRUE, Call(function="_&&_", arguments=(left, right), receiver=None):
            both = Outcome.TRUE
        case Outcome.FALSE, Call(function="_||_", arguments=(left, right), receiver=None):
            both = Outcome.FALSE
        case ((Outcome.TRUE | Outcome.FALSE), Call(function="!_", arguments=(inner,), receiver=None)):
            turned = Outcome.FALSE if claim.outcomes is Outcome.TRUE else Outcome.TRUE
            yield from parts(Claim(part_of(condition, inner), turned))
            return
        case _:
            yield claim
            return
    yield from parts(Claim(part_of(condition, left), both))
    yield from parts(Claim(part_of(condition, right), both))


def part_of(checked: Checked, node: Expression) -> Checked:
    """Return a node of a checked expression as a checked expression of its own."""
    found = (checked.reference_of(each) for each in walk(node))
    read = frozenset(reference.name for reference in found if isinstance(reference, VariableReference))
    type = BOOL if node is checked.expression else checked.type_of(node)
    return replace(checked, expression=node, type=type, variables=read)


def mentioned(statement: Statement) -> frozenset[str]:
    """Return the variables that a statement is about."""
    if isinstance(statement, Claim):
        return statement.condition.variables
    read = statement.expression.variables
    return read | {statement.path[0]} if isinstance(statement, Bound) else read


def failure_in(statements: Iterable[Statement]) -> Type | None:
    """Return the type of `failure` in the statements that read it: they are all about one."""
    for statement in statements:
        if FAILURE in mentioned(statement):
            checked = statement.condition if isinstance(statement, Claim) else statement.expression
            return checked.scope.variables.get(FAILURE)
    return None


@dataclass(frozen=True, slots=True)
class _Meaning:
    expression: Expression
    about: object
    failure: Type | None


class Interned:
    """Keeps one statement of each meaning, so that statements are compared by identity."""

    def __init__(self) -> None:
        self._known: dict[_Meaning, Statement] = {}

    def of(self, statement: Statement) -> Statement:
        """Return the statement that is kept for the meaning of one."""
        match statement:
            case Claim(condition=checked, outcomes=outcomes):
                key = _Meaning(checked.expression, outcomes, failure_in((statement,)))
            case Bound(path=path, expression=checked):
                key = _Meaning(checked.expression, path, failure_in((statement,)))
            case _:
                return statement
        return self._known.setdefault(key, statement)


@dataclass(frozen=True, slots=True, eq=False)
class Linked:
    """Claims that share variables, directly or by others of them, and these variables."""

    claims: tuple[Statement, ...]
    names: frozenset[str]


def linked(claims: Iterable[Statement]) -> tuple[Linked, ...]:
    """Return claims in parts that have no variable in common: each part holds or not whatever the others do."""
    parts: list[Linked] = []
    for claim in claims:
        names = mentioned(claim)
        touched = [part for part in parts if not part.names.isdisjoint(names)]
        if touched:
            parts = [part for part in parts if part.names.isdisjoint(names)]
        together = tuple(each for part in touched for each in part.claims)
        parts.append(Linked((*together, claim), names.union(*(part.names for part in touched))))
    return tuple(parts)
