"""Tools: their types, the key of a repeated call, and how a call is undone."""

from collections.abc import Mapping
from dataclasses import replace

from interlock_dsl.analysis.arguments import check_arguments
from interlock_dsl.analysis.expressions import Expressions
from interlock_dsl.analysis.facts import CallFacts, ToolFacts
from interlock_dsl.analysis.symbols import Symbols, unique
from interlock_dsl.analysis.types import Types
from interlock_dsl.cel.check import Scope
from interlock_dsl.cel.types import NULL, Field, RecordType, Type
from interlock_dsl.diagnostics.messages import permissions as say
from interlock_dsl.diagnostics.messages import tools as say_tool
from interlock_dsl.diagnostics.report import listed
from interlock_dsl.diagnostics.spelling import distance
from interlock_dsl.program.model import Effect
from interlock_dsl.syntax import tree as syntax

EFFECTS: Mapping[str, Effect] = {"read": "read", "write": "write", "irreversible": "irreversible"}
MISSPELT = 2
"""Within so many edits of another declared tool that takes the same arguments, the name in an `undo` is a mistake."""


def tool_facts(symbols: Symbols, types: Types, expressions: Expressions) -> dict[str, ToolFacts]:
    """Return the tools of the program.

    An `undo` may name a tool that is declared nowhere else: it declares it, with the scopes of the tool it undoes and
    parameters of the types of its arguments.
    """
    parameters = {name: types.record(decl.parameters, what="the parameter") for name, decl in symbols.tools.items()}
    tools: dict[str, ToolFacts] = {}
    implied: dict[str, ToolFacts] = {}
    for name, decl in symbols.tools.items():
        tool = _tool(decl, parameters[name], symbols, types, expressions)
        if decl.undo is not None:
            undo = _undo(decl.undo, tool, parameters, symbols, expressions)
            if undo is not None and undo.tool not in parameters:
                implied.setdefault(undo.tool, _implied(undo, tool))
            tool = replace(tool, undo=undo)
        tools[name] = tool
    for name, decl in symbols.tools.items():
        if decl.fallback is not None:
            tools[name] = replace(tools[name], fallback=_fallback(decl.fallback, tools, name, symbols, expressions))
    return {**tools, **implied}


def _tool(
    decl: syntax.ToolDecl, parameters: RecordType, symbols: Symbols, types: Types, expressions: Expressions
) -> ToolFacts:
    key = None
    if decl.idempotent is not None:
        key = expressions.check(decl.idempotent, _inside(parameters, expressions, {}))
    return ToolFacts(
        name=decl.name.text,
        parameters=parameters,
        result=None if decl.result is None else types.type(decl.result),
        needs=frozenset(scope.text for scope in decl.needs),
        effect=_effect(decl, symbols),
        span=decl.span,
        decl=decl,
        key=key,
    )


def _inside(parameters: RecordType, expressions: Expressions, extra: Mapping[str, Type]) -> Scope:
    """Return the scope inside a tool's declaration, where its parameters are read by their names."""
    optional = frozenset(name for name, field in parameters.fields.items() if field.optional)
    return expressions.scope({**{name: field.type for name, field in parameters.fields.items()}, **extra}, optional)


def _undo(
    call: syntax.ToolCall,
    tool: ToolFacts,
    signatures: Mapping[str, RecordType],
    symbols: Symbols,
    expressions: Expressions,
) -> CallFacts | None:
    name = call.tool.text
    scope = _inside(tool.parameters, expressions, {"result": NULL if tool.result is None else tool.result})
    if name in signatures:
        arguments = check_arguments(
            call.arguments,
            signatures[name],
            name,
            call.tool.span,
            symbols.tools[name].name.span,
            lambda tree, wanted: expressions.check(tree, scope, wanted),
            expressions.report,
        )
        return CallFacts(name, arguments, call.span)
    given = frozenset(argument.name.text for argument in call.arguments)
    others = {other: fields for other, fields in signatures.items() if other != tool.name and _takes(fields, given)}
    if any(distance(name, other) <= MISSPELT for other in others):
        symbols.tool(call.tool)
        return None
    unique(expressions.report, "the argument", (argument.name for argument in call.arguments))
    implied = {argument.name.text: expressions.check(argument.value, scope) for argument in call.arguments}
    return CallFacts(name, implied, call.span)


def _fallback(
    call: syntax.ToolCall,
    tools: Mapping[str, ToolFacts],
    name: str,
    symbols: Symbols,
    expressions: Expressions,
) -> CallFacts | None:
    tool, other = tools[name], tools.get(call.tool.text)
    if symbols.tool(call.tool) is None or other is None:
        return None
    problem = _unfit(tool, other)
    if problem:
        expressions.report.add(say_tool.unfit_fallback(problem, call.tool.span))
        return None
    scope = _inside(tool.parameters, expressions, {})
    arguments = check_arguments(
        call.arguments,
        other.parameters,
        other.name,
        call.tool.span,
        symbols.tools[other.name].name.span,
        lambda tree, wanted: expressions.check(tree, scope, wanted),
        expressions.report,
    )
    return CallFacts(other.name, arguments, call.span)


def _unfit(tool: ToolFacts, other: ToolFacts) -> str:
    """Say why a tool cannot be called in place of another; empty if it can."""
    lacking = sorted(other.needs - tool.needs)
    if tool.effect != "read":
        return f"`{tool.name}` changes the world, so it has no fallback"
    if other.effect != "read":
        return f"`{other.name}` changes the world, so it is no fallback"
    if other.name == tool.name:
        return f"`{tool.name}` is its own fallback"
    if other.result != tool.result:
        return f"`{other.name}` gives another type than `{tool.name}`"
    if lacking:
        return f"`{other.name}` needs {listed(lacking)}, which `{tool.name}` does not"
    return ""


def _takes(signature: RecordType, given: frozenset[str]) -> bool:
    """Say whether a call with these arguments could be meant for a tool with these parameters."""
    needed = {name for name, field in signature.fields.items() if not field.optional}
    return needed <= given <= signature.fields.keys()


def _implied(undo: CallFacts, undone: ToolFacts) -> ToolFacts:
    fields = {name: Field(value.type) for name, value in undo.arguments.items()}
    return ToolFacts(undo.tool, RecordType("", fields), None, undone.needs, "write", undo.span)


def _effect(decl: syntax.ToolDecl, symbols: Symbols) -> Effect:
    if decl.effect is None:
        symbols.report.add(say.undeclared_effect(decl.name.text, decl.name.span))
        return "irreversible"
    if decl.effect.text not in EFFECTS:
        symbols.report.add(say.unknown_effect(decl.effect.text, decl.effect.span))
    return EFFECTS.get(decl.effect.text, "irreversible")
