"""What the nodes of a checked expression read, and what is known of that."""

import math
from abc import ABC, abstractmethod
from functools import lru_cache

from interlock_dsl.analysis.values.arithmetic import (
    ALL_SIGNS,
    NO_ERRORS,
    Errors,
)
from interlock_dsl.analysis.values.domain import (
    ANYTHING,
    EITHER,
    NOTHING,
    Choice,
    Domain,
    bools,
    domain_of,
)
from interlock_dsl.analysis.values.lists import Result
from interlock_dsl.analysis.values.points import contains
from interlock_dsl.analysis.values.state import Path, Signs, State, Term
from interlock_dsl.cel.check import Checked, Introduction, LocalReference
from interlock_dsl.cel.check.presence import path_of
from interlock_dsl.cel.tree import (
    Bind,
    Call,
    Comprehension,
    Expression,
    Index,
    Name,
    Select,
    children,
)
from interlock_dsl.cel.types import (
    Basic,
    DoubleType,
    IntType,
    ListType,
    MapType,
    OptionalType,
    RecordType,
    StringType,
    Type,
    UintType,
)

INDEX: Errors = frozenset({"no-such-index"})
KEY: Errors = frozenset({"no-such-key"})
OVERLOAD: Errors = frozenset({"no-such-overload"})
MISSING: Errors = frozenset({"no-such-field", "no-such-key"})
LOGICAL = {"_&&_": False, "_||_": True}


