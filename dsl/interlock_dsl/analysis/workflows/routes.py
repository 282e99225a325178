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
    RunStepFacts,
    StepFacts,
    ToolFacts,
)
from interlock_dsl.analysis.links import Link, handed
from interlock_dsl.analysis.symbols import Symbols
from interlock_dsl.analysis.workflows.places import Place, Reader
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.check.messages import no_fields, unknown_field
from interlock_dsl.cel.tree import Expression
from interlock_dsl.cel.types import BOOL, DYN, ERROR, ListType, RecordType, Type
from interlock_dsl.diagnostics.messages import names as say_name
from interlock_dsl.diagnostics.messages import routes as say
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.builtins import FAILURE, TOOL
from interlock_dsl.program.graph import START
from interlock_dsl.syntax.tree import Approval, Escalate, Grant, Ident, RouteDecl, WayOut


def route_facts(
    reader: Reader, symbols: Symbols, steps: Mapping[str, StepFacts], tools: Mapping[str, ToolFacts]
) -> tuple[RouteFacts, ...]:
    """Return the routes of a workflow in the order written."""
    context = _Context(reader, symbols, steps, tools)
    for decl in reader.outline.astray:  # so that all their mistakes are said at once
        here = reader.unplaced()
        _condition(decl.when, here, context)
        for clauses, targets in handed(decl):
            _clauses(clauses, targets, here, context)
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


_Clauses: TypeAlias = tuple[tuple[GrantFacts, ...], tuple[Ident, ...], Approval | None, tuple[EscalationFacts, ...]]


def _route(link: Link, context: _Context) -> RouteFacts:
    here = context.reader.route(link)
    when = _condition(link.decl.when, here, context)
    own, *others = (_clauses(clauses, targets, here, context) for clauses, targets in handed(link.decl))
    out = None
    if link.out is not None:
        taken_over = _for_end(own) if link.out.targets[0] in context.reader.outline.ends else own
        out = RouteFacts(link.out, None, *(others[0] if others else taken_over))
    part = context.reader.outline.flow.parts.get(link.id)
    return RouteFacts(link, when, *own, out, () if part is None else part.names)


def _for_end(clauses: _Clauses) -> _Clauses:
    """Return what an end can use of the clauses that it takes over: who approves sees what is passed, nobody else."""
    _, passes, approval, escalations = clauses
    told = tuple(each for each in escalations if approval is not None or not each.decl.on_expiry)
    return (), passes if approval is not None else (), approval, told


def _condition(tree: Expression | None, here: Place, context: _Context) -> Checked | None:
    return None if tree is None else context.reader.check(tree, here, BOOL)


def _clauses(decl: RouteDecl | WayOut, targets: tuple[Ident, ...], here: Place, context: _Context) -> _Clauses:
    """Judge what is written for some targets: what is granted, passed and asked, and who is told."""
    if decl.approval is not None:
        context.symbols.role(decl.approval.role)
    for grant in decl.grants:
        for scope in grant.scopes:
            context.symbols.scope(scope)
    return (
        tuple(_grant(grant, targets, here, context) for grant in decl.grants),
        _passes(decl.passes, here, context),
        decl.approval,
        tuple(_escalation(escalation, here, context) for escalation in decl.escalations),
    )


def _escalation(decl: Escalate, here: Place, context: _Context) -> EscalationFacts:
    context.symbols.role(decl.role)
    return EscalationFacts(decl, _condition(decl.when, here, context))


def _grant(decl: Grant, targets: tuple[Ident, ...], here: Place, context: _Context) -> GrantFacts:
    scopes = frozenset(scope.text for scope in decl.scopes)
    where = None
    if decl.where is not None:
        args = args_type(_called(targets, scopes, context), context.tools)
        where = context.reader.check(decl.where, context.reader.afterwards(here), BOOL, {"args": args, "tool": TOOL})
    return GrantFacts(decl, where)


def _called(targets: tuple[Ident, ...], scopes: frozenset[str], context: _Context) -> list[str]:
    """Return the tools whose calls a grant may be asked for at its targets."""
    found: list[str] = []
    for target in targets:
        match context.steps.get(target.text):
            case CallStepFacts(call=call):
                found.append(call.tool)
                found += [] if (other := context.tools[call.tool].fallback) is None else [other.tool]
            case AgentStepFacts(tools=tools):
                found.extend(tool for tool in tools if tool in context.tools and context.tools[tool].needs & scopes)
            case RunStepFacts():  # whatever is called inside with what is granted here
                found.extend(name for name, tool in context.tools.items() if tool.needs & scopes)
            case _:
                pass
    return found


def _passes(passes: tuple[Ident, ...], here: Place, context: _Context) -> tuple[Ident, ...]:
    found: dict[str, Ident] = {}
    for written in passes:
        first = found.setdefault(written.text, written)
        if first is not written:
            context.symbols.report.add(say_name.repeated("the value", written.text, written.span, first.span))
        else:
            _check_pass(written, here, context.reader, context.symbols)
    return tuple(found.values())


def _check_pass(written: Ident, here: Place, reader: Reader, symbols: Symbols) -> None:
    root, *fields = written.path
    outline, report = reader.outline, symbols.report
    type: Type
    if root in outline.steps:
        if not reader.check_read(root, written.span, here):
            return
        if not reader.certain(root, here):
            found = reader.absent(root, here, say.maybe_passed(root, written.span, outline.place(root)))
            if found is not None:
                report.add(found)
            return
        type = reader.outputs.get(root, DYN)
    elif root in outline.parameters.fields:
        type = outline.parameters.fields[root].type
    elif root == FAILURE:
        type = reader.failure(here, written.span)
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
        if field.isdigit():
            if not isinstance(type, ListType) or (type.max is not None and int(field) >= type.max):
                reader.expressions.report.add(say.no_element(field, type, span))
                return
            type = type.element
            continue
        if not isinstance(type, RecordType):
            reader.expressions.report.add(no_fields(type, field, span))
            return
        if field not in type.fields:
            found = unknown_field(type, field, span)
            if reader.expressions.report.first_of(f"field of {span.text.split('.')[0]}", found.message):
                reader.expressions.report.add(found)
            return
        type = type.fields[field].type
