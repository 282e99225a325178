"""A workflow with its names resolved: which steps and ends there are, and which routes can be followed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from interlock_dsl.analysis.links import Link, links
from interlock_dsl.analysis.symbols import Symbols
from interlock_dsl.analysis.types import Types
from interlock_dsl.analysis.workflows.flow import Flow, flow
from interlock_dsl.analysis.workflows.reconciling import reconciled
from interlock_dsl.cel.types import ERROR, RecordType
from interlock_dsl.diagnostics.messages import names as say
from interlock_dsl.diagnostics.messages import routes as say_route
from interlock_dsl.diagnostics.messages import types as say_type
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.builtins import EVENT, RESERVED
from interlock_dsl.program.graph import START, build
from interlock_dsl.syntax.tree import (
    AgentStep,
    AskStep,
    CallStep,
    EndDecl,
    EventStep,
    Ident,
    RouteDecl,
    RunStep,
    SetStep,
    StepNode,
    TableStep,
    TimeStep,
    WorkflowDecl,
)

KINDS: Mapping[type[StepNode], str] = {
    AgentStep: "agent",
    CallStep: "call",
    AskStep: "ask",
    EventStep: "event",
    TimeStep: "time",
    TableStep: "table",
    SetStep: "set",
    RunStep: "run",
}
"""What the nodes of the graph are called by their kind of step."""


@dataclass(frozen=True)
class Outline:
    """A workflow's names. `routes` are those whose ends exist, `astray` the others; `complete` says there are none.

    Where a route is missing, nothing is concluded from the shape: one misspelt name shall not make a dozen findings.
    """

    decl: WorkflowDecl
    parameters: RecordType
    steps: dict[str, StepNode]
    ends: dict[str, EndDecl]
    routes: tuple[Link, ...]
    astray: tuple[RouteDecl, ...]
    flow: Flow
    complete: bool

    def place(self, name: str) -> Span:
        """Return where a step, an end or a parameter is declared."""
        if name in self.steps:
            return self.steps[name].name.span
        if name in self.ends:
            return self.ends[name].name.span
        return next((p.name.span for p in self.decl.parameters if p.name.text == name), self.decl.name.span)


def outline(decl: WorkflowDecl, symbols: Symbols, types: Types) -> Outline:
    """Resolve the names of a workflow, and report those that are missing, taken or reserved."""
    taken: dict[str, tuple[str, Ident]] = {}
    if any(isinstance(step, EventStep) and step.where is not None for step in decl.steps):
        taken[EVENT] = "name", Ident(EVENT)
    parameters = types.record(decl.parameters, what="the parameter")
    first = {node.name.text: node for node in reversed(decl.parameters)}
    for node in first.values():  # `types.record` has reported the others
        _take(symbols, taken, "parameter", node.name)
        held = parameters.fields[node.name.text].type
        if node.optional and held != ERROR and not isinstance(held, RecordType):
            symbols.report.add(say_type.optional_parameter(node.name.text, node.name.span))
    steps = {step.name.text: step for step in decl.steps if _take(symbols, taken, "step", step.name)}
    ends = {end.name.text: end for end in decl.ends if _take(symbols, taken, "end", end.name)}
    _rows(symbols, taken, steps.values())
    refused = {node.name.text for node in (*decl.steps, *decl.ends)} - steps.keys() - ends.keys()
    written = reconciled(decl.routes, symbols.report)
    placed = {id(route): _placed(route, symbols, steps, ends, refused) for route in written}
    routes = links(route for route in written if placed[id(route)])
    astray = tuple(route for route in written if not placed[id(route)])
    nodes = [(START, "start"), *((n, KINDS[type(s)]) for n, s in steps.items()), *((n, "end") for n in ends)]
    complete = not astray and len(steps) == len(decl.steps) and len(ends) == len(decl.ends)
    return Outline(decl, parameters, steps, ends, routes, astray, flow(build(nodes, routes)), complete)


def _take(symbols: Symbols, taken: dict[str, tuple[str, Ident]], kind: str, name: Ident) -> bool:
    if name.text in RESERVED or (name.text == EVENT and taken.get(EVENT, ("",))[0] == "name"):
        symbols.report.add(say.reserved(kind, name.text, name.span, RESERVED | {name.text}))
        return False
    other, first = taken.setdefault(name.text, (kind, name))
    if first is name:
        return True
    if other != kind:
        symbols.report.add(say.clash(kind, name.text, name.span, other, first.span))
    else:
        symbols.report.add(say.duplicate(kind, name.text, name.span, first.span))
    return False


def _rows(symbols: Symbols, taken: Mapping[str, tuple[str, Ident]], steps: Iterable[StepNode]) -> None:
    """Report the rows of fan-outs that are called like something else; several fan-outs may call theirs alike."""
    for step in steps:
        row = (
            step.rows.row
            if isinstance(step, AgentStep | CallStep | AskStep | TableStep | RunStep) and step.rows
            else None
        )
        if row is None:
            continue
        if row.text in RESERVED:
            symbols.report.add(say.reserved("row", row.text, row.span, RESERVED))
        elif row.text in taken:
            other, first = taken[row.text]
            symbols.report.add(say.clash("row", row.text, row.span, other, first.span))


def _placed(
    route: RouteDecl, symbols: Symbols, steps: dict[str, StepNode], ends: dict[str, EndDecl], refused: set[str]
) -> bool:
    """Say whether a route leads from steps (or `start`) to steps or ends, and report where it does not.

    Nothing is said of the `refused` names: their declarations have been complained about.
    """
    found = True
    for source in route.sources:
        if source.text in ends:
            symbols.report.add(say_route.from_end(source.text, source.span, ends[source.text].name.span))
            found = False
        elif source.text != START and source.text not in steps:
            if source.text not in refused:
                symbols.miss("step", source, [START, *steps])
            found = False
    out = () if route.bound is None or route.bound.then is None else (route.bound.then,)
    for target in (*route.targets, *out):
        if target.text == START:
            symbols.report.add(say_route.into_start(target.span))
            found = False
        elif target.text not in steps and target.text not in ends:
            if target.text not in refused:
                symbols.miss("step or end", target, [*steps, *ends])
            found = False
    return found
