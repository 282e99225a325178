"""Values of the variables of a question, by chance: whether some of them do what is called impossible."""

from collections.abc import Iterator, Mapping

from generated.dice import Dice
from generated.typed import value_within
from interlock_dsl.analysis.values.confirm import of_type
from interlock_dsl.analysis.values.history import Calls
from interlock_dsl.analysis.values.problem import Bound, Case, Claim, Fails, Outcome, Outside, Problem, Statement
from interlock_dsl.cel.causes import cause_of
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.environment import CompiledExpression
from interlock_dsl.cel.errors import EvaluationError
from interlock_dsl.cel.tree import Expression, Literal, children
from interlock_dsl.cel.types import DoubleType, IntType, RecordType, StringType, Type
from interlock_dsl.cel.values import Timestamp, equal
from interlock_dsl.program.builtins import HISTORY
from interlock_dsl.schema import decode

KEPT = 1_000
"""Values of one variable that samples are put together from."""
SECOND = 1_000_000_000
AGES = (0, 1, 60, 600, 3_600, 86_400, 30 * 86_400)
_EMPTY: Mapping[str, object] = {}


class Sampling:
    """Tries so many samples of each question; `tools` are those that histories hold calls of."""

    def __init__(self, dice: Dice, samples: int, tools: tuple[str, ...]) -> None:
        self._dice, self._samples, self._tools = dice, samples, tools
        self._pools: dict[tuple[str, Type], list[object]] = {}
        self._compiled: dict[int, tuple[Checked, CompiledExpression]] = {}
        self._literals: list[object] = []

    def met(self, problem: Problem) -> Mapping[str, object] | None:
        """Return bindings within their types for which all statements hold, None if no sample is one."""
        self._note(problem)
        pools = {name: self._pool(name, type) for name, type in problem.variables.items() if name not in problem.absent}
        for _ in range(self._samples):
            bindings = self._sample(problem, pools)
            if bindings is not None and self._all(problem, bindings):
                return bindings
        return None

    def _note(self, problem: Problem) -> None:
        """Keep the numbers and texts that the question speaks of: what is asked turns on them."""
        for each in problem.statements:
            checked = each.condition if isinstance(each, Claim) else each.expression
            for value in literals(checked.expression):
                if value not in self._literals:
                    self._literals.append(value)

    def _sample(self, problem: Problem, pools: Mapping[str, list[object]]) -> dict[str, object] | None:
        dice = self._dice
        bindings = {
            name: dice.random.choice(pool)
            for name, pool in pools.items()
            if name not in problem.optional or dice.random.random() < 0.7
        }
        run = bindings.get("run")
        if isinstance(run, Mapping) and "now" in bindings:
            bindings["now"] = Timestamp(run["started"].nanoseconds + dice.one(AGES) * SECOND)
        for each in problem.statements:
            if isinstance(each, Bound) and not self._bind(each, problem, bindings):
                return None
        return bindings

    def _bind(self, bound: Bound, problem: Problem, bindings: dict[str, object]) -> bool:
        """Give a variable or a field the value that it is said to have, if that is of its type."""
        type = problem.variables.get(bound.path[0])
        for name in bound.path[1:]:
            type = type.fields[name].type if isinstance(type, RecordType) and name in type.fields else None
        try:
            value = self._value(bound.expression, {**dict.fromkeys(problem.variables, _EMPTY), **bindings})
        except EvaluationError:
            return False
        if type is None or not of_type(value, type):
            return False
        match bound.path:
            case (name,):
                bindings[name] = value
            case (name, field):
                held = bindings.get(name)
                if not isinstance(held, Mapping):
                    return False
                bindings[name] = {**held, field: value}
            case _:
                return False
        return True

    def _pool(self, name: str, type: Type) -> list[object]:
        key = name, type
        if key not in self._pools:
            self._pools[key] = [self._made(name, type) for _ in range(min(KEPT, self._samples))]
        return self._pools[key]

    def _made(self, name: str, type: Type) -> object:
        dice = self._dice
        if name == HISTORY:
            ages = [age * SECOND // 1_000 for age in AGES]
            return Calls({tool: tuple(dice.one(ages) for _ in range(dice.number(0, 4))) for tool in self._tools})
        value = self._near(type, decode(type, value_within(type, dice)))
        if name == "run" and isinstance(value, Mapping):
            return {**value, "started": Timestamp(dice.number(0, 2_000_000_000) * SECOND)}
        return value

    def _near(self, type: Type, value: object) -> object:
        """Return a value with some of its leaves replaced by what questions speak of, where the type allows that."""
        dice = self._dice
        match type:
            case RecordType(fields=fields) if isinstance(value, Mapping):
                return {name: self._near(fields[name].type, each) for name, each in value.items()}
            case IntType() | DoubleType() | StringType() if self._literals and dice.often(0.5):
                near = dice.one(self._literals)
                if isinstance(near, int | float) and not isinstance(near, bool):
                    near += dice.one((-1, 0, 0, 1))
                    near = float(near) if isinstance(type, DoubleType) else int(near)
                return near if of_type(near, type) else value
            case _:
                return value

    def _all(self, problem: Problem, bindings: Mapping[str, object]) -> bool:
        everything = {**dict.fromkeys(problem.variables, _EMPTY), **bindings}
        held = all(self._holds(each, everything) for each in problem.statements)
        return held and not any(self._met(case, bindings, everything) for case in problem.without)

    def _met(self, case: Case, bindings: Mapping[str, object], everything: Mapping[str, object]) -> bool:
        there = case.present <= bindings.keys() and not case.absent & bindings.keys()
        return there and all(self._holds(each, everything) for each in case.statements)

    def _holds(self, statement: Statement, bindings: Mapping[str, object]) -> bool:
        try:
            match statement:
                case Claim(condition, outcomes):
                    return (Outcome.TRUE if self._value(condition, bindings) is True else Outcome.FALSE) in outcomes
                case Fails(expression):
                    self._value(expression, bindings)
                    return False
                case Outside(expression, type):
                    return not of_type(self._value(expression, bindings), type)
                case Bound(path, expression):
                    held: object = bindings
                    for name in path:
                        held = held.get(name) if isinstance(held, Mapping) else None
                    return equal(held, self._value(expression, bindings))
        except EvaluationError as error:
            if cause_of(error.code) is None:  # what reads an absent value was refused, so no run comes to these values
                return False
            if isinstance(statement, Claim):
                return Outcome.NO_VALUE in statement.outcomes
            return isinstance(statement, Fails) and (statement.codes is None or error.code in statement.codes)

    def _value(self, checked: Checked, bindings: Mapping[str, object]) -> object:
        known = self._compiled.get(id(checked))
        if known is None:
            made = CompiledExpression(checked.expression, checked.scope, checked)
            known = self._compiled[id(checked)] = checked, made
        return known[1].function(bindings)


def literals(node: Expression) -> Iterator[object]:
    """Yield the numbers and texts that an expression has."""
    if isinstance(node, Literal) and isinstance(node.value, int | float | str):
        yield node.value
    for child in children(node):
        yield from literals(child)
