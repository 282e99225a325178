"""Tools, agents, roles and budgets of the program."""

from collections.abc import Mapping
from dataclasses import replace

from interlock_dsl.analysis.symbols import Symbols, unique
from interlock_dsl.analysis.types import Types
from interlock_dsl.cel.check import Scope
from interlock_dsl.cel.types import NULL, Field, RecordType, Type
from interlock_dsl.diagnostics.messages import permissions as say
from interlock_dsl.diagnostics.spelling import distance
from interlock_dsl.lowering.arguments import compile_arguments
from interlock_dsl.lowering.expressions import Expressions
from interlock_dsl.program import model as program
from interlock_dsl.program.model import Effect, RetryPlan
from interlock_dsl.syntax import tree as syntax

EFFECTS: Mapping[str, Effect] = {"read": "read", "write": "write", "irreversible": "irreversible"}
MISSPELT = 2
"""Within so many edits of another declared tool that takes the same arguments, the name in an `undo` is a mistake."""


def build_tools(symbols: Symbols, types: Types, expressions: Expressions) -> dict[str, program.Tool]:
    """Return the tools of the program.

    An `undo` may name a tool that is declared nowhere else: it declares it, with the scopes of the tool it undoes and
    parameters of the types of its arguments.
    """
    parameters = {name: types.record(decl.parameters, what="the parameter") for name, decl in symbols.tools.items()}
    tools: dict[str, program.Tool] = {}
    implied: dict[str, program.Tool] = {}
    for name, decl in symbols.tools.items():
        tool = _tool(decl, parameters[name], symbols, types, expressions)
        if decl.undo is not None:
            undo = _undo(decl.undo, tool, parameters, symbols, expressions)
            if undo is not None and undo.tool not in parameters:
                implied.setdefault(undo.tool, _implied(undo, tool))
            tool = replace(tool, undo=undo)
        tools[name] = tool
    return {**tools, **implied}


def _tool(
    decl: syntax.ToolDecl, parameters: RecordType, symbols: Symbols, types: Types, expressions: Expressions
) -> program.Tool:
    key = None
    if decl.idempotent is not None:
        key = expressions.compile(decl.idempotent, _inside(parameters, expressions, {}))
    return program.Tool(
        name=decl.name.text,
        parameters=parameters,
        result=None if decl.result is None else types.type(decl.result),
        needs=frozenset(scope.text for scope in decl.needs),
        effect=_effect(decl, symbols),
        span=decl.span,
        idempotency_key=key,
        timeout=micros(decl.timeout),
        retry=_retry(decl.retry),
        cost=0 if decl.cost is None else decl.cost.micros,
        description=decl.description or "",
    )


def _inside(parameters: RecordType, expressions: Expressions, extra: Mapping[str, Type]) -> Scope:
    """Return the scope inside a tool's declaration, where its parameters are read by their names."""
    optional = frozenset(name for name, field in parameters.fields.items() if field.optional)
    return expressions.scope({**{name: field.type for name, field in parameters.fields.items()}, **extra}, optional)


def _undo(
    call: syntax.ToolCall,
    tool: program.Tool,
    signatures: Mapping[str, RecordType],
    symbols: Symbols,
    expressions: Expressions,
) -> program.Call | None:
    name = call.tool.text
    scope = _inside(tool.parameters, expressions, {"result": NULL if tool.result is None else tool.result})
    if name in signatures:
        arguments = compile_arguments(
            call.arguments,
            signatures[name],
            name,
            call.tool.span,
            symbols.tools[name].name.span,
            lambda tree, wanted: expressions.compile(tree, scope, wanted),
            expressions.report,
        )
        return program.Call(name, arguments, call.span)
    given = frozenset(argument.name.text for argument in call.arguments)
    others = {other: fields for other, fields in signatures.items() if other != tool.name and _takes(fields, given)}
    if any(distance(name, other) <= MISSPELT for other in others):
        symbols.tool(call.tool)
        return None
    unique(expressions.report, "the argument", (argument.name for argument in call.arguments))
    implied = {argument.name.text: expressions.compile(argument.value, scope) for argument in call.arguments}
    return program.Call(name, implied, call.span)


def _takes(signature: RecordType, given: frozenset[str]) -> bool:
    """Say whether a call with these arguments could be meant for a tool with these parameters."""
    needed = {name for name, field in signature.fields.items() if not field.optional}
    return needed <= given <= signature.fields.keys()


def _implied(undo: program.Call, undone: program.Tool) -> program.Tool:
    fields = {name: Field(value.type) for name, value in undo.arguments.items()}
    return program.Tool(undo.tool, RecordType("", fields), None, undone.needs, "write", undo.span)


def _effect(decl: syntax.ToolDecl, symbols: Symbols) -> Effect:
    if decl.effect is None:
        symbols.report.add(say.undeclared_effect(decl.name.text, decl.name.span))
        return "irreversible"
    if decl.effect.text not in EFFECTS:
        symbols.report.add(say.unknown_effect(decl.effect.text, decl.effect.span))
    return EFFECTS.get(decl.effect.text, "irreversible")


def build_agents(symbols: Symbols) -> dict[str, program.Agent]:
    """Return the agents of the program."""
    return {name: _agent(decl) for name, decl in symbols.agents.items()}


def _agent(decl: syntax.AgentDecl) -> program.Agent:
    usual = program.Agent(decl.name.text, decl.span)
    return program.Agent(
        name=decl.name.text,
        span=decl.span,
        model=decl.model or "",
        instructions=decl.instructions or "",
        may=frozenset(scope.text for scope in decl.may),
        tokens=usual.tokens if decl.tokens is None else decl.tokens,
        turns=usual.turns if decl.turns is None else decl.turns,
        cost=0 if decl.cost is None else decl.cost.micros,
        timeout=micros(decl.timeout),
        retry=_retry(decl.retry),
    )


def build_roles(symbols: Symbols) -> dict[str, program.Role]:
    """Return the roles of the program."""
    return {name: program.Role(name, decl.span, decl.reach or "") for name, decl in symbols.roles.items()}


def build_budget(decl: syntax.BudgetDecl | None) -> program.Budget:
    """Return the budget of a workflow."""
    if decl is None:
        return program.Budget()
    return program.Budget(
        steps=decl.steps,
        tool_calls=decl.tool_calls,
        tokens=decl.tokens,
        cost=None if decl.cost is None else decl.cost.micros,
        currency="usd" if decl.cost is None else decl.cost.currency,
        time=micros(decl.time),
    )


def micros(duration: syntax.Duration | None) -> int | None:
    """Return the microseconds of a duration."""
    return None if duration is None else duration.micros


def _retry(retry: syntax.Retry | None) -> RetryPlan:
    if retry is None:
        return RetryPlan()
    first = micros(retry.first) or 0
    return RetryPlan(retry.times, first, max(first, micros(retry.most) or 0))
