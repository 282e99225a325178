"""What is left of the values of variables where all statements of a problem hold, found without trying any values."""

from collections.abc import Iterable
from dataclasses import dataclass

from interlock_dsl.analysis.values.domain import NOTHING, apart, domain_of, meet
from interlock_dsl.analysis.values.failing import Failing
from interlock_dsl.analysis.values.outside import outside
from interlock_dsl.analysis.values.problem import Bound, Claim, Fails, Impossible, Outcome, Outside, Problem, Statement
from interlock_dsl.analysis.values.state import Contradiction, State
from interlock_dsl.cel.check import Checked

MOST_STATES = 32
"""Cases that are kept apart; what would make more of them is left open."""
ROUNDS = 3
"""How often every statement is looked at again, unless a question says otherwise."""
MOST_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Narrowed:
    """The cases that are left: in each, what can be where the statements hold."""

    states: tuple[State, ...]


class Narrowing:
    """Narrows problems. It remembers what single statements leave, so that asking about pairs of many is cheap: a rule
    that asks many questions gives all of them the same `variables`.
    """

    def __init__(self) -> None:
        self._given: dict[int, Failing] = {}
        self._before: tuple[object, tuple[Problem, list[State]]] | None = None
        """What the statements but the last left in the question before this one."""
        self._alone: dict[tuple[object, ...], tuple[tuple[object, ...], tuple[State, ...]]] = {}

    def given(self, checked: Checked) -> Failing:
        """Return what evaluates an expression with domains."""
        found = self._given.get(id(checked))
        if found is None:
            if len(self._given) >= MOST_REMEMBERED:
                self._given.clear()
            found = self._given[id(checked)] = Failing(checked)
        return found

    def narrow(self, problem: Problem, rounds: int = ROUNDS) -> Impossible | Narrowed:
        """Return the cases in which the statements may hold, `Impossible` if there are none.

        `rounds`: how often every statement is looked at again for what the others have left of it. The limit of an
        evaluation is not looked at: a condition is taken to be evaluated to its end.
        """
        if any(isinstance(statement, Bound) for statement in problem.statements):
            states = self._with_bound(problem)
        else:
            states = self._combined(problem)
        states = [state for state in states if self._left_over(problem, state)]
        return self.propagated(problem, states, rounds)

    def propagated(self, problem: Problem, states: Iterable[State], rounds: int = ROUNDS) -> Impossible | Narrowed:
        """Return cases narrowed further, each statement by what the others have left."""
        kept = [after for state in states if (after := self._settled(problem, state, rounds)) is not None]
        return Narrowed(tuple(kept)) if kept else Impossible()

    def _settled(self, problem: Problem, state: State, rounds: int) -> State | None:
        if len(problem.statements) == 1 and not isinstance(problem.statements[0], Bound) and not state.relations:
            return state
        for _ in range(rounds):
            before = state.known()
            for statement in problem.statements:
                cases = self._assume(statement, state.copy())
                if not cases:
                    return None
                state = cases[0] if len(cases) == 1 else state
            if state.known() == before:
                break
        return state if self._left_over(problem, state) else None

    def _combined(self, problem: Problem) -> list[State]:
        """Return the cases of all statements together, from those of each."""
        lists = [self._alone_of(statement, problem) for statement in problem.statements]
        if not all(lists) or (len(lists) == 2 and all(_clash(one, other) for one in lists[0] for other in lists[1])):
            return []
        states = [self._start(problem)]
        for cases in sorted(lists, key=len):
            merged = [both for one in states for case in cases if (both := _merged(one, case)) is not None]
            if len(merged) <= MOST_STATES:
                states = merged
        return states

    def _alone_of(self, statement: Statement, problem: Problem) -> tuple[State, ...]:
        """Return the cases of one statement, which depend on it and on the variables that it reads."""
        held = statement.condition if isinstance(statement, Claim) else statement.expression
        detail: object = None
        if isinstance(statement, Claim):
            detail = statement.outcomes.value
        elif isinstance(statement, Fails):
            detail = statement.codes
        elif isinstance(statement, Outside):
            detail = id(statement.type)
        read = held.variables
        types = tuple([problem.variables.get(name) for name in read])
        kinds = tuple(map(id, types))
        key = (type(statement), id(held), detail, kinds, problem.optional & read, problem.absent & read)
        found = self._alone.get(key)
        if found is None:
            if len(self._alone) >= MOST_REMEMBERED:
                self._alone.clear()
            states = tuple(self._assume(statement, self._start(problem, read)))
            # What the key names by identity is kept alive with it.
            found = self._alone[key] = (held, statement, types), states
        return found[1]

    def _start(self, problem: Problem, read: frozenset[str] | None = None) -> State:
        """Return what is known before any statement; `read`: of these variables only."""
        state = State(problem.variables, problem.optional | problem.absent)
        for name in problem.absent if read is None else problem.absent & read:
            state.present[name,] = False
        return state

    def _with_bound(self, problem: Problem) -> list[State]:
        """Return the cases of statements of which some are bound, one after the other.

        Several questions often differ in the last statement alone: what the others leave is kept for the next one.
        """
        *others, last = problem.statements
        if isinstance(last, Bound):
            first = self._bound(problem)
            return [] if first is None else self._together(problem.statements, [first])
        key = (*map(id, others), tuple(problem.variables), *map(id, problem.variables.values()))
        about = key, problem.optional, problem.absent
        if self._before is None or self._before[0] != about:
            first = self._bound(problem)
            states = [] if first is None else self._together(others, [first])
            self._before = about, (problem, [state.copy() for state in states])
        return self._together((last,), [state.copy() for state in self._before[1][1]])

    def _bound(self, problem: Problem) -> State | None:
        """Return what is known by what is bound alone: a path that is bound to a path is the same."""
        state = self._start(problem)
        try:
            for statement in problem.statements:
                if not isinstance(statement, Bound):
                    continue
                state.require(statement.path)
                given = self.given(statement.expression)
                same = given.path(given.root)
                if same is not None and isinstance(same[0], str):
                    kept = domain_of(state.type_at(statement.path))
                    resolved = state.resolve(same)
                    state.require(resolved)
                    state.narrow(resolved, kept)
                    if resolved[: len(statement.path)] != statement.path:
                        state.aliases[statement.path] = resolved
        except Contradiction:
            return None
        return state

    def _together(self, statements: Iterable[Statement], states: list[State]) -> list[State]:
        for statement in statements:
            split = [found for one in states for found in self._assume(statement, one.copy())]
            if len(split) <= MOST_STATES:
                states = split
        return states

    def _assume(self, statement: Statement, state: State) -> list[State]:
        match statement:
            case Claim(condition=condition, outcomes=outcomes):
                given, found = self.given(condition), list[State]()
                if Outcome.TRUE in outcomes:
                    found += given.given(given.root, True, state.copy())
                if Outcome.FALSE in outcomes:
                    found += given.given(given.root, False, state.copy())
                if Outcome.NO_VALUE in outcomes:
                    found += given.failing(given.root, None, state.copy())
                return found
            case Fails(expression=expression, codes=codes):
                given = self.given(expression)
                return given.failing(given.root, codes, state)
            case Outside(expression=expression, type=type):
                given = self.given(expression)
                return outside(given, given.root, type, state)
            case Bound(path=path, expression=expression):
                given = self.given(expression)
                try:
                    value, _ = given.evaluate(given.root, state)
                    if value is NOTHING:
                        return []
                    state.narrow(path, value)
                    given.refine(given.root, state.domain(path), state)
                except Contradiction:
                    return []
                return [state]

    def _left_over(self, problem: Problem, state: State) -> bool:
        """Know which variables are there because others are not, or are; say whether that can be."""
        gone = frozenset(state.absent())
        certain = problem.variables.keys() - problem.optional - problem.absent
        given = frozenset(name for name in problem.variables if name in certain or state.present.get((name,)))
        for statement in problem.statements:
            scope = (statement.condition if isinstance(statement, Claim) else statement.expression).scope
            if scope.certain is None:
                continue
            for name in scope.certain(gone, given):
                if state.present.get((name,)) is False and name not in problem.absent:
                    return False
                if name in problem.optional and name not in problem.absent:
                    state.present[name,] = True
        return True


def _clash(one: State, other: State) -> bool:
    """Say whether two states cannot both be."""
    for path, domain in other.domains.items():
        own = one.domains.get(path)
        if own is not None and (apart(own, domain) or meet(own, domain) is NOTHING):
            return True
    return any(one.present.get(path, there) is not there for path, there in other.present.items())


def _merged(one: State, other: State) -> State | None:
    """Return what both know, None if that contradicts itself."""
    if _clash(one, other):
        return None
    made = one.copy()
    try:
        for path, domain in other.domains.items():
            made.domains[path] = meet(made.domains[path], domain) if path in made.domains else domain
        for path, there in other.present.items():
            if path not in made.present:
                (made.require if there else made.forbid)(path)
        for term, domain in other.terms.items():
            made.terms[term] = meet(made.terms[term], domain) if term in made.terms else domain
            if made.terms[term] is NOTHING:
                return None
        for (left, right), signs in other.relations.items():
            made.relate(left, right, signs)
    except Contradiction:
        return None
    return made
