"""The nearest way for a call to be allowed: what is missing, in sentences, for whoever proposed it."""

from collections.abc import Iterator, Mapping, Sequence, Set

from interlock.decide import Decision, Reason
from interlock.decide.history import matches
from interlock.guard.wording import otherwise, unmet, value, with_constants, written
from interlock.run import redaction
from interlock.run.protocol.commands import AskApproval
from interlock.run.protocol.events import CallProposed
from interlock_dsl.diagnostics.spelling import nearest as most_alike
from interlock_dsl.program.model import Program, Rule, Tool
from interlock_dsl.schema import ValidationError, decode


def nearest(
    program: Program,
    proposed: CallProposed,
    decision: Decision,
    approvals: Sequence[AskApproval],
    bindings: Mapping[str, object],
    scopes: Set[str] | None,
) -> tuple[str, ...]:
    """Return what would have to be otherwise for a call to be allowed, for each reason against it; none if it is.

    `bindings` is what conditions read in the session, `scopes` what its principal holds (None: every scope). Conditions
    are told as they are written: of the permits that do not match those parts that are not true, of what forbids a call
    the opposite of each part.
    """
    if decision.answer == "allow":
        return ()
    if decision.answer == "ask":
        return tuple(_approval(asked) for asked in approvals)
    tool = program.tools.get(proposed.tool)
    quiet = redaction.hides_arguments(redaction.fields_of(decision))
    found = [
        said for reason in decision.reasons for said in _for(program, tool, proposed, reason, bindings, scopes, quiet)
    ]
    return tuple(dict.fromkeys(found))


def _approval(asked: AskApproval) -> str:
    people = asked.role if asked.count == 1 else f"{asked.count} of {asked.role}"
    return f"approval {asked.id} by {people}, then the same call once more"


def _for(
    program: Program,
    tool: Tool | None,
    proposed: CallProposed,
    reason: Reason,
    bindings: Mapping[str, object],
    scopes: Set[str] | None,
    quiet: bool,
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
            yield f"arguments that fit the declaration: {'; '.join(reason.text.splitlines())}"
        case "no-permit" if tool is not None:
            yield from _permits(program, tool, proposed, bindings)
        case "missing-scope" if tool is not None:
            yield from _scopes(program, tool, proposed.agent, scopes)
        case "forbid" if rule is not None:
            yield _unforbidden(rule, tool, proposed, bindings)
        case "limit" if rule is not None and tool is not None:
            yield _limited(rule, tool, proposed, bindings, quiet)
        case "rate" if tool is not None:
            yield f"the same call later, when the rate of {tool.name} has room again"
        case "breaker" if tool is not None:
            yield f"the same call later, when the breaker of {tool.name} lets calls through again"
        case "repeated":
            yield "another key, if it is meant to be another call"
        case _:
            return


def _scopes(program: Program, tool: Tool, agent: str | None, held: Set[str] | None) -> Iterator[str]:
    needed = ", ".join(f"`{scope}`" for scope in sorted(tool.needs))
    known = None if agent is None else program.agents.get(agent)
    if known is not None and not tool.needs <= known.may:
        yield f"an agent that may {needed}: `{agent}` may not"
    if held is not None and not tool.needs <= held:
        yield f"a principal who holds the scope {needed}"


def _unforbidden(rule: Rule, tool: Tool | None, proposed: CallProposed, bindings: Mapping[str, object]) -> str:
    known = {} if tool is None else _values(tool, proposed, bindings)
    opposite = otherwise(rule, known)
    if not opposite:
        return f"another tool or agent: `{rule.id}` always forbids this one"
    return with_constants(f"a call with {opposite}: `{rule.id}` forbids it{written(rule)}", rule)


def _limited(rule: Rule, tool: Tool, proposed: CallProposed, bindings: Mapping[str, object], quiet: bool) -> str:
    limit = rule.limit
    if limit is not None and any(key.kind == "principal" for key in limit.keys) and _nobody(bindings):
        return f"a call on behalf of somebody: `{rule.id}` counts for each principal"
    if limit is not None and limit.amount is not None:
        asked = value(limit.amount, _values(tool, proposed, bindings))
        if isinstance(asked, int) and asked > limit.most:
            where = "" if quiet else f", where it is {asked}"
            return f"no more than {limit.most} at once{where}: `{rule.id}` never allows more"
        return f"less at once, or the same call later: `{rule.id}` counts what was used of it before"
    return f"the same call later: `{rule.id}` counts the calls before it"


def _nobody(bindings: Mapping[str, object]) -> bool:
    principal = bindings.get("principal")
    return isinstance(principal, Mapping) and not principal.get("name")


def _permits(program: Program, tool: Tool, proposed: CallProposed, bindings: Mapping[str, object]) -> Iterator[str]:
    agent = proposed.agent or ""
    rules = [rule for policy in program.policies.values() for rule in policy.rules if rule.kind == "permit"]
    about = [rule for rule in rules if any(matches(pattern, tool.name) for pattern in rule.patterns)]
    if not about:
        yield f"a rule that permits {tool.name}: there is none"
    known = _values(tool, proposed, bindings)
    for rule in about:
        if rule.agent is not None and not matches(rule.agent, agent):
            yield with_constants(f"the agent {rule.agent}: `{rule.id}` permits it{written(rule)}", rule)
        elif missing := unmet(rule, known):
            yield with_constants(f"a call with {missing}: then `{rule.id}` permits it", rule)


def _values(tool: Tool, proposed: CallProposed, bindings: Mapping[str, object]) -> Mapping[str, object]:
    try:
        args = decode(tool.parameters, proposed.args)
    except ValidationError:
        args = {}
    about = {"name": tool.name, "effect": tool.effect}
    return {**bindings, "args": args, "agent": proposed.agent or "", "tool": about}


def _rule(program: Program, id: str) -> Rule | None:
    rules = (rule for policy in program.policies.values() for rule in policy.rules)
    return next((rule for rule in rules if rule.id == id), None)
