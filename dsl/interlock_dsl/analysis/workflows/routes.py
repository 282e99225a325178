"""Routes of a workflow: their clauses, judged for the place where the route is considered."""

from collections.abc import Mapping
from typing import TypeAlias

from interlock_dsl.analysis.declarations.policies import args_type
from interlock_dsl.analysis.facts import (
    AgentStepFacts,
    CallStepFacts,
    EscalationFacts,
    GrantFacts,
    RouteFacts,
    StepFacts,
    ToolFacts,
)
from interlock_dsl.analysis.links import Link
from interlock_dsl.analysis.symbols import Symbols
from interlock_dsl.analysis.workflows.places import Place, Reader
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.check.messages import no_fields, unknown_field
from interlock_dsl.cel.types import BOOL, DYN, ERROR, RecordType, Type
from interlock_dsl.diagnostics.messages import names as say_name
from interlock_dsl.diagnostics.messages import routes as say
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.builtins import TOOL
from interlock_dsl.program.graph import START
from interlock_dsl.syntax.tree import Escalate, Grant, Ident, RouteDecl


def route_facts(
    reader: Reader, symbols: Symbols, steps: Mapping[str, StepFacts], tools: Mapping[str, ToolFacts]
) -> tuple[RouteFacts, ...]:
    """Return the routes of a workflow in the order written."""
    context = _Context(reader, symbols, steps, tools)
    for decl in reader.outline.astray:
        _judge(decl, reader.unplaced(), context)
    return tuple(_route(link, context) for link in reader.outline.routes)


class _Context:
    """What the clauses of a route are read against."""

    def __init__(
        self,
        reader: Reader,
        symbols: Symbols,
        steps: Mapping[str, StepFacts],
        tools: Mapping[str, ToolFacts],
    ) -> None:
        self.reader = reader
        self.symbols = symbols
        self.steps = steps
        self.tools = tools


def _route(link: Link, context: _Context) -> RouteFacts:
    when, grants, passes, escalations = _judge(link.decl, context.reader.route(link), context)
    return RouteFacts(link, when, grants, passes, escalations)


_Clauses: TypeAlias = tuple[Checked | None, tuple[GrantFacts, ...], tuple[Ident, ...], tuple[EscalationFacts, ...]]


def _judge(decl: RouteDecl, here: Place, context: _Context) -> _Clauses:
    """Judge the clauses of a route, one that cannot be followed as well, so that all its mistakes are said at once."""
    if decl.approval is not None:
        context.symbols.role(decl.approval.role)
    for grant in decl.grants:
        for scope in grant.scopes:
            context.symbols.scope(scope)
    return (
        None if decl.when is None else context.reader.check(decl.when, here, BOOL),
        tuple(_grant(grant, decl, here, context) for grant in decl.grants),
        _passes(decl, here, context),
        tuple(_escalation(escalation, here, context) for escalation in decl.escalations),
    )


def _escalation(decl: Escalate, here: Place, context: _Context) -> EscalationFacts:
    context.symbols.role(decl.role)
    return EscalationFacts(decl, None if decl.when is None else context.reader.check(decl.when, here, BOOL))


def _grant(decl: Grant, route: RouteDecl, here: Place, context: _Context) -> GrantFacts:
    scopes = frozenset(scope.text for scope in decl.scopes)
    where = None
    if decl.where is not None:
        args = args_type(_called(route, scopes, context), context.tools)
        where = context.reader.check(decl.where, here, BOOL, {"args": args, "tool": TOOL})
    return GrantFacts(decl, where)


def _called(route: RouteDecl, scopes: frozenset[str], context: _Context) -> list[str]:
    """Return the tools whose calls a grant may be asked for at the targets of its route."""
    found: list[str] = []
    for target in (*route.targets, *([route.bound.then] if route.bound is not None and route.bound.then else [])):
        match context.steps.get(target.text):
            case CallStepFacts(call=call):
                found.append(call.tool)
            case AgentStepFacts(tools=tools):
                found.extend(tool for tool in tools if tool in context.tools and context.tools[tool].needs & scopes)
            case _:
                pass
    return found


def _passes(decl: RouteDecl, here: Place, context: _Context) -> tuple[Ident, ...]:
    found: dict[str, Ident] = {}
    for written in decl.passes:
        first = found.setdefault(written.text, written)
        if first is not written:
            context.symbols.report.add(say_name.repeated("the value", written.text, written.span, first.span))
        else:
            _check_pass(written, here, context.reader, context.symbols)
    return tuple(found.values())


def _check_pass(written: Ident, here: Place, reader: Reader, symbols: Symbols) -> None:
    root, *fields = written.text.split(".")
    outline, report = reader.outline, symbols.report
    type: Type
    if root in outline.steps:
        if not reader.check_read(root, written.span, here):
            return
        if not reader.certain(root, here):
            report.add(say.maybe_passed(root, written.span, outline.place(root)))
            return
        type = reader.outputs.get(root, DYN)
    elif root in outline.parameters.fields:
        type = outline.parameters.fields[root].type
    elif root == START:
        report.add(say.start_passed(written.span, outline.parameters.fields))
        return
    else:
        symbols.miss("step or parameter", Ident(root, span=written.span), [*outline.parameters.fields, *outline.steps])
        return
    _check_fields(type, fields, written.span, reader)


def _check_fields(type: Type, fields: list[str], span: Span, reader: Reader) -> None:
    for field in fields:
        if type in (DYN, ERROR):
            return
        if not isinstance(type, RecordType):
            reader.expressions.report.add(no_fields(type, field, span))
            return
        if field not in type.fields:
            reader.expressions.report.add(unknown_field(type, field, span))
            return
        type = type.fields[field].type
