"""Declarations of two versions: tools, agents, roles, types, budgets and promises, compared by what they declare."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields

from interlock_dsl.analysis.diff import amounts
from interlock_dsl.analysis.diff.difference import Difference, Direction
from interlock_dsl.analysis.diff.labels import relabelled, unlabelled
from interlock_dsl.analysis.facts import Facts, ToolFacts
from interlock_dsl.analysis.knowledge.places import places
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.syntax.tree import AgentDecl, BudgetDecl, Duration, Money, NeverUnapproved, Node, WorkflowDecl

UNSAID = frozenset({"name", "span", "description"})
AMOUNTS_OF_TOOLS = frozenset({"timeout", "retry", "cost", "fallback", "rate", "breaker"})
AMOUNTS_OF_AGENTS = frozenset({"tokens", "turns", "cost", "timeout", "retry", "fallback"})
"""What `amounts` compares."""


def declared(old: Facts, new: Facts, same_calls: Callable[[str], bool]) -> Iterator[Difference]:
    """Yield in what tools, agents and roles differ.

    `same_calls` says of a tool whether every call that comes about has arguments that both versions take.
    """
    effects_matter = any(map(_reads_effects, (old, new)))
    for name in _either(old.tools, new.tools):
        before, now = old.tools.get(name), new.tools.get(name)
        if before is None or now is None:
            yield _presence(f"tool {name}", now is not None, (now or before))
        else:
            yield from _tool(before, now, same_calls, effects_matter=effects_matter)
    for name in _either(old.agents, new.agents):
        one, other = old.agents.get(name), new.agents.get(name)
        if one is None or other is None:
            yield _presence(f"agent {name}", other is not None, other or one)
        elif one != other:
            yield from _agent(one, other)
    if old.context != new.context:
        yield Difference(Direction.CHANGES, "context", "declares other circumstances than before")
    for name in _either(old.roles, new.roles):
        role, another = old.roles.get(name), new.roles.get(name)
        if role is None or another is None:
            yield _presence(f"role {name}", another is not None, another or role)
        else:
            yield from clauses(f"role {name}", role, another)


def _either(old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    return list(dict.fromkeys((*old, *new)))


def _presence(subject: str, there: bool, what: object) -> Difference:
    span: Span | None = getattr(what, "span", None)
    return Difference(Direction.CHANGES, subject, "is new" if there else "is not there any more", span)


def _reads_effects(facts: Facts) -> bool:
    """Say whether a program tells irreversible calls from other writes: by a promise, or in a condition."""
    promises = (each.decl for workflow in facts.workflows.values() for each in workflow.promises)
    if any(isinstance(decl, NeverUnapproved) and decl.tools is None for decl in promises):
        return True
    return any("tool" in place.checked.variables for place in places(facts))


def _tool(
    old: ToolFacts, new: ToolFacts, same_calls: Callable[[str], bool], *, effects_matter: bool
) -> Iterator[Difference]:
    subject = f"tool {new.name}"
    for scope in sorted(old.needs - new.needs):
        yield Difference(Direction.PERMITS, subject, f"does not need `{scope}`", new.span)
    for scope in sorted(new.needs - old.needs):
        yield Difference(Direction.REFUSES, subject, f"needs `{scope}`", new.span)
    if unlabelled(old.parameters) == unlabelled(new.parameters):
        yield from relabelled(old.parameters, new.parameters, subject, new.span)
    elif same_calls(new.name):
        text = "takes other arguments, and every call has arguments that both versions take"
        yield Difference(Direction.STATES, subject, text, new.span)
    else:
        yield Difference(Direction.CHANGES, subject, "takes other arguments", new.span)
    if unlabelled(old.result) == unlabelled(new.result):
        yield from relabelled(old.result, new.result, f"{subject}, its result", new.span)
    else:
        yield Difference(Direction.CHANGES, subject, "gives another result", new.span)
    if old.effect != new.effect:
        same = not effects_matter and "read" not in (old.effect, new.effect)
        kind = Direction.STATES if same else Direction.CHANGES
        yield Difference(kind, subject, f"has the effect {new.effect}, not {old.effect}", new.span)
    if old.decl is not None and new.decl is not None:
        yield from amounts.of_tool(old, new, subject)
        apart = frozenset({"needs", "parameters", "result", "effect"}) | AMOUNTS_OF_TOOLS
        yield from clauses(subject, old.decl, new.decl, without=apart)


def _agent(old: AgentDecl, new: AgentDecl) -> Iterator[Difference]:
    subject = f"agent {new.name.text}"
    yield from scopes(subject, "may hold", _names(old.may), _names(new.may), new.span)
    yield from amounts.of_agent(old, new, subject)
    yield from clauses(subject, old, new, without=frozenset({"may"}) | AMOUNTS_OF_AGENTS)


def scopes(subject: str, verb: str, old: frozenset[str], new: frozenset[str], span: Span) -> Iterator[Difference]:
    """Yield the scopes that were added and taken away."""
    for scope in sorted(new - old):
        yield Difference(Direction.PERMITS, subject, f"{verb} `{scope}`", span)
    for scope in sorted(old - new):
        yield Difference(Direction.REFUSES, subject, f"no longer {verb} `{scope}`", span)


def _names(idents: Sequence[Node]) -> frozenset[str]:
    return frozenset(map(str, idents))


def clauses(subject: str, old: Node, new: Node, *, without: frozenset[str] = frozenset()) -> Iterator[Difference]:
    """Yield the clauses of a declaration that differ; what they come to is not compared."""
    for field in fields(old):
        if field.name in UNSAID | without:
            continue
        before, now = getattr(old, field.name), getattr(new, field.name)
        if before != now:
            yield Difference(Direction.CHANGES, subject, f"has another `{field.name}`", new.span)


def budgets(old: WorkflowDecl, new: WorkflowDecl, subject: str) -> Iterator[Difference]:
    """Yield the limits of a workflow that are wider or tighter."""
    before, now = old.budget or BudgetDecl(), new.budget or BudgetDecl()
    for field in fields(BudgetDecl):
        if field.name == "span":
            continue
        one, other = _amount(getattr(before, field.name)), _amount(getattr(now, field.name))
        if one == other:
            continue
        wider = other is None or (one is not None and other > one)
        direction = Direction.PERMITS if wider else Direction.REFUSES
        text = f"the budget allows {'more' if wider else 'less'} {field.name.replace('_', ' ')}"
        yield Difference(direction, subject, text, new.name.span)
    if old.goal != new.goal:
        yield Difference(Direction.CHANGES, subject, "another goal", new.name.span)
    if old.may is None or new.may is None:
        if old.may is not new.may:
            direction = Direction.PERMITS if new.may is None else Direction.REFUSES
            text = f"there is {'no' if new.may is None else 'a'} ceiling of the scopes that routes grant"
            yield Difference(direction, subject, text, new.name.span)
    else:
        yield from scopes(subject, "may grant", _names(old.may), _names(new.may), new.name.span)


def _amount(limit: object) -> int | None:
    match limit:
        case Money(micros=micros) | Duration(micros=micros):
            return micros
        case int():
            return limit
        case _:
            return None
