"""Answers by z3: whether statements that relate several values can hold together.

Every question is encoded anew and asked with a limit on what the solver may spend, which is counted and not timed, so
that the same question has the same answer everywhere. What is encoded allows at least what an evaluation can come to;
therefore what the solver refutes is impossible. What it finds is confirmed by an evaluation, or remains unknown. The
limit of an evaluation is left out: no value is long enough to reach it.
"""

from typing import Final

import z3

from interlock_dsl.analysis.prove.compare import equal, fits
from interlock_dsl.analysis.prove.encode import encode
from interlock_dsl.analysis.prove.logic import Bool, conj, disj, neg
from interlock_dsl.analysis.prove.model import Reading, TooLarge
from interlock_dsl.analysis.prove.shapes import ANY_CODE, Opaque, Record, Slot, Value
from interlock_dsl.analysis.prove.space import Space, TooMany
from interlock_dsl.analysis.prove.terms import boolean, truth_of
from interlock_dsl.analysis.values.confirm import confirmed
from interlock_dsl.analysis.values.problem import (
    Answer,
    Bound,
    Case,
    Claim,
    Fails,
    Impossible,
    Outcome,
    Outside,
    Possible,
    Problem,
    Statement,
    Unknown,
)
from interlock_dsl.cel.errors import LIMIT_CODE
from interlock_dsl.cel.types import DYN

VERSION: Final = str(z3.get_version_string())
LIMIT: Final = 2_000_000
"""What the solver may spend on a question, in its own units."""
__all__ = ["LIMIT", "VERSION", "prove"]


def prove(problem: Problem, limit: int = LIMIT) -> Answer:
    """Return whether the statements of a problem can hold together."""
    space = Space(problem)
    try:
        return _proved(space, problem, limit)
    finally:
        space.forget()


def _proved(space: Space, problem: Problem, limit: int) -> Answer:
    try:
        wanted = [_stated(space, statement) for statement in problem.statements]
        wanted += [neg(_met(space, case)) for case in problem.without]
    except TooMany:
        return Unknown("the question is too large to be encoded")
    facts = [*wanted, *space.stated, *space.texts.facts(), *space.bytes.facts()]
    if any(fact is False for fact in facts):
        return Impossible()
    solver = z3.SolverFor("ALL", ctx=space.context)
    solver.set("rlimit", limit)
    solver.set("random_seed", 0)
    for fact in facts:
        if fact is not True:
            solver.add(fact)
    found = solver.check()
    if found == z3.unsat:
        return Impossible()
    if found != z3.sat:
        return Unknown("the solver reached its limit")
    return _witness(space, problem, solver.model())


def _witness(space: Space, problem: Problem, model: z3.ModelRef) -> Answer:
    try:
        bindings = Reading(space, model).bindings(problem)
    except TooLarge:
        return Unknown("a witness would be too large")
    if confirmed(problem, bindings):
        return Possible(bindings)
    return Unknown("the solver found values, which an evaluation does not confirm")


def _stated(space: Space, statement: Statement) -> Bool:
    match statement:
        case Claim(condition, outcomes):
            term = boolean(space, encode(space, condition))
            truth, failing = truth_of(term), term.failing
            has = neg(failing)
            return disj(
                conj(Outcome.TRUE in outcomes, has, truth),
                conj(Outcome.FALSE in outcomes, has, neg(truth)),
                conj(Outcome.NO_VALUE in outcomes, failing),
            )
        case Fails(expression, codes):
            fails = encode(space, expression).fails
            met = [condition for code, condition in fails.items() if codes is None or code in codes | {ANY_CODE}]
            if codes is not None and LIMIT_CODE in codes:
                met.append(space.truth("limit"))
            return disj(*met)
        case Outside(expression, type):
            term = encode(space, expression)
            return conj(neg(term.failing), neg(fits(space, term.value, type)))
        case Bound(path, expression):
            term = encode(space, expression)
            slot = _at(space, path)
            return conj(neg(term.failing), slot.present, equal(space, slot.value, term.value))


def _met(space: Space, case: Case) -> Bool:
    """Return whether a case is met."""
    there = [space.held(name, DYN)[0] for name in sorted(case.present)]
    gone = [neg(space.held(name, DYN)[0]) for name in sorted(case.absent)]
    return conj(*there, *gone, *(_stated(space, statement) for statement in case.statements))


def _at(space: Space, path: tuple[str, ...]) -> Slot:
    slot = Slot(*space.held(path[0], DYN))
    for name in path[1:]:
        value: Value = slot.value
        match value:
            case Record():
                inner = value.slot(("str", name))
                slot = Slot(conj(slot.present, inner.present), inner.value)
            case _:
                return Slot(space.truth("present"), Opaque(space.number(), DYN))
    return slot
