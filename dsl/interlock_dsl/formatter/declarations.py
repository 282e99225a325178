"""Uses, the context, constants, types, tools, agents, roles."""

from interlock_dsl.cel.format import grouped, quoted, written
from interlock_dsl.formatter.page import Line, indented
from interlock_dsl.formatter.pieces import (
    Places,
    arguments,
    begin,
    breaker,
    duration,
    end,
    money,
    names,
    parameters,
    rate,
    record,
    retry,
    text,
    type_,
)
from interlock_dsl.syntax.tree import (
    AgentDecl,
    ContextDecl,
    Duration,
    LetDecl,
    RecordType,
    RoleDecl,
    ToolDecl,
    TypeDecl,
    Use,
)


def use(node: Use) -> list[Line]:
    """Return `use "path"`."""
    return [Line(f"use {quoted(node.path)}", begin(node))]


def context(node: ContextDecl) -> list[Line]:
    """Return `context { ... }`."""
    return record("context", begin(node), RecordType(node.fields, span=node.span))


def let(node: LetDecl) -> list[Line]:
    """Return `let name: type = value`."""
    given = f": {type_(node.type)}" if node.type is not None else ""
    value = duration(node.value) if isinstance(node.value, Duration) else written(node.value)
    return [Line(f"let {node.name.text}{given} = {value}", begin(node))]


def type_decl(node: TypeDecl) -> list[Line]:
    """Return `type Order { ... }` or `type Topic = ...`."""
    if isinstance(node.type, RecordType):
        return record(f"type {node.name.text}", begin(node), node.type)
    return [Line(f"type {node.name.text} = {type_(node.type)}", begin(node))]


def tool(node: ToolDecl, places: Places) -> list[Line]:
    """Return a tool, a clause on each line."""
    body: list[Line] = []
    if node.description is not None:
        body.append(Line(f"description {text(node.description)}", places.clause(node, "description")))
    if node.needs:
        body.append(Line(f"needs {names(node.needs)}", places.clause(node, "needs")))
    if node.effect is not None:
        body.append(Line(f"effect {node.effect.text}", places.clause(node, "effect")))
    if node.idempotent is not None:
        body.append(Line(f"idempotent by {written(node.idempotent)}", places.clause(node, "idempotent")))
    if node.timeout is not None:
        body.append(Line(f"timeout {duration(node.timeout)}", places.clause(node, "timeout")))
    if node.retry is not None:
        body.append(Line(retry(node.retry), places.clause(node, "retry")))
    if node.rate is not None:
        body.append(Line(rate(node.rate), places.clause(node, "rate")))
    if node.breaker is not None:
        body.append(Line(breaker(node.breaker), places.clause(node, "breaker")))
    if node.fallback is not None:
        head = f"fallback {node.fallback.tool.text}"
        start = places.clause(node, "fallback")
        body += arguments(head, start, node.fallback.arguments, end(node.fallback), 1)
    if node.undo is not None:
        head = f"undo {node.undo.tool.text}"
        body += arguments(head, places.clause(node, "undo"), node.undo.arguments, end(node.undo), 1)
    if node.cost is not None:
        body.append(Line(f"cost {money(node.cost)}", places.clause(node, "cost")))
    result = f" -> {type_(node.result)}" if node.result is not None else ""
    return _with_body(
        parameters(f"tool {node.name.text}", begin(node), node.parameters, result + " {", 0), body, end(node)
    )


def agent(node: AgentDecl, places: Places) -> list[Line]:
    """Return an agent, a clause on each line."""
    body: list[Line] = []
    if node.model is not None:
        body.append(Line(f"model {quoted(node.model)}", places.clause(node, "model")))
    if node.fallback is not None:
        body.append(Line(f"fallback {quoted(node.fallback)}", places.clause(node, "fallback")))
    if node.instructions is not None:
        body.append(Line(f"instructions {text(node.instructions)}", places.clause(node, "instructions")))
    if node.may:
        body.append(Line(f"may {names(node.may)}", places.clause(node, "may")))
    if node.tokens is not None:
        body.append(Line(f"tokens {grouped(node.tokens)}", places.clause(node, "tokens")))
    if node.turns is not None:
        body.append(Line(f"turns {grouped(node.turns)}", places.clause(node, "turns")))
    if node.cost is not None:
        body.append(Line(f"cost {money(node.cost)}", places.clause(node, "cost")))
    if node.timeout is not None:
        body.append(Line(f"timeout {duration(node.timeout)}", places.clause(node, "timeout")))
    if node.retry is not None:
        body.append(Line(retry(node.retry), places.clause(node, "retry")))
    return _with_body([Line(f"agent {node.name.text} {{", begin(node))], body, end(node))


def role(node: RoleDecl) -> list[Line]:
    """Return a role on one line."""
    reach = f" {{ reach {quoted(node.reach)} }}" if node.reach is not None else ""
    return [Line(f"role {node.name.text}{reach}", begin(node))]


def _with_body(head: list[Line], body: list[Line], last: int | None) -> list[Line]:
    return [*head, *indented(body), Line("}", last, closes=True)]
