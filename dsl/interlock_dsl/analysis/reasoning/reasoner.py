"""Answers questions about values in steps, each on what the one before left open.

First by intervals, finite sets and presence, which is cheap and always there; then by trying values of what these
leave; then by z3, where it is installed and wanted, for what relates several values. What was asked before has the
answer it had.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TypeAlias

from interlock_dsl.analysis.expressions import walk
from interlock_dsl.analysis.values.confirm import met
from interlock_dsl.analysis.values.narrow import Narrowed, Narrowing
from interlock_dsl.analysis.values.problem import Answer, Impossible, Possible, Problem, Statement, Unknown
from interlock_dsl.analysis.values.search import Searching
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.tree import Call
from interlock_dsl.program.builtins import reads_past_calls

_Key: TypeAlias = tuple[object, ...]


class Reasoner:
    """Answers problems and counts its answers. `proofs`: whether z3 may be asked.

    `after`, as that of the compiler, is called with `lint` before each question to z3 and with `prove` after it.
    """

    def __init__(self, *, proofs: bool = True, after: Callable[[str], None] | None = None) -> None:
        self.proofs = proofs
        self.after = after
        self.answered: Counter[str] = Counter()
        """How many questions had which answer: `Impossible`, `Possible`, `Unknown`."""
        self.steps: Counter[str] = Counter()
        """How many questions were answered by which step: `narrowing`, `search`, `solver`, or `none`; asked again:
        `before`."""
        self.without = False
        """Whether a question would have gone to z3, which is not installed."""
        self._known: dict[_Key, Answer] = {}
        self._narrowing = Narrowing()
        self._searching = Searching(self._narrowing)

    def ask(self, problem: Problem) -> Answer:
        """Return whether the statements of a problem can hold together."""
        answer = self._asked(problem)
        self.answered[type(answer).__name__] += 1
        return answer

    def _asked(self, problem: Problem) -> Answer:
        narrowed = self.narrow(problem)
        if isinstance(narrowed, Impossible):
            # Cheaper than to look up whether it was asked before: of a thousand rules each is compared with each.
            return self._count("narrowing", narrowed)
        key = _key(problem)
        answer = self._known.get(key)
        if answer is None:
            answer = self._known[key] = self._answer(problem, narrowed)
        else:
            self.steps["before"] += 1
        return answer

    def narrow(self, problem: Problem) -> Impossible | Narrowed:
        """Return what intervals, finite sets and presence leave of a problem."""
        return self._narrowing.narrow(problem)

    def refutes(self, problem: Problem) -> bool:
        """Say whether a problem is impossible at the first glance: each statement is looked at once."""
        return isinstance(self._narrowing.narrow(problem, rounds=0), Impossible)

    def search(self, problem: Problem, narrowed: Narrowed) -> Possible | None:
        """Return a witness that was found by trying values of what is left, None if none was."""
        return self._searching.search(problem, narrowed)

    def _answer(self, problem: Problem, narrowed: Narrowed) -> Answer:
        if any(map(_reads_past_calls, _expressions(problem))):
            return self._count("none", Unknown("it depends on what earlier calls held"))
        found = self.search(problem, narrowed)
        if found is not None and any(met(case, problem, found.bindings) for case in problem.without):
            found = None
        return self._solved(problem) if found is None else self._count("search", found)

    def _solved(self, problem: Problem) -> Answer:
        """Return what z3 says."""
        if not self.proofs:
            return self._count("none", Unknown("no values were found, and none were ruled out"))
        if self.after is not None:
            self.after("lint")
        try:
            from interlock_dsl.analysis.prove import prove
        except ModuleNotFoundError as missing:
            if missing.name != "z3":
                raise
            self.without = True
            return self._count("none", Unknown("the solver is not installed: `pip install interlock[prove]`"))
        answer = prove(problem)
        if self.after is not None:
            self.after("prove")
        return self._count("none" if isinstance(answer, Unknown) else "solver", answer)

    def _count(self, step: str, answer: Answer) -> Answer:
        self.steps[step] += 1
        return answer


def _expressions(problem: Problem) -> Iterator[Checked]:
    """Yield the expressions that a problem is about."""
    for statement in (*problem.statements, *(each for case in problem.without for each in case.statements)):
        parts = (getattr(statement, name) for name in statement.__slots__)
        yield from (part for part in parts if isinstance(part, Checked))


def _reads_past_calls(checked: Checked) -> bool:
    """Say whether an expression goes over earlier calls; values that show something would have to be calls, too."""
    return any(isinstance(node, Call) and reads_past_calls(node.function) for node in walk(checked.expression))


def _key(problem: Problem) -> _Key:
    """Return what makes a problem the one it is: its statements by their meaning, and the types of its variables."""
    statements = tuple(map(meaning, problem.statements))
    without = tuple((tuple(map(meaning, case.statements)), case.present, case.absent) for case in problem.without)
    return statements, frozenset(problem.variables.items()), problem.optional, problem.absent, without


def meaning(statement: Statement) -> _Key:
    """Return what makes a statement the one it is, wherever it is written."""
    parts = (getattr(statement, name) for name in statement.__slots__)
    return type(statement), *(_checked(part) if isinstance(part, Checked) else part for part in parts)


def _checked(checked: Checked) -> _Key:
    read = frozenset((name, checked.scope.variables.get(name)) for name in checked.variables)
    return checked.expression, checked.type, read
