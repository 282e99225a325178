"""Which constructs of the language a program holds: found in its compiled form, so that nothing dropped counts."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from interlock_dsl.cel.types import ListType, MapType, RecordType, StringType, Type
from interlock_dsl.program.model import (
    AgentStep,
    AskStep,
    Budget,
    CallStep,
    EventStep,
    Program,
    Route,
    Rule,
    RunStep,
    SetStep,
    Table,
    TableStep,
    TimeStep,
    Tool,
    Workflow,
    fan_out,
)
from interlock_dsl.program.paths import workflows_in
from interlock_dsl.program.promises import Always, NeverBefore, NeverUnapproved

STEPS = {
    AgentStep: "agent",
    CallStep: "calls",
    AskStep: "asks",
    EventStep: "waits for event",
    TimeStep: "waits",
    TableStep: "decides",
    SetStep: "sets",
    RunStep: "runs",
}


def constructs(program: Program, text: str) -> frozenset[str]:
    """Return the names of the constructs that a program holds."""
    found: set[str] = set()
    for part in (_types, _tools, _agents, _tables, _policies):
        found.update(part(program))
    for workflow in program.workflows.values():
        found.update(_workflow(workflow))
        found.update(_inside(program, workflow))
        for route in workflow.routes:
            found.update(_route(route))
        found.update(_groups(workflow))
    found.update(_written(text))
    return frozenset(found)


def table(counted: Counter[str], of: int) -> str:
    """Return a page that says how many of so many programs hold each construct."""
    lines = [f"{count:7} {100 * count / of:5.1f} %  {name}" for name, count in sorted(counted.items())]
    return "\n".join(lines)


def _types(program: Program) -> Iterator[str]:
    held = [t.parameters for t in program.tools.values()] + [w.parameters for w in program.workflows.values()]
    held += [
        step.returns for w in program.workflows.values() for step in w.steps.values() if isinstance(step, AgentStep)
    ]
    for type in [*program.types.values(), *held]:
        yield from _type(type)


def _type(type: Type) -> Iterator[str]:
    match type:
        case RecordType(name=name, fields=fields):
            yield "type: record" if name else "type: record written out"
            for field in fields.values():
                if field.optional:
                    yield "type: optional field"
                if field.labels:
                    yield "type: label"
                yield from _type(field.type)
        case ListType(element=element):
            yield "type: list"
            yield from _type(element)
        case MapType(value=value):
            yield "type: map"
            yield from _type(value)
        case StringType(values=values) if values is not None:
            yield "type: enum"
        case _ if getattr(type, "low", None) is not None or getattr(type, "max", None) is not None:
            yield "type: bounds"
        case _:
            yield f"type: {type}"


def _tools(program: Program) -> Iterator[str]:
    for tool in program.tools.values():
        yield f"tool: effect {tool.effect}"
        yield from _tool(tool)


def _tool(tool: Tool) -> Iterator[str]:
    for name, there in (
        ("needs", tool.needs), ("idempotent by", tool.idempotency_key), ("timeout", tool.timeout), ("undo", tool.undo),
        ("retry", tool.retry.times), ("backoff", tool.retry.most), ("cost", tool.cost),
        ("no result", tool.result is None), ("description", tool.description),
        ("fallback", tool.fallback), ("rate", tool.rate), ("breaker", tool.breaker),
    ):  # fmt: skip
        if there:
            yield f"tool: {name}"


def _agents(program: Program) -> Iterator[str]:
    for agent in program.agents.values():
        for name, there in (
            ("may", agent.may), ("tokens", agent.tokens != 8_000), ("turns", agent.turns != 10), ("cost", agent.cost),
            ("timeout", agent.timeout), ("retry", agent.retry.times), ("instructions", agent.instructions),
            ("fallback", agent.fallback),
        ):  # fmt: skip
            if there:
                yield f"agent: {name}"
    if any(role.reach for role in program.roles.values()):
        yield "role: reach"


def _tables(program: Program) -> Iterator[str]:
    used: list[Table] = [
        step.table for w in program.workflows.values() for step in w.steps.values() if isinstance(step, TableStep)
    ]
    for one in used:
        yield f"table: hit {one.hit}"
        yield from ["table: otherwise"] if any(row.condition is None for row in one.rows) else []


def _policies(program: Program) -> Iterator[str]:
    if program.context is not None:
        yield "context"
    for workflow in program.workflows.values():
        yield from (f"workflow: {rule.kind}" for rule in workflow.rules)
        yield from ["workflow: rules"] if workflow.rules else []
        if any(_reads(rule) & workflow.steps.keys() for rule in workflow.rules):
            yield "workflow: rules that read outputs"
    for policy in program.policies.values():
        for rule in policy.rules:
            yield f"policy: {rule.kind}"
            if any(field.startswith("result") for field in rule.fields):
                yield "policy: redact result"
            for name in ("agent", "when", "unless", "because", "within"):
                if getattr(rule, name):
                    yield f"policy: {'by' if name == 'agent' else name}"
            if any(pattern.endswith("*") for pattern in rule.patterns):
                yield "policy: family"
            if len(rule.patterns) > 1:
                yield "policy: several tools"


def _reads(rule: Rule) -> set[str]:
    """Return the names that the conditions of a rule begin with, roughly."""
    written = " ".join(one.expression.span.text for one in (rule.when, rule.unless) if one is not None)
    return set(re.findall(r"(?<![\w.])\w+(?=\.)", written))


def _workflow(workflow: Workflow) -> Iterator[str]:
    for step in workflow.steps.values():
        yield f"step: {STEPS[step.__class__]}"
        rows = fan_out(step)
        if rows is not None:
            yield "step: for each"
            some = "merge any" if rows.merge == 1 else "merge n" if rows.merge else "all"
            yield "for each: collect failures" if rows.collects else f"for each: {some}"
            if rows.width is not None:
                yield "for each: width"
        if isinstance(step, AgentStep | CallStep | AskStep | RunStep) and step.within is not None:
            yield f"step: {STEPS[step.__class__]} within"
        if isinstance(step, EventStep):
            for name, there in (("data", step.data), ("where", step.where), ("within", step.within)):
                yield from [f"step: waits for event, {name}"] if there is not None else []
        if isinstance(step, TimeStep):
            yield "step: waits for time" if step.until is None else "step: waits until"
    for name in ("steps", "tool_calls", "tokens", "cost", "time"):
        if getattr(workflow.budget, name) is not None:
            yield f"budget: {name}"
    for name, there in (
        ("goal", workflow.goal), ("may", workflow.may is not None),
        ("end with values", any(end.values and not end.gives_up for end in workflow.ends.values())),
        ("end gives up", any(end.gives_up for end in workflow.ends.values())),
        ("optional parameter", any(field.optional for field in workflow.parameters.fields.values())),
    ):  # fmt: skip
        if there:
            yield f"workflow: {name}"
    for promise in workflow.promises:
        yield f"promise: {promise.__class__.__name__}"
        match promise:
            case NeverUnapproved() | NeverBefore() if promise.where is not None:
                yield "promise: never where"
            case Always() if promise.reads & workflow.steps.keys() - promise.needs:
                yield "promise: guarded always"
            case _:
                pass
        if isinstance(promise, NeverUnapproved):
            yield "promise: by anybody" if promise.role is None else "promise: approval by a role"
            if promise.count > 1:
                yield "promise: approval by several"


def _inside(program: Program, workflow: Workflow) -> Iterator[str]:
    """Yield what there is of workflows that the steps of another run."""
    for step in workflow.steps.values():
        if not isinstance(step, RunStep):
            continue
        if step.rows is not None:
            yield "step: runs, for each"
        for inner in workflows_in(program, step.workflow):
            yield from ["inside: workflow"] if inner.name != step.workflow else []
            calls = [made.call.tool for made in inner.steps.values() if isinstance(made, CallStep)]
            for name, there in (
                ("undo", any(program.tools[tool].undo is not None for tool in calls)),
                ("approval", any(route.approval is not None for route in inner.routes)),
                ("end gives up", any(end.gives_up for end in inner.ends.values())),
                ("budget", inner.budget != Budget()), ("rules", inner.rules), ("promise", inner.promises),
                ("for each", any(fan_out(made) is not None for made in inner.steps.values())),
                ("wait", any(isinstance(made, EventStep | TimeStep) for made in inner.steps.values())),
            ):  # fmt: skip
                if there:
                    yield f"inside: {name}"


def _route(route: Route) -> Iterator[str]:
    if len(route.targets) > 1:
        yield "route: parallel"
    if len(route.sources) > 1:
        some = "first" if route.race else "any" if route.merge == 1 else "n of m"
        merge = "all" if route.merge == len(route.sources) else some
        yield f"route: merge {merge}"
        yield from ["route: join with when"] if route.when is not None else []
    if route.trigger is not None:
        yield f"route: on {route.trigger}"
        yield from ["route: on a trigger, when"] if route.when is not None else []
    if route.approval is not None:
        yield "route: approval"
        yield from ["route: approval by several"] if route.approval.count > 1 else []
    if route.bound is not None:
        yield "route: backtrack" if route.bound.discards else "route: at most"
        yield from ["route: back on a trigger"] if route.trigger is not None else []
        yield from ["route: then"] if route.bound.then is not None else []
        if route.out is not None and (route.out.grants or route.out.passes or route.out.approval):
            yield "route: then, with clauses"
    for escalation in route.escalations:
        kind = " on expiry" if escalation.on_expiry else " when" if escalation.when is not None else ""
        yield f"route: escalate{kind}"
        yield from ["route: because"] if escalation.because else []
    for name, there in (
        ("when", route.when), ("otherwise", route.otherwise), ("grant", route.grants), ("pass", route.passes),
        ("pass an element", any(part.isdigit() for passed in route.passes for part in passed.path)),
        ("grant where", any(grant.where for grant in route.grants)), ("several grants", len(route.grants) > 1),
    ):  # fmt: skip
        if there:
            yield f"route: {name}"


def _groups(workflow: Workflow) -> Iterator[str]:
    if workflow.first:
        yield "routes s first"
    for name, step in workflow.steps.items():
        ordinary = [route for route in workflow.routes if name in route.sources and route.trigger is None]
        routes = [route for route in ordinary if len(route.sources) == 1]
        if len(routes) > 2:
            yield "route: three ways"
        if routes and len(routes) < len(ordinary):
            yield "route: own routes beside a join"
        for route in workflow.routes:
            if name in route.targets and route.approval is not None:
                yield f"route: approval into {STEPS[step.__class__]}"


_WRITTEN = {
    "route: reconcile": r"reconcile by",
    "expression: has()": r"\bhas\(",
    "expression: optional": r"\.\?",
    "expression: calls()": r"\bcalls\(\w+(\.\w+)?\)",
    "expression: may divide by zero": r"\d+ [/%] ",
    "expression: index": r"\[0\]|\]\[",
    "expression: map key": r'\["x"\]',
    "expression: conversion": r"\bint\(",
    "expression: macro": r"\.(exists|all|filter)\(",
    "expression: now": r"\bnow\b",
    "expression: principal": r"\bprincipal\.",
    "expression: failure": r"\bfailure\.(kind|attempts|step)\b",
    "expression: ternary": r" \? ",
    "expression: collected failure": r"\bx\.(ok|failure)\b",
    "route: then, with a block": r"then -> \w+ \{",
    "expression: context": r"\bcontext\.",
    "let": r"^let ",
    "let: duration": r"\bduration_\d+\b",
    "step: tools": r"\n +tools ",
}
_COMPILED = {name: re.compile(pattern, re.MULTILINE) for name, pattern in _WRITTEN.items()}


def _written(text: str) -> Iterable[str]:
    return (name for name, pattern in _COMPILED.items() if pattern.search(text))
