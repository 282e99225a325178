"""The nearest way for a call to be allowed: what is missing, in sentences, for whoever proposed it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from interlock.decide import Decision, Reason
from interlock.decide.history import matches
from interlock.run.protocol.commands import AskApproval
from interlock.run.protocol.events import CallProposed
from interlock_dsl.cel import CompiledExpression, EvaluationError
from interlock_dsl.cel.meter import Meter
from interlock_dsl.cel.tree import Call
from interlock_dsl.diagnostics.spelling import nearest as most_alike
from interlock_dsl.program.model import Program, Rule, Tool
from interlock_dsl.schema import ValidationError, decode

if TYPE_CHECKING:
    from interlock_dsl.cel.tree import Expression


def nearest(
    program: Program,
    proposed: CallProposed,
    decision: Decision,
    approvals: Sequence[AskApproval],
    bindings: Mapping[str, object],
) -> tuple[str, ...]:
    """Return what would have to be otherwise for a call to be allowed, for each reason against it; none if it is.

    `bindings` is what conditions read in the session. Conditions are told as they are written, and of the permits that
    do not match only those parts that are not true.
    """
    if decision.answer == "allow":
        return ()
    if decision.answer == "ask":
        return tuple(_approval(asked) for asked in approvals)
    tool = program.tools.get(proposed.tool)
    found = [said for reason in decision.reasons for said in _for(program, tool, proposed, reason, bindings)]
    return tuple(dict.fromkeys(found))


def _approval(asked: AskApproval) -> str:
    people = asked.role if asked.count == 1 else f"{asked.count} of {asked.role}"
    return f"approval {asked.id} by {people}, then the same call once more"


def _for(
    program: Program, tool: Tool | None, proposed: CallProposed, reason: Reason, bindings: Mapping[str, object]
) -> Iterator[str]:
    rule = _rule(program, reason.rule)
    match reason.cause:
        case "unknown-tool":
            near = most_alike(proposed.tool, program.tools)
            yield f"call `{near}`, if that is meant" if near else "call a tool that is declared"
        case "unknown-agent":
            near = most_alike(proposed.agent or "", program.agents)
            yield f"the agent `{near}`, if that is meant" if near else "an agent that is declared"
        case "arguments":
            yield f"arguments that fit the declaration: {reason.text}"
        case "no-permit" if tool is not None:
            yield from _permits(program, tool, proposed, bindings)
        case "missing-scope":
            yield f"an agent that may, and a principal that does, hold what it needs: {reason.text}"
        case "forbid" if rule is not None:
            yield f"`{rule.id}` forbids it{_written(rule) or ' always'}"
        case "limit":
            yield f"less within the time that `{reason.rule}` counts, or later"
        case "repeated":
            yield "another key, if it is meant to be another call"
        case _:
            return


def _permits(program: Program, tool: Tool, proposed: CallProposed, bindings: Mapping[str, object]) -> Iterator[str]:
    agent = proposed.agent or ""
    rules = [rule for policy in program.policies.values() for rule in policy.rules if rule.kind == "permit"]
    about = [rule for rule in rules if any(matches(pattern, tool.name) for pattern in rule.patterns)]
    if not about:
        yield f"a rule that permits {tool.name}: there is none"
    known = _values(tool, proposed, bindings)
    for rule in about:
        if rule.agent is not None and not matches(rule.agent, agent):
            yield f"`{rule.id}` permits it to {rule.agent}{_written(rule)}"
        elif unmet := _unmet(rule, known):
            yield f"`{rule.id}` permits it when {unmet}"


def _values(tool: Tool, proposed: CallProposed, bindings: Mapping[str, object]) -> Mapping[str, object]:
    try:
        args = decode(tool.parameters, proposed.args)
    except ValidationError:
        args = {}
    about = {"name": tool.name, "effect": tool.effect}
    return {**bindings, "args": args, "agent": proposed.agent or "", "tool": about}


def _unmet(rule: Rule, known: Mapping[str, object]) -> str:
    """Return the parts of a permit's condition that are not true, as they are written."""
    parts = [] if rule.when is None else [part for part in _parts(rule.when) if _value(part, known) is not True]
    said = [_text(part) for part in parts]
    if rule.unless is not None and _value(rule.unless, known) is not False:
        said.append(f"not ({_text(rule.unless)})")
    return " && ".join(said)


def _parts(condition: CompiledExpression) -> list[CompiledExpression]:
    return [CompiledExpression(part, condition.scope, None) for part in _conjuncts(condition.expression)]


def _conjuncts(expression: "Expression") -> Iterator["Expression"]:
    if isinstance(expression, Call) and expression.function == "_&&_" and expression.receiver is None:
        for argument in expression.arguments:
            yield from _conjuncts(argument)
    else:
        yield expression


def _value(condition: CompiledExpression, known: Mapping[str, object]) -> object:
    try:
        return condition.interpreted(known, Meter())
    except EvaluationError:
        return None


def _rule(program: Program, id: str) -> Rule | None:
    rules = (rule for policy in program.policies.values() for rule in policy.rules)
    return next((rule for rule in rules if rule.id == id), None)


def _written(rule: Rule) -> str:
    when = "" if rule.when is None else f" when {_text(rule.when)}"
    return when + ("" if rule.unless is None else f" unless {_text(rule.unless)}")


def _text(condition: CompiledExpression) -> str:
    return " ".join(condition.expression.span.text.split())
