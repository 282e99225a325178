"""Routes of a workflow: clauses compiled for the place where the route is considered."""

from collections.abc import Mapping

from interlock_dsl.analysis.symbols import Symbols
from interlock_dsl.analysis.workflows.links import Link
from interlock_dsl.cel.check.messages import no_fields, unknown_field
from interlock_dsl.cel.types import BOOL, DYN, ERROR, RecordType, Type
from interlock_dsl.diagnostics.messages import names as say_name
from interlock_dsl.diagnostics.messages import routes as say
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.lowering.declarations import micros
from interlock_dsl.lowering.places import Place, Reader
from interlock_dsl.lowering.policies import args_type
from interlock_dsl.program import model as program
from interlock_dsl.program.builtins import TOOL
from interlock_dsl.program.graph import START
from interlock_dsl.syntax.tree import Bound, Escalate, Grant, Ident, RouteDecl


def build_routes(
    reader: Reader, symbols: Symbols, steps: Mapping[str, program.Step], tools: Mapping[str, program.Tool]
) -> tuple[program.Route, ...]:
    """Return the routes of a workflow in the order written."""
    context = _Context(reader, symbols, steps, tools)
    for decl in reader.outline.astray:
        _clauses(decl, reader.unplaced(), context)
    return tuple(_route(link, context) for link in reader.outline.routes)


class _Context:
    """What the clauses of a route are read against."""

    def __init__(
        self,
        reader: Reader,
        symbols: Symbols,
        steps: Mapping[str, program.Step],
        tools: Mapping[str, program.Tool],
    ) -> None:
        self.reader = reader
        self.symbols = symbols
        self.steps = steps
        self.tools = tools


def _route(link: Link, context: _Context) -> program.Route:
    decl = link.decl
    here = context.reader.route(link)
    approval = None
    if decl.approval is not None:
        context.symbols.role(decl.approval.role)
        within = micros(decl.approval.within)
        approval = program.ApprovalRule(decl.approval.role.text, decl.approval.count, within, decl.approval.span)
    return program.Route(
        id=link.id,
        sources=link.sources,
        targets=link.targets,
        span=decl.span,
        trigger=decl.trigger,
        when=None if decl.when is None else context.reader.compile(decl.when, here, BOOL),
        otherwise=decl.otherwise,
        grants=tuple(_grant(grant, decl, here, context) for grant in decl.grants),
        passes=_passes(decl, here, context),
        approval=approval,
        escalations=tuple(_escalation(escalation, here, context) for escalation in decl.escalations),
        bound=_bound(decl.bound),
        merge=link.merge,
        out=_way_out(link),
    )


def _way_out(link: Link) -> program.Route | None:
    if link.out is None or link.decl.bound is None:
        return None
    return program.Route(link.out.id, link.sources, link.out.targets, link.decl.bound.span, merge=link.merge)


def _clauses(decl: RouteDecl, here: Place, context: _Context) -> None:
    """Check the clauses of a route that cannot be followed, so that all its mistakes are said at once."""
    if decl.approval is not None:
        context.symbols.role(decl.approval.role)
    if decl.when is not None:
        context.reader.compile(decl.when, here, BOOL)
    for grant in decl.grants:
        for scope in grant.scopes:
            context.symbols.scope(scope)
        _grant(grant, decl, here, context)
    _passes(decl, here, context)
    for escalation in decl.escalations:
        _escalation(escalation, here, context)


def _bound(bound: Bound | None) -> program.Bound | None:
    if bound is None:
        return None
    return program.Bound(bound.times, None if bound.then is None else bound.then.text, bound.span)


def _escalation(decl: Escalate, here: Place, context: _Context) -> program.Escalation:
    context.symbols.role(decl.role)
    when = None if decl.when is None else context.reader.compile(decl.when, here, BOOL)
    return program.Escalation(decl.role.text, decl.on_expiry, when, decl.because or "", decl.span)


def _grant(decl: Grant, route: RouteDecl, here: Place, context: _Context) -> program.Grant:
    scopes = frozenset(scope.text for scope in decl.scopes)
    where = None
    if decl.where is not None:
        args = args_type(_called(route, scopes, context), context.tools)
        where = context.reader.compile(decl.where, here, BOOL, {"args": args, "tool": TOOL})
    return program.Grant(scopes, where, decl.span)


def _called(route: RouteDecl, scopes: frozenset[str], context: _Context) -> list[str]:
    """Return the tools whose calls a grant may be asked for at the targets of its route."""
    found: list[str] = []
    for target in (*route.targets, *([route.bound.then] if route.bound is not None and route.bound.then else [])):
        match context.steps.get(target.text):
            case program.CallStep(call=call):
                found.append(call.tool)
            case program.AgentStep(tools=tools):
                found.extend(tool for tool in tools if tool in context.tools and context.tools[tool].needs & scopes)
            case _:
                pass
    return found


def _passes(decl: RouteDecl, here: Place, context: _Context) -> tuple[program.Pass, ...]:
    found: dict[str, Ident] = {}
    for written in decl.passes:
        first = found.setdefault(written.text, written)
        if first is not written:
            context.symbols.report.add(say_name.repeated("the value", written.text, written.span, first.span))
        else:
            _check_pass(written, here, context.reader, context.symbols)
    return tuple(program.Pass(tuple(path.split(".")), ident.span) for path, ident in found.items())


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