class Reading(ABC):
    """Knows the nodes of one checked expression. It keeps what it has found out about the nodes, not of states."""

    def __init__(self, checked: Checked) -> None:
        self.checked = checked
        self.root = checked.expression
        self.definitions: dict[int, Expression] = {}
        """What `cel.bind` defines: the local variable stands for its expression."""
        self._paths: dict[int, Path | None] = {}
        self._terms: dict[int, bool] = {}

    @abstractmethod
    def evaluate(self, node: Expression, state: State) -> Result:
        """Return what a node can come to, and the errors it can end in."""

    @abstractmethod
    def given(self, node: Expression, want: bool, state: State) -> list[State]:
        """Return the states in which a condition comes to `want`, none where it cannot. The state is taken over."""

    def after(self, node: Expression, want: bool, state: State) -> State | None:
        """Return what is known after a condition came to `want`: None if it cannot have."""
        found = self.given(node, want, state.copy())
        return found[0] if len(found) == 1 else state if found else None

    def path(self, node: Expression) -> Path | None:
        """Return the chain of fields that a node reads, None for anything else."""
        key = id(node)
        try:
            return self._paths[key]
        except KeyError:
            found = self._paths[key] = path_of(node, self.checked.reference_of, {}) if _is_chain(node) else None
            return found

    def definition(self, node: Expression) -> Expression | None:
        """Return what a local variable of `cel.bind` stands for."""
        reference = self.checked.reference_of(node)
        return self.definitions.get(reference.number) if isinstance(reference, LocalReference) else None

    def term(self, node: Expression) -> Term | None:
        """Return how what a node says is known elsewhere; None where a local variable takes part."""
        if id(node) not in self._terms:
            self._terms[id(node)] = not self._free(node)
        if not self._terms[id(node)]:
            return None
        path = self.path(node)
        return node if path is None else path

    def _free(self, node: Expression) -> frozenset[int]:
        """Return the local variables that a node reads and does not bring in itself."""
        reference = self.checked.reference_of(node)
        if isinstance(reference, LocalReference):
            return frozenset({reference.number})
        found = frozenset[int]().union(*map(self._free, children(node)))
        if isinstance(reference, Introduction):
            return found - {local.number for local in reference.locals}
        return found

    def related(self, left: Expression, right: Expression, state: State) -> Signs:
        """Return what is known of how two nodes compare."""
        if left == right and self.term(left) is not None and equals_itself(self.checked.type_of(left)):
            return frozenset({0})
        if not state.relations:
            return ALL_SIGNS
        one, other = self.term(left), self.term(right)
        if one is None or other is None:
            return ALL_SIGNS
        if isinstance(one, tuple):
            one = state.resolve(one)
        if isinstance(other, tuple):
            other = state.resolve(other)
        found = state.relations.get((one, other))
        if found is None:
            turned = state.relations.get((other, one))
            found = ALL_SIGNS if turned is None else frozenset(None if s is None else -s for s in turned)
        return found

    def read(self, node: Expression, path: Path, state: State) -> Result:
        """Return what stands at the path that a node reads."""
        definition = self.definitions.get(path[0]) if isinstance(path[0], int) else None
        if definition is not None:
            if len(path) == 1:
                return self.evaluate(definition, state)
            base, errors = self.evaluate(definition, state)
            if base is NOTHING:
                return NOTHING, errors
            return domain_of(self.checked.type_of(node)), errors | self.undeclared(node)
        if state.lacks(path):
            return NOTHING, MISSING
        return state.domain(path), self.open_at(path, state)

    def open_at(self, path: Path, state: State) -> Errors:
        """Return the errors of reading fields that are not declared: of maps, and of what may be anything."""
        errors = NO_ERRORS
        for length in range(1, len(path)):
            type = state.type_at(path[:length])
            if isinstance(type, RecordType | OptionalType) or state.present.get(path[: length + 1]):
                continue
            errors |= KEY if isinstance(type, MapType) else KEY | OVERLOAD | INDEX
        return errors

    def undeclared(self, node: Expression) -> Errors:
        """Return the errors of reading fields that are not declared, of what is no path."""
        match node:
            case Select(operand=operand) | Index(operand=operand):
                type = self.checked.type_of(operand)
                own = NO_ERRORS if isinstance(type, RecordType | OptionalType) else KEY | OVERLOAD | INDEX
                return own | self.undeclared(operand)
            case _:
                return NO_ERRORS

    def define(self, node: Bind, value: Expression) -> None:
        """Note what the variable of a `cel.bind` stands for."""
        introduced = self.checked.reference_of(node)
        if isinstance(introduced, Introduction):
            self.definitions[introduced.locals[0].number] = value

    def operands(self, node: Call) -> list[Expression]:
        """Return the operands of a chain of `&&`, or of `||`, in order."""
        found: list[Expression] = []
        pending: list[Expression] = [node]
        while pending:
            one = pending.pop()
            if isinstance(one, Call) and one.function == node.function and one.receiver is None:
                pending.extend(reversed(one.arguments))
            else:
                found.append(one)
        return found

    def there(self, path: Path, state: State) -> Domain:
        """Say whether a field is there, as a truth value."""
        if state.lacks(path):
            return bools(False)
        lacking = any(state.may_lack(path[:length]) for length in (1, len(path)))
        return EITHER if lacking else bools(True)

    def inside(self, node: Comprehension, state: State) -> State:
        """Return a state in which the variables of a comprehension have their types."""
        introduced = self.checked.reference_of(node)
        made = state.copy()
        if isinstance(introduced, Introduction):
            made.types = {**made.types, **{local.number: local.type for local in introduced.locals}}
        return made


def truths_of(found: Domain) -> frozenset[object]:
    """Return the truth values in a domain."""
    if isinstance(found, Choice):
        return found.values
    return frozenset({True, False}) if found is ANYTHING else frozenset()


@lru_cache(maxsize=1024)
def equals_itself(type: Type) -> bool:
    """Say whether every value of a type is equal to itself: a NaN is not, nor what may hold one."""
    match type:
        case DoubleType():
            return not contains(domain_of(type), math.nan)
        case RecordType(fields=fields):
            return all(equals_itself(field.type) for field in fields.values())
        case ListType(element=inner) | MapType(value=inner) | OptionalType(of=inner):
            return equals_itself(inner)
        case IntType() | UintType() | StringType() | Basic("bool" | "bytes" | "timestamp" | "duration" | "null_type"):
            return True
        case _:
            return False


def _is_chain(node: Expression) -> bool:
    while isinstance(node, Select | Index):
        node = node.operand
    return isinstance(node, Name)
