"""Where an expression ends in an error instead of a value."""

from interlock_dsl.analysis.values.arithmetic import SIGNS, Errors, operate
from interlock_dsl.analysis.values.domain import ANYTHING, Numbers
from interlock_dsl.analysis.values.given import MOST_CASES, Given
from interlock_dsl.analysis.values.reading import LOGICAL
from interlock_dsl.analysis.values.state import Contradiction, State
from interlock_dsl.cel.tree import Call, Expression

ARITHMETIC = frozenset({"_+_", "_-_", "_*_", "_/_", "_%_"})
CERTAIN = frozenset({"!_", "@in", "size", "startsWith", "endsWith", "contains", "lowerAscii", "upperAscii", "trim"})
"""Functions that have a value wherever their arguments have one of their types."""


class Failing(Given):
    """Narrows states by where errors come from."""

    def failing(self, node: Expression, codes: Errors | None, state: State) -> list[State]:
        """Return the states in which a node can end in an error (of these codes), none where it cannot."""
        _, errors = self.evaluate(node, state)
        if not (errors if codes is None else errors & codes):
            return []
        match node:
            case Call(function="_&&_" | "_||_", receiver=None):
                return self._failing_operand(node, codes, state)
            case Call(function="_?_:_", arguments=(condition, then, otherwise)):
                found = self.failing(condition, codes, state.copy())
                for want, branch in ((True, then), (False, otherwise)):
                    for case in self.given(condition, want, state.copy()):
                        found += self.failing(branch, codes, case)
                return found if len(found) <= MOST_CASES else [state]
            case Call(function=function, arguments=(left, right)) if function in ARITHMETIC:
                return self._failing_operation(function, left, right, codes, state)
            case Call(arguments=arguments, receiver=receiver) if self._certain(node, state):
                parts = [part for part in (receiver, *arguments) if part is not None]
                return [case for part in parts for case in self.failing(part, codes, state.copy())]
        return [state]

    def _certain(self, node: Call, state: State) -> bool:
        """Say whether a call has a value wherever its parts have one."""
        parts = [part for part in (node.receiver, *node.arguments) if part is not None]
        if ANYTHING in (self.evaluate(part, state)[0] for part in parts):
            return node.function in ("_==_", "_!=_")
        return node.function in SIGNS or node.function in CERTAIN

    def _failing_operand(self, node: Call, codes: Errors | None, state: State) -> list[State]:
        """An operand fails, and none decides."""
        decisive, operands = LOGICAL[node.function], self.operands(node)
        found: list[State] = []
        for at, operand in enumerate(operands):
            cases = [state.copy()]
            for before in operands[:at]:
                # One that failed as well is a case of its own.
                cases = [known for case in cases for known in self.given(before, not decisive, case)]
                if len(cases) > MOST_CASES:
                    return [state]
            for case in cases:
                found += self.failing(operand, codes, case)
            if len(found) > MOST_CASES:
                return [state]
        return found

    def _failing_operation(
        self, function: str, left: Expression, right: Expression, codes: Errors | None, state: State
    ) -> list[State]:
        found = [case for part in (left, right) for case in self.failing(part, codes, state.copy())]
        one, other = self.evaluate(left, state)[0], self.evaluate(right, state)[0]
        if not (isinstance(one, Numbers) and isinstance(other, Numbers)):
            return [state]
        own = operate(function, one, other)[1]
        own = own if codes is None else own & codes
        if "division-by-zero" in own:
            case = state.copy()
            try:
                self.refine(right, Numbers(other.kind, 0, 0), case)
                found.append(case)
            except Contradiction:
                pass
        if own - {"division-by-zero"}:
            found.append(state)
        return found
