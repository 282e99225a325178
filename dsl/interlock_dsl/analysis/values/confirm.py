"""Whether values make statements true: by evaluating them, as a run would."""

from collections.abc import Mapping

from interlock_dsl.analysis.values.problem import Bound, Case, Claim, Fails, Outcome, Outside, Problem, Statement
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.environment import CompiledExpression
from interlock_dsl.cel.errors import EvaluationError
from interlock_dsl.cel.types import DYN, AbstractType, Type
from interlock_dsl.cel.values import equal
from interlock_dsl.schema import ValidationError, decode, encode

_EMPTY: Mapping[str, object] = {}


def confirmed(problem: Problem, bindings: Mapping[str, object]) -> bool:
    """Say whether the bindings fit their types and all statements hold for them."""
    for name, type in problem.variables.items():
        if name in bindings:
            if name in problem.absent or not (isinstance(type, AbstractType) or of_type(bindings[name], type)):
                return False
        elif name not in problem.absent and name not in problem.optional:
            return False
    everything = {**dict.fromkeys(problem.variables, _EMPTY), **bindings}
    held = all(_holds(statement, everything) for statement in problem.statements)
    return held and not any(met(case, problem, bindings) for case in problem.without)


def met(case: Case, problem: Problem, bindings: Mapping[str, object]) -> bool:
    """Say whether a case is met by bindings of the variables of a problem."""
    everything = {**dict.fromkeys(problem.variables, _EMPTY), **bindings}
    there = case.present <= bindings.keys() and not case.absent & bindings.keys()
    return there and all(_holds(statement, everything) for statement in case.statements)


def of_type(value: object, type: Type) -> bool:
    """Say whether a value is of a type."""
    try:
        decode(type, encode(DYN, value))
    except (ValidationError, ValueError, TypeError):
        return False
    return True


def _holds(statement: Statement, bindings: Mapping[str, object]) -> bool:
    match statement:
        case Claim(condition, outcomes):
            return _outcome(condition, bindings) in outcomes
        case Fails(expression, codes):
            try:
                _evaluate(expression, bindings)
            except EvaluationError as error:
                return codes is None or error.code in codes
            return False
        case Outside(expression, type):
            try:
                return not of_type(_evaluate(expression, bindings), type)
            except EvaluationError:
                return False
        case Bound(path, expression):
            return _bound(path, expression, bindings)


def _outcome(condition: Checked, bindings: Mapping[str, object]) -> Outcome:
    try:
        return Outcome.TRUE if _evaluate(condition, bindings) is True else Outcome.FALSE
    except EvaluationError:
        return Outcome.NO_VALUE


def _bound(path: tuple[str, ...], expression: Checked, bindings: Mapping[str, object]) -> bool:
    held: object = bindings
    for name in path:
        if not isinstance(held, Mapping) or name not in held:
            return False
        held = held[name]
    try:
        return equal(held, _evaluate(expression, bindings))
    except EvaluationError:
        return False


def _evaluate(checked: Checked, bindings: Mapping[str, object]) -> object:
    return CompiledExpression(checked.expression, checked.scope, checked).evaluate(bindings)
