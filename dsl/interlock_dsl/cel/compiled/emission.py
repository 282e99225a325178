"""What the rules of the compiled tier share: what is known of a node, chains of fields, values to work with.

The rules for arithmetic, calls, comparisons and loops take an `Emission`, and ask it for the code of their operands.
"""

from abc import abstractmethod
from collections.abc import Iterator

from interlock_dsl.cel.check import (
    Checked,
    Introduction,
    LocalReference,
    VariableReference,
    kind,
)
from interlock_dsl.cel.compiled.guards import TypeGuards
from interlock_dsl.cel.compiled.pieces import (
    BINDINGS,
    Known,
    Piece,
    constant,
    finished,
    item,
    replace,
)
from interlock_dsl.cel.compiled.unit import Frame, Key, Unit, Unsupported, Uses
from interlock_dsl.cel.tree import (
    Comprehension,
    Expression,
    Index,
    Literal,
    Select,
    children,
)
from interlock_dsl.cel.types import RecordType


class Emission(TypeGuards):
    """Code for the expressions of one check; how a node becomes code is left to the class with the rules."""

    def __init__(self, unit: Unit, checked: Checked, longest: int) -> None:
        super().__init__(checked, longest)
        self.unit = unit
        self._first_local = unit.number_locals()
        self.aliases: dict[int, Key] = {}

    @abstractmethod
    def emit(self, node: Expression, frame: Frame, known: Known) -> Piece:
        """Return code for a node, to run where `known` holds."""

    def type(self, node: Expression) -> str:
        """Return the kind of value a node is declared to have."""
        return kind(self.checked.type_of(node))

    def key(self, node: Expression) -> Key | None:
        """Return the chain that a node reads, None where it is not a plain one."""
        fields: list[str] = []
        while True:
            reference = self.checked.reference_of(node)
            if isinstance(reference, VariableReference):
                return (reference.name, *reversed(fields))
            if isinstance(reference, LocalReference):
                number = self._first_local + reference.number
                return (*self.aliases.get(number, (number,)), *reversed(fields))
            match node:
                case Select(operand=operand, field=field, optional=False):
                    fields.append(field)
                case Index(operand=operand, index=Literal(value=str() as field), optional=False):
                    fields.append(field)
                case _:
                    return None
            node = operand

    def uses(self, *nodes: Expression) -> Uses:
        """Count the chains that code for some nodes will read, comprehensions within them aside."""
        return Uses.of(key for node in nodes for _, key in self.chains(node))

    def chains(self, node: Expression) -> Iterator[tuple[Expression, Key]]:
        """Yield the longest chains in a tree, each with its node; of a comprehension only those in its range."""
        todo = [node]
        while todo:
            node = todo.pop()
            key = self.key(node)
            if key is not None:
                yield node, key
            elif isinstance(node, Comprehension):
                todo.append(node.range)
            else:
                todo.extend(children(node))

    def steady(self, node: Expression) -> bool:
        """Whether a chain reads nothing but what is declared to be there whenever the expression is evaluated."""
        while True:
            reference = self.checked.reference_of(node)
            if isinstance(reference, VariableReference):
                return reference.name not in self.checked.scope.optional_variables
            if not isinstance(node, Select):
                return False
            record = self.checked.type_of(node.operand)
            if not isinstance(record, RecordType) or record.fields[node.field].optional:
                return False
            node = node.operand

    # Reads

    def read(self, key: Key, frame: Frame, known: Known, cost: int) -> Piece:
        """Return code that reads a chain."""
        slot = frame.assigned(key, known)
        if slot is not None:
            return Piece(frame.load(slot), None, cost, known, known, slot=slot)
        if len(key) == 1:
            if not isinstance(key[0], str):
                raise Unsupported
            piece = Piece(item(frame.load(BINDINGS), constant(key[0])), None, cost, known, known)
        else:
            container = self.expect(self.read(key[:-1], frame, known, cost), "map", frame)
            code = item(container.code, constant(key[-1]))
            piece = Piece(code, None, cost, container.known, container.known, container.tests)
        return self.hold(piece, frame, key) if frame.uses.repeated(key) else piece

    def text(self, node: Expression, frame: Frame, known: Known) -> Piece:
        """Return code for a text of bounded length."""
        return self.limited(self.expect(self.emit(node, frame, known), "string", frame), node, frame)

    def condition(self, node: Expression, frame: Frame, known: Known) -> Piece:
        """Return code for a bool, without tests in front."""
        piece = self.truth(self.emit(node, frame, known), frame)
        return replace(piece, code=finished(piece), tests=())

    def introduced(self, node: Expression) -> tuple[int, ...]:
        """Return the numbers of the local variables that a node brings in."""
        reference = self.checked.reference_of(node)
        assert isinstance(reference, Introduction)
        return tuple(self._first_local + local.number for local in reference.locals)
