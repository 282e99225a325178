"""Looking for values for which all statements hold: few are tried, and an evaluation decides."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from interlock_dsl.analysis.values.bindings import Bindings, at, put, type_same
from interlock_dsl.analysis.values.candidates import Constants, chain, instants, sizes, values_in
from interlock_dsl.analysis.values.conforms import conforms
from interlock_dsl.analysis.values.domain import Numbers, Sized, domain_of, numbers
from interlock_dsl.analysis.values.failing import Failing
from interlock_dsl.analysis.values.functions import READABLE
from interlock_dsl.analysis.values.history import asked, history
from interlock_dsl.analysis.values.narrow import Narrowed, Narrowing
from interlock_dsl.analysis.values.points import point
from interlock_dsl.analysis.values.problem import Bound, Claim, Fails, Outcome, Outside, Possible, Problem, Statement
from interlock_dsl.analysis.values.state import Contradiction, Path, State
from interlock_dsl.cel.check import Checked, Introduction
from interlock_dsl.cel.environment import CompiledExpression
from interlock_dsl.cel.errors import EvaluationError
from interlock_dsl.cel.tree import Call, Comprehension, Expression, Present, Select, children
from interlock_dsl.cel.types import DYN, ListType, RecordType, Type
from interlock_dsl.cel.values import Fault, equal
from interlock_dsl.program.builtins import HISTORY
from interlock_dsl.schema.sample import completed, sample

MOST_EVALUATIONS = 2_000
MOST_NARROWINGS = 200
"""Each counts for as many statements as the problem has."""
MOST_VALUES = 7
"""Values that are tried for one variable."""
MOST_CASES = 6
ASKS_OF_ADDRESSES = frozenset({*READABLE, *READABLE.values()})

Slot: TypeAlias = Path | Expression
"""What a value is chosen for: a path, or a number of calls."""


class Reads:
    """What an expression reads, and the constants in it."""

    def __init__(self, given: Failing) -> None:
        self.given = given
        self.paths: dict[Path, None] = {}
        self.counts: dict[Expression, None] = {}
        self.loops: list[tuple[Path, Comprehension]] = []
        self.constants = Constants()
        self._walk(given.root)

    def _walk(self, node: Expression) -> None:
        path = self.given.path(node)
        if path is not None:
            self._read(path)
            return
        match node:
            case Present(operand=operand, field=field) | Select(operand=operand, field=field, optional=True):
                held = self.given.path(operand)
                if held is not None:
                    self._read((*held, field))
                    return
            case Comprehension(range=range_):
                held = self.given.path(range_)
                if held is not None:
                    self.loops.append((held, node))
            case Call(function=function):
                if asked(node) is not None:
                    self.counts[node] = None
                    return
                if function in ("int", "uint", "double", "timestamp"):
                    self.constants.read_as_numbers = True
                if function in ASKS_OF_ADDRESSES:
                    self.constants.read_as_addresses = True
        parts = children(node)
        if not any(_reads(part, self.given) for part in parts):
            self.constants.add(self.given.evaluate(node, State({}))[0])
        for part in parts:
            self._walk(part)

    def _read(self, path: Path) -> None:
        if isinstance(path[0], str):
            self.paths[path] = None


def _reads(node: Expression, given: Failing) -> bool:
    return given.path(node) is not None or any(_reads(part, given) for part in children(node))


class Searching:
    """Looks for witnesses. It remembers what expressions read, and their compiled form."""

    def __init__(self, narrowing: Narrowing) -> None:
        self.narrowing = narrowing
        self._reads: dict[int, Reads] = {}
        self._compiled: dict[int, CompiledExpression] = {}

    def search(self, problem: Problem, narrowed: Narrowed) -> Possible | None:
        """Return values for which an evaluation shows that all statements hold; None if none were found."""
        states = sorted(narrowed.states, key=lambda state: len(state.domains) + len(state.present))
        attempt = _Attempt(problem, self)
        for look in (attempt.plain, attempt.one_by_one, attempt.deep):
            for state in states if look == attempt.plain else states[:MOST_CASES]:
                found = look(state)
                if found is not None:
                    return Possible({name: value for name, value in found.items() if name not in attempt.absent})
        return None

    def reads(self, checked: Checked) -> Reads:
        """Return what an expression reads."""
        given = self.narrowing.given(checked)
        found = self._reads.get(id(checked))
        if found is None or found.given.checked is not checked:
            found = self._reads[id(checked)] = Reads(given)
        return found

    def evaluate(self, checked: Checked, bindings: Mapping[str, object]) -> object:
        """Return the value of an expression; raise `EvaluationError` where it has none."""
        found = self._compiled.get(id(checked))
        if found is None or found.checked is not checked:
            found = self._compiled[id(checked)] = CompiledExpression(checked.expression, checked.scope, checked)
        return found.evaluate(bindings)

    def holds(self, statement: Statement, bindings: Mapping[str, object]) -> bool:
        """Say whether a statement holds for these values."""
        held = statement.condition if isinstance(statement, Claim) else statement.expression
        try:
            value = self.evaluate(held, bindings)
        except EvaluationError as error:
            if isinstance(statement, Claim):
                return Outcome.NO_VALUE in statement.outcomes
            return isinstance(statement, Fails) and (statement.codes is None or error.code in statement.codes)
        match statement:
            case Claim(outcomes=outcomes):
                return (Outcome.TRUE if value is True else Outcome.FALSE) in outcomes
            case Outside(type=type):
                return not conforms(value, type)
            case Bound(path=path):
                return equal(at(bindings, path), value)
            case _:
                return False


class _Attempt:
    """One search: it may try so many values, over all cases of the problem."""

    def __init__(self, problem: Problem, searching: Searching) -> None:
        self.problem = problem
        self.searching = searching
        self.evaluations = 0
        self.narrowings = 0
        self.absent: frozenset[str] = frozenset()
        self.tried: set[str] = set()
        conditions = [s.condition if isinstance(s, Claim) else s.expression for s in problem.statements]
        self.reads = [searching.reads(checked) for checked in conditions]
        self.scopes = [checked.scope for checked in conditions if checked.scope.certain is not None]
        self.paths = list(dict.fromkeys(path for reads in self.reads for path in reads.paths))
        self.counts = list(dict.fromkeys(count for reads in self.reads for count in reads.counts))
        self.constants = Constants()
        for reads in self.reads:
            for kind, found in reads.constants.numbers.items():
                self.constants.numbers.setdefault(kind, set()).update(found)
            self.constants.texts.update(reads.constants.texts)
            self.constants.read_as_numbers |= reads.constants.read_as_numbers
            self.constants.read_as_addresses |= reads.constants.read_as_addresses

    def plain(self, state: State) -> Bindings | None:
        """Return the plainest values of a case, if all statements hold for them."""
        bindings = self._bindings(state)
        return bindings if bindings is not None and self._new(bindings) and self._hold(bindings) else None

    def one_by_one(self, state: State) -> Bindings | None:
        """Return values of a case of which all but one, and what follows from it, are the plainest."""
        for slot in self._all(state):
            for case in self._narrowed(slot, state):
                found = self.plain(case)
                if found is not None:
                    return found
        return None

    def deep(self, state: State) -> Bindings | None:
        """Return values of a case for which all statements hold."""
        return self._vary(state, self._all(state))

    def _all(self, state: State) -> list[Slot]:
        return [*self._slots(state), *self.counts]

    def _narrowed(self, slot: Slot, state: State) -> Iterator[State]:
        """Yield what is left of a case for one value after the other of what is chosen next."""
        for case in self._choices(slot, state.copy()):
            if self.evaluations >= MOST_EVALUATIONS or self.narrowings >= MOST_NARROWINGS:
                return
            self.narrowings += len(self.problem.statements)
            after = self.searching.narrowing.propagated(self.problem, [case])
            if isinstance(after, Narrowed):
                yield after.states[0]

    def _slots(self, state: State) -> list[Slot]:
        paths = dict.fromkeys(state.resolve(path) for path in self.paths)
        leaves = [path for path in paths if not isinstance(state.type_at(path), RecordType) or state.may_lack(path)]
        # What is to differ from something, of which the plainest values are often the same, comes first.
        differing = {side for sides, signs in state.relations.items() if 0 not in signs for side in sides}
        return sorted(leaves, key=lambda path: (path not in differing, path not in state.domains))

    def _vary(self, state: State, slots: list[Slot]) -> Bindings | None:
        found = self.plain(state)
        if found is not None or not slots:
            return found
        for case in self._narrowed(slots[0], state):
            found = self._vary(case, slots[1:])
            if found is not None:
                return found
        return None

    def _new(self, bindings: Bindings) -> bool:
        before = len(self.tried)
        self.tried.add(repr(bindings))
        return len(self.tried) > before

    def _hold(self, bindings: Bindings) -> bool:
        self.evaluations += 1
        return all(self.searching.holds(statement, bindings) for statement in self.problem.statements)

    def _choices(self, slot: Slot, state: State) -> Iterator[State]:
        """Yield the state with one value after the other for what is chosen next."""
        if not isinstance(slot, tuple):
            domain = state.terms.get(slot, numbers("int", 0))
            for value in values_in(domain, DYN, self.constants)[:MOST_VALUES]:
                case = state.copy()
                case.terms[slot] = point(value)
                yield case
            return
        if state.lacks(slot):
            return
        if state.may_lack(slot):
            gone = state.copy()
            try:
                gone.forbid(slot)
                yield gone
            except Contradiction:
                pass
        for value in self._values(slot, state)[:MOST_VALUES]:
            case = state.copy()
            try:
                case.require(slot)
                case.narrow(slot, point(value))
                case.chosen = {**case.chosen, slot: value}
            except Contradiction:
                continue
            yield case

    def _values(self, path: Path, state: State) -> list[object]:
        """Return values to try at a path."""
        domain, type = state.domain(path), state.type_at(path)
        if path in state.chosen or isinstance(type, RecordType):
            return [state.chosen[path]] if path in state.chosen else []
        if isinstance(domain, Sized) and domain.kind == "list":
            return self._lists(path, domain, type, state)
        if isinstance(domain, Numbers) and domain.kind == "timestamp":
            terms = [
                (node, d) for node, d in state.terms.items() if isinstance(node, Call) and node.receiver is not None
            ]
            about = [(node, d) for node, d in terms if node.receiver is not None and chain(node.receiver) == path]
            fitting = instants(domain, about)
            if fitting:
                return fitting
        return values_in(domain, type, self.constants, path)

    def _lists(self, path: Path, domain: Sized, type: Type, state: State) -> list[object]:
        element = type.element if isinstance(type, ListType) else DYN
        items = self._items(path, element, state)
        items = [item for item in items if not any(type_same(item, lacked) for lacked in domain.lacking)]
        having = sorted(domain.having, key=str)
        made: list[object] = []
        for size in sizes(domain, self.constants)[:4]:
            for first in items or [None]:
                rest = size - len(having)
                if rest >= 0 and (rest == 0 or items):
                    made.append([*having, *([first] * rest)])
            if size - len(having) >= 2 and len(items) > 1:
                made.append([*having, *(items[at % len(items)] for at in range(size - len(having)))])
        return list({repr(value): value for value in made}.values())

    def _items(self, path: Path, element: Type, state: State) -> list[object]:
        """Return items to try in a list: for what goes over it, one that meets its condition and one that does not."""
        made: list[object] = []
        for reads in self.reads:
            for held, loop in reads.loops:
                introduced = reads.given.checked.reference_of(loop)
                if state.resolve(held) != path or not isinstance(introduced, Introduction):
                    continue
                inside = reads.given.inside(loop, state)
                for want in (True, False):
                    for case in reads.given.given(loop.body, want, inside.copy())[:2]:
                        made.append(self._build((introduced.locals[-1].number,), element, case))
        if not isinstance(element, RecordType):
            made += values_in(domain_of(element), element, self.constants)[:3]
        else:
            made.append(self._build((), element, State({})))
        kept = [value for value in made if conforms(value, element)]
        return list({repr(value): value for value in kept}.values())[:5]

    def _build(self, path: Path, type: Type, state: State) -> object:
        """Return a value for what stands at a path: what is known of it, and plain values for the rest."""
        if path and state.aliases:
            path = state.resolve(path)
        domain = state.domains.get(path) if path else None
        if path in state.chosen:
            return state.chosen[path]
        if isinstance(type, RecordType):
            made: dict[str, object] = {}
            for name, field in type.fields.items():
                part = (*path, name) if path else ()
                if not field.optional or (part and state.present.get(part) is True):
                    made[name] = self._build(part, field.type, state)
            return completed(made, type)
        below = {p[len(path)]: None for p in self.paths if path and p[: len(path)] == path and len(p) > len(path)}
        if type == DYN and below:
            return {
                str(name): self._build((*path, name), DYN, state)
                for name in below
                if state.present.get((*path, name)) is not False
            }
        values = self._values(path, state) if path and (domain is not None or self._matters(path)) else []
        if values:
            found = values[0]
            keys = [name for name in below if state.present.get((*path, name)) is True]
            if isinstance(found, dict) and keys:
                element = state.type_at((*path, keys[0]))
                found = {**found, **{name: self._build((*path, name), element, state) for name in keys}}
            return found
        try:
            return sample(type)
        except TypeError:
            return None

    def _matters(self, path: Path) -> bool:
        return path in self.paths or len(path) == 1 or path[0] in ("run", "principal")

    def _bindings(self, state: State) -> Bindings | None:
        """Return the values of all variables, those that are absent as an empty map; None where that cannot be."""
        absent = self._absent(state)
        if absent is None:
            return None
        self.absent = absent
        made: Bindings = {}
        for name, type in self.problem.variables.items():
            if name in absent:
                made[name] = {}
            elif name == HISTORY:
                made[name] = history(self._counted(state))
            else:
                made[name] = self._build((name,), type, state)
        return made if self._bind(made) else None

    def _absent(self, state: State) -> frozenset[str] | None:
        problem = self.problem
        absent = {*problem.absent, *(n for n in problem.optional if state.present.get((n,)) is not True)}
        for scope in self.scopes:
            assert scope.certain is not None
            while there := [
                name
                for name in scope.certain(frozenset(absent), frozenset(problem.variables.keys() - absent))
                if name in absent - problem.absent
            ]:
                if any(state.present.get((name,)) is False for name in there):
                    return None
                absent -= set(there)
        return frozenset(absent)

    def _counted(self, state: State) -> Iterator[tuple[str, int, int]]:
        for node in self.counts:
            question = asked(node)
            domain = state.terms.get(node, numbers("int", 0))
            if question is not None and isinstance(domain, Numbers) and domain.low < 10_000:
                yield (*question, int(domain.low))

    def _bind(self, made: Bindings) -> bool:
        """Give what is bound to an expression its value; say whether there is one of the type."""
        bound = [statement for statement in self.problem.statements if isinstance(statement, Bound)]
        for _ in bound:
            for statement in bound:
                try:
                    value = self.searching.evaluate(statement.expression, made)
                except (EvaluationError, Fault):
                    return False
                if not put(made, statement.path, value):
                    return False
        types = State(self.problem.variables)
        return all(conforms(at(made, one.path), types.type_at(one.path)) for one in bound)
