"""Where a run may call a tool: the steps that call it and the agents that are shown it, with what holds of the call.

A call is made if its scopes are granted and no rule forbids it. What is asked of a call is asked of every case of that:
a scope may be granted by several grants, and a rule does not apply for one of two reasons.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product
from math import prod
from typing import Final

from interlock_dsl.analysis.declarations.policies import rules_for
from interlock_dsl.analysis.facts import AgentStepFacts, CallStepFacts, RouteFacts, RuleFacts, ToolFacts
from interlock_dsl.analysis.knowledge.arrivals import Arrival
from interlock_dsl.analysis.knowledge.handovers import turns_of
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.analysis.values.problem import Bound, Claim, Outcome, Statement
from interlock_dsl.cel.types import Field, RecordType, StringType, Type
from interlock_dsl.diagnostics.source import Span

MOST_CASES: Final = 64
"""Cases of a call that are told apart; beyond them rules are left out."""
NOT_FALSE: Final = Outcome.TRUE | Outcome.NO_VALUE


@dataclass(frozen=True, slots=True)
class Calling:
    """A call of a tool that a run may make at a step which a route leads to. `agent` is empty for a step's own call.

    `whole`: no rule was left out of the cases, so that a call of which a case is possible is made.
    `cases` are statements of which all hold in each case of a call that is made; `types` those of the variables that
    they read beside the workflow's.
    """

    step: str
    agent: str
    tool: ToolFacts
    route: RouteFacts
    arrivals: tuple[Arrival, ...]
    cases: tuple[tuple[Statement, ...], ...]
    types: Mapping[str, Type]
    span: Span
    whole: bool = True


def callings(questions: Questions, tools: frozenset[str]) -> Iterator[Calling]:
    """Yield the calls of some tools that runs of a workflow may make."""
    for route in questions.workflow.routes:
        for taken in (route, route.out):
            for target in () if taken is None else taken.link.targets:
                assert taken is not None
                arrivals = questions.arrivals.entering(route, target, out=taken is not route)
                if arrivals:
                    yield from _at(questions, target, taken, arrivals, tools)


def _at(
    questions: Questions, target: str, route: RouteFacts, arrivals: tuple[Arrival, ...], tools: frozenset[str]
) -> Iterator[Calling]:
    facts = questions.facts
    match questions.workflow.steps.get(target):
        case CallStepFacts(call=call) if call.tool in tools:
            bound = tuple(Bound(("args", name), value) for name, value in call.arguments.items())
            tool = facts.tools[call.tool]
            yield _calling(questions, target, "", tool, route, arrivals, bound, call.span)
        case AgentStepFacts(decl=decl, tools=shown) if turns_of(facts.agents[decl.agent.text]) > 1:
            may = {scope.text for scope in facts.agents[decl.agent.text].may}
            for name in shown:
                tool = facts.tools[name]
                if name in tools and tool.needs <= may:
                    yield _calling(questions, target, decl.agent.text, tool, route, arrivals, (), decl.name.span)
        case _:
            pass


def _calling(
    questions: Questions, step: str, agent: str, tool: ToolFacts, route: RouteFacts, arrivals: tuple[Arrival, ...],
    bound: tuple[Statement, ...], span: Span,
) -> Calling:  # fmt: skip
    reasons = [_granted(scope, route) for scope in sorted(tool.needs)]
    reasons += [
        not_applied(rule)
        for rule in rules_for(questions.facts, tool.name, agent, questions.workflow)
        if rule.decl.kind == "forbid"
    ]
    cases = tuple((*bound, *case) for case in combined(reasons))
    types: dict[str, Type] = {
        "args": RecordType("", tool.parameters.fields),
        "tool": RecordType(
            "Tool", {"name": Field(StringType((tool.name,))), "effect": Field(StringType((tool.effect,)))}
        ),
        "agent": StringType((agent,)),
    }
    return Calling(step, agent, tool, route, arrivals, cases, types, span, whole=countable(reasons))


def countable(reasons: Iterable[tuple[tuple[Statement, ...], ...]]) -> bool:
    """Say whether `combined` tells all combinations apart, and leaves nothing out."""
    return prod(max(len(cases), 1) for cases in reasons) <= MOST_CASES


def combined(reasons: Iterable[tuple[tuple[Statement, ...], ...]]) -> Iterator[tuple[Statement, ...]]:
    """Yield what holds in each combination of one case of each; beyond `MOST_CASES` the last ones are left out."""
    kept: list[tuple[tuple[Statement, ...], ...]] = []
    count = 1
    for cases in reasons:
        if count * max(len(cases), 1) <= MOST_CASES:
            count *= max(len(cases), 1)
            kept.append(cases)
    for case in islice(product(*kept), MOST_CASES):
        yield tuple(statement for part in case for statement in part)


def _granted(scope: str, route: RouteFacts) -> tuple[tuple[Statement, ...], ...]:
    """Return the cases in which a route grants a scope: none where it does not."""
    return tuple(
        () if grant.where is None else (Claim(grant.where),)
        for grant in route.grants
        if any(each.text == scope for each in grant.decl.scopes)
    )


def not_applied(rule: RuleFacts) -> tuple[tuple[Statement, ...], ...]:
    """Return the cases in which a rule that restricts does not apply: none where it always does."""
    cases: list[tuple[Statement, ...]] = []
    if rule.when is not None:
        cases.append((Claim(rule.when, Outcome.FALSE),))
    if rule.unless is not None:
        cases.append((Claim(rule.unless, Outcome.TRUE),))
    return tuple(cases)
