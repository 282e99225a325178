"""Questions about generated conditions, and values to try them with."""

from collections.abc import Mapping
from random import Random

from generated.dice import Dice
from generated.expressions import Expressions, reads_of
from generated.typed import any_type, record, value_within
from interlock_dsl.analysis.expressions import dotted, rewrite
from interlock_dsl.analysis.prove.model import Past
from interlock_dsl.analysis.values.problem import Claim, Fails, Outcome, Problem, Statement
from interlock_dsl.cel.check import Checked, Scope, check
from interlock_dsl.cel.library import FUNCTIONS as LIBRARY
from interlock_dsl.cel.library.declare import merge
from interlock_dsl.cel.parser import parse
from interlock_dsl.cel.tree import Call, Expression, Literal, Name
from interlock_dsl.cel.types import AbstractType, Type
from interlock_dsl.program.builtins import EVERYWHERE, FUNCTIONS, HISTORY
from interlock_dsl.schema import decode

KNOWN = merge((LIBRARY.values(), FUNCTIONS.values()))
OUTCOMES = (Outcome.TRUE, Outcome.TRUE, Outcome.FALSE, Outcome.NO_VALUE, Outcome.FALSE | Outcome.NO_VALUE)


def checked(text: str, variables: Mapping[str, Type], optional: frozenset[str] = frozenset()) -> Checked:
    """Return a condition checked in a scope."""
    found = check(rewrite(parse(text), _calls), Scope(variables, KNOWN, optional_variables=optional))
    assert not found.diagnostics, (text, found.diagnostics)
    return found


def _calls(node: Expression) -> Expression:
    match node:
        case Call(function="calls", receiver=None, arguments=(argument,)):
            arguments = (Name(HISTORY, node.span), Literal(dotted(argument), node.span))
            return Call("calls", arguments, node.span, node.function_span)
    return node


def variables_of(dice: Dice) -> dict[str, Type]:
    """Return a few variables with their types."""
    own: dict[str, Type] = {"r": record(dice, [], 1), "s": record(dice, [], 0), "v": any_type(dice, [], 1)}
    return {**own, **EVERYWHERE}


def problem(dice: Dice) -> tuple[Problem, list[str]]:
    """Return a question about one to three conditions, with their texts."""
    variables = variables_of(dice)
    reads = [r for name in ("r", "s", "v") for r in reads_of(name, variables[name])]
    write = Expressions(dice, reads, calls=("a.b", "a.c"), held=False)
    texts = [write.boolean(2) for _ in range(dice.number(1, 3))]
    statements: list[Statement] = []
    for text in texts:
        condition = checked(text, variables)
        statements.append(Fails(condition) if dice.often(0.1) else Claim(condition, dice.one(OUTCOMES)))
    return Problem(tuple(statements), variables), texts


def values(problem: Problem, random: Random) -> dict[str, object]:
    """Return values of the variables of a question."""
    dice = Dice(random)
    found: dict[str, object] = {}
    for name, type in problem.variables.items():
        if isinstance(type, AbstractType):
            hour, ever = sorted((dice.number(0, 3), dice.number(0, 3)))
            counts = {("a.b", None): ever, ("a.c", None): ever}
            counts.update(
                {
                    (tool, micros): hour
                    for tool in ("a.b", "a.c")
                    for micros in (3600 * 10**6, 1800 * 10**6, 86400 * 10**6)
                }
            )
            found[name] = Past(counts)
        else:
            found[name] = decode(type, value_within(type, dice))
    return found
