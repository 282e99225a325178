"""What an expression of a workflow may read, depending on where it stands."""

from collections.abc import Mapping
from dataclasses import dataclass

from interlock_dsl.analysis.builtins import EVERYWHERE
from interlock_dsl.analysis.dataflow import START, Names
from interlock_dsl.analysis.outline import Outline
from interlock_dsl.cel.check import Scope
from interlock_dsl.cel.environment import CompiledExpression
from interlock_dsl.cel.tree import Expression
from interlock_dsl.cel.types import DYN, ERROR, Type
from interlock_dsl.diagnostics.messages import routes as say
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.lowering.expressions import Expressions, free_names


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a workflow: the steps that have certainly run, those that may have, and how to speak of it.

    `nodes` are the steps that the place belongs to, for telling what runs beside them.
    """

    definite: Names
    possible: Names
    nodes: tuple[str, ...]
    words: str


class Reader:
    """Compiles the expressions of one workflow, each for its place. `outputs` are the types of the steps' outputs."""

    def __init__(self, outline: Outline, expressions: Expressions) -> None:
        self.outline = outline
        self.outputs: dict[str, Type] = {}
        self.expressions = expressions
        self._parameters: dict[str, Type] = {n: f.type for n, f in outline.parameters.fields.items()}
        self._optional = frozenset(name for name, field in outline.parameters.fields.items() if field.optional)

    def step(self, name: str) -> Place:
        """Return the place at the beginning of a step or an end."""
        flow = self.outline.flow
        if not self._known(name):
            return self._anything(name)
        what = "end" if name in flow.ends else "step"
        return Place(flow.definite[name], flow.possible[name], (name,), f"when the {what} `{name}` begins")

    def route(self, number: int) -> Place:
        """Return the place where a route is considered."""
        flow = self.outline.flow
        sources = flow.sources(number)
        if not all(self._known(source) for source in sources):
            return self._anything(*sources)
        named = " and ".join(f"`{source}`" for source in sources)
        words = f"when the route from {named} is considered"
        return Place(flow.written(number), flow.perhaps(number), sources, words)

    def anywhere(self) -> Place:
        """Return the place of a rule that holds at every step: nothing has certainly run."""
        return Place(frozenset(), frozenset(self.outline.steps), (), "")

    def unplaced(self) -> Place:
        """Return the place of a route that cannot be followed: anything may have run."""
        return self._anything()

    def _known(self, name: str) -> bool:
        return self.outline.complete and (name in self.outline.flow.reached or name == START)

    def _anything(self, *nodes: str) -> Place:
        every = frozenset(self.outline.steps)
        return Place(every, every, nodes, "")

    def scope(self, place: Place, extra: Mapping[str, Type]) -> Scope:
        """Return the scope of a place: parameters, outputs, what every condition sees, and the given variables.

        Outputs that cannot be there are in it too, as what has been complained about already.
        """
        outputs = {n: self.outputs.get(n, DYN) if n in place.possible else ERROR for n in self.outline.steps}
        absent = frozenset(self.outline.steps) & place.possible - place.definite
        return self.expressions.scope({**self._parameters, **outputs, **EVERYWHERE, **extra}, self._optional | absent)

    def compile(
        self, tree: Expression, place: Place, expected: Type | None = None, extra: Mapping[str, Type] | None = None
    ) -> CompiledExpression:
        """Return an expression compiled for its place."""
        return self.typed(tree, place, expected, extra)[0]

    def typed(
        self, tree: Expression, place: Place, expected: Type | None = None, extra: Mapping[str, Type] | None = None
    ) -> tuple[CompiledExpression, Type]:
        """Return an expression compiled for its place, and its type."""
        for name in free_names(tree):
            self.check_read(name.name, name.span, place)
        return self.expressions.typed(tree, self.scope(place, extra or {}), expected)

    def check_read(self, name: str, span: Span, place: Place) -> bool:
        """Say whether a step's output may be there at a place, and report it if it never is."""
        if name not in self.outline.steps or name in place.possible:
            return True
        beside = next((node for node in place.nodes if self.outline.flow.at_once(node, name)), None)
        declared = self.outline.place(name)
        if beside is not None:
            self.expressions.report.add(say.parallel_read(f"`{beside}`", name, span, declared))
        else:
            self.expressions.report.add(say.not_yet(name, span, declared, place.words))
        return False
