"""Evaluation of checked expressions with given values, as a run would do it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import assert_never

from interlock_dsl.analysis.rehearsal.script import Unrehearsed
from interlock_dsl.analysis.values.problem import Bound, Claim, Fails, Outcome, Outside, Statement
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.environment import DEFAULT_LIMIT, CompiledExpression
from interlock_dsl.cel.errors import EvaluationError
from interlock_dsl.cel.types import DYN
from interlock_dsl.cel.values import equal
from interlock_dsl.program.builtins import FAILURE
from interlock_dsl.schema import ValidationError, decode, encode


class _Missing(Enum):
    VALUE = auto()


def evaluate(checked: Checked, bindings: Mapping[str, object]) -> object:
    """Return the value of an expression; raise `EvaluationError` where it has none.

    The interpreter gives it: compiling costs more than it saves where an expression is evaluated once. What is said of
    a failure is not rehearsed: raises `Unrehearsed` for what reads it.
    """
    if FAILURE in checked.variables and FAILURE not in bindings:
        raise Unrehearsed("it reads what failed")
    compiled = CompiledExpression(checked.expression, checked.scope, checked)
    return compiled.interpreter.evaluate(bindings, DEFAULT_LIMIT)


def outcome(condition: Checked, bindings: Mapping[str, object]) -> Outcome:
    """Return what a condition comes to."""
    try:
        value = evaluate(condition, bindings)
    except EvaluationError:
        return Outcome.NO_VALUE
    return Outcome.TRUE if value is True else Outcome.FALSE if value is False else Outcome.NO_VALUE


def holds(statement: Statement, bindings: Mapping[str, object]) -> bool:
    """Say whether a statement is true of some values."""
    match statement:
        case Claim(condition=condition, outcomes=outcomes):
            return outcome(condition, bindings) in outcomes
        case Fails(expression=expression, codes=codes):
            try:
                evaluate(expression, bindings)
            except EvaluationError as error:
                return codes is None or error.code in codes
            return False
        case Outside(expression=expression, type=type):
            try:
                decode(type, encode(DYN, evaluate(expression, bindings)))
            except ValidationError:
                return True
            except (EvaluationError, TypeError):
                return False
            return False
        case Bound(path=path, expression=expression):
            try:
                return equal(_at(path, bindings), evaluate(expression, bindings))
            except (EvaluationError, TypeError):
                return False
        case _:
            assert_never(statement)


def _at(path: tuple[str, ...], bindings: Mapping[str, object]) -> object:
    value: object = bindings
    for name in path:
        if not isinstance(value, Mapping) or name not in value:
            return _Missing.VALUE
        value = value[name]
    return value


@dataclass
class History:
    """The calls of a rehearsed run: what `calls(...)` reads. `passed`: time has passed since the run began; then what
    is asked of the last so much time is `Unrehearsed`.
    """

    made: list[str] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    calls: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    passed: bool = False

    def make(self, tool: str, args: Mapping[str, object], agent: str, now: object) -> None:
        """Note a call, as conditions see it."""
        self.made.append(tool)
        at = {} if now is None else {"at": now}
        self.calls.append((tool, {"args": args, "agent": agent, **at}))

    def repeat(self, tool: str) -> None:
        """Note another attempt at the last call of a tool."""
        self.made.append(tool)
        last = next(call for name, call in reversed(self.calls) if name == tool)
        self.calls.append((tool, {name: value for name, value in last.items() if name != "result"}))

    def give(self, tool: str, result: object = None) -> None:
        """Note that the last call of a tool returned, and what (None: nothing)."""
        self.returned.append(tool)
        last = next(call for name, call in reversed(self.calls) if name == tool)
        if result is not None:
            last["result"] = result

    def past(self, tool: str, micros: int | None) -> list[Mapping[str, object]]:
        """Return the calls of a tool in order of time."""
        if micros is not None:
            self._refuse_periods()
        return [call for name, call in self.calls if name == tool]

    def count(self, tool: str) -> int:
        """Return how many calls of a tool there were."""
        return self.made.count(tool)

    def within(self, tool: str, micros: int) -> int:
        """Return how many there were in the last so many microseconds."""
        self._refuse_periods()
        return self.made.count(tool)

    def _refuse_periods(self) -> None:
        if self.passed:
            raise Unrehearsed("calls of the last so much time are asked for after time has passed")
