"""What operations on terms have in common: the shapes their arguments may have, errors in order, what is unknown."""

from collections.abc import Callable, Sequence

from interlock_dsl.analysis.prove.compare import choose
from interlock_dsl.analysis.prove.logic import Bool, conj, disj, neg
from interlock_dsl.analysis.prove.shapes import (
    ANY_CODE,
    Null,
    Opaque,
    Term,
    Truth,
    Value,
    first_of,
    joined,
    options,
    where,
)
from interlock_dsl.analysis.prove.space import Space
from interlock_dsl.cel.types import BOOL, Type

NO_OVERLOAD = Term(Null(), {"no-such-overload": True})
"""An operation on values that it does not take."""


def unknown(space: Space, type: Type, *reading: Term) -> Term:
    """Return a term of which nothing is known but its type, and that it needs the terms it is computed from."""
    fails = first_of(*(term.fails for term in reading), {ANY_CODE: space.truth("fails")})
    return Term(space.free(type), fails)


def each(arguments: Sequence[Term], operation: Callable[..., Term]) -> Term:
    """Return what a strict operation gives for each shape that its arguments may have."""
    cases: list[tuple[Bool, tuple[Value, ...]]] = [(True, ())]
    for argument in arguments:
        cases = [
            (both, (*held, value))
            for guard, held in cases
            for other, value in options(argument.value)
            if (both := conj(guard, other)) is not False
        ]
    results = [(guard, operation(*held)) for guard, held in cases]
    value = results[-1][1].value
    for guard, term in results[-2::-1]:
        value = choose(guard, term.value, value)
    fails = joined(*(where(guard, term.fails) for guard, term in results))
    return Term(value, first_of(*(argument.fails for argument in arguments), fails))


def boolean(space: Space, term: Term) -> Term:
    """Return a term as a bool: what is none has no value."""

    def truth(value: Value) -> Term:
        match value:
            case Truth():
                return Term(value)
            case Opaque():
                return unknown(space, BOOL)
            case _:
                return Term(Truth(False), NO_OVERLOAD.fails)

    return each((term,), truth)


def truth_of(term: Term) -> Bool:
    """Return the condition under which a bool is true."""
    return term.value.term if isinstance(term.value, Truth) else False


def absorbing(parts: Sequence[Term], *, decisive: bool) -> Term:
    """Return `&&` (`decisive` false) or `||` of bools: one that decides does so whatever the others are."""
    deciding: list[Bool] = []
    for part in parts:
        held = truth_of(part) if decisive else neg(truth_of(part))
        deciding.append(conj(neg(part.failing), held))
    decided = disj(*deciding)
    fails = where(neg(decided), first_of(*(part.fails for part in parts)))
    return Term(Truth(decided if decisive else neg(decided)), fails)
