"""What a call is decided on: the naive evaluator of decisions is asked, and told what this run holds."""

from dataclasses import dataclass
from typing import cast

from decide.reference import approvers, concerns, is_about, obliging, reference, restriction_matches, rules_of
from interlock.decide import Claim
from interlock.decide import History as Calls
from interlock.decide.request import Request
from interlock_dsl.cel import CompiledExpression, EvaluationError
from interlock_dsl.program.model import ApprovalRule, Grant, Program, Rule
from interlock_dsl.program.promises import NeverBefore, NeverUnapproved
from reference import promised
from reference.state import Call, History, Run, Visit, is_agent
from reference.values import METER, looked_at


@dataclass(frozen=True)
class Need:
    """An approval that is missing."""

    role: str
    count: int
    within: int | None
    rule: str


@dataclass(frozen=True)
class Answer:
    """allow, deny or ask, why, and who has to approve."""

    answer: str
    because: frozenset[tuple[str, str]]
    needs: tuple[Need, ...] = ()
    claims: tuple[Claim, ...] = ()
    counts: frozenset[str] = frozenset()
    obliging: tuple[Rule, ...] = ()
    """The rules that hide something of the call, and those that tell somebody of it."""

    @property
    def hides(self) -> tuple[str, ...]:
        return tuple(field for rule in self.obliging if rule.kind == "redact" for field in rule.fields)

    @property
    def obliged(self) -> frozenset[tuple[str, str]]:
        return frozenset((rule.kind, rule.id) for rule in self.obliging)

    def denied(self, because: frozenset[tuple[str, str]]) -> "Answer":
        """Return a denial for another reason: what is hidden stays hidden, and nobody is told of the call."""
        return Answer("deny", because, obliging=tuple(rule for rule in self.obliging if rule.kind == "redact"))


def decision_on(run: Run, call: Call) -> Answer:
    """Decide a call of this run."""
    request = request_of(run, call)
    count_conditions(run, request)
    verdict = reference(run.program, request)
    needs = tuple(missing(run.program, request)) if verdict.answer == "ask" else ()
    found = tuple(obliging(run.program, request, verdict.answer))
    return Answer(verdict.answer, verdict.because, needs, verdict.claims, verdict.counts, found)


def unread(run: Run, visit: Visit, tool: str, because: frozenset[tuple[str, str]]) -> Answer:
    """Return the denial of a call that no model could make: what any `redact` about it hides is hidden."""
    request = Request(
        tool=tool, args={}, agent=is_agent(visit.step).agent.name, principal=run.principal, grants=visit.grants,
        bindings=run.values, history=cast(Calls, run.history), now=run.now, problem="unread",
    )  # fmt: skip
    return Answer("deny", because, obliging=tuple(obliging(run.program, request, "deny")))


def request_of(run: Run, call: Call) -> Request:
    visit = call.visit
    grants = (Grant(call.tool.needs, None, call.tool.span),) if visit is None else visit.grants
    conversation = None if visit is None else visit.conversation
    return Request(
        tool=call.tool.name,
        args=call.values,
        agent=call.agent,
        principal=run.principal,
        grants=grants,
        bindings={**run.values, "$history": history_of(run, call)},
        history=cast(Calls, history_of(run, call)),
        now=run.now,
        shown=None if conversation is None else conversation.tools,
        over=() if visit is None else budgets_over(run, call),
        route_approval=route_approval(call),
        nevers=nevers(run, call),
        returned=set(run.returned),
        too_dear=None if visit is None else promised.too_dear(run, call.tool, run.cost - spent_on(call)),
        subject=call.digest,
        consents=call.consents,
        meter=METER,
        undo=visit is None,
    )


def nevers(run: Run, call: Call) -> tuple[NeverUnapproved | NeverBefore, ...]:
    """Return the promises about the call. Nothing has to come before an undo but its approval."""
    kinds = NeverUnapproved if call.visit is None else NeverUnapproved | NeverBefore
    return tuple(each for each in run.of.promises if isinstance(each, kinds) and call.tool.name in each.tools)


def spent_on(call: Call) -> int:
    """Return what was spent on a call that was lost: it is its own."""
    return call.tool.cost if call.lost else 0


def route_approval(call: Call) -> ApprovalRule | None:
    """Return the approval that the route into a tool's step asks for."""
    return call.visit.way.approval if call.visit is not None and call.purpose == "step" else None


def history_of(run: Run, call: Call) -> History:
    """Return the calls of the run; one that is decided again because it was lost does not count against itself."""
    if not call.lost:
        return run.history
    others = History()
    others.now, others.calls = run.now, list(run.history.calls)
    others.calls = [one for one in others.calls if one is not call.past]
    return others


def budgets_over(run: Run, call: Call) -> tuple[str, ...]:
    """Return the budgets that one more call would exceed. What a lost one was charged is its own."""
    budget, tool = run.of.budget, call.tool
    calls, cost = run.calls - 1 if call.lost else run.calls, run.cost - spent_on(call)
    over = []
    if budget.tool_calls is not None and calls >= budget.tool_calls:
        over.append("tool calls")
    by_budget = budget.cost is not None and promised.cost_promise(run) is None
    if by_budget and tool.cost and cost + run.held_cost() + tool.cost > budget.cost:
        over.append("cost")
    if run.overdue():
        over.append("time")
    return tuple(over)


def missing(program: Program, request: Request) -> list[Need]:
    """Return the approvals still missing, one for each role: of the most people, in the shortest time."""
    wanted: list[Need] = []
    route = request.route_approval
    if route is not None:
        wanted.append(Need(route.role, route.count, route.within, ""))
    for rule in rules_of(program, request):
        if rule.kind == "require" and concerns(rule, request) and restriction_matches(rule, request, program):
            wanted.append(Need(rule.role, max(1, rule.count), rule.within, rule.id))
    unmet = [need for need in wanted if len(approvers(request, need.role)) < need.count]
    found = []
    for role in dict.fromkeys(need.role for need in unmet):
        same = [need for need in unmet if need.role == role]
        times = [need.within for need in same if need.within is not None]
        found.append(Need(role, max(n.count for n in same), min(times, default=None), same[0].rule))
    return found


def shown_tools(run: Run, agent: str, scopes: frozenset[str], listed: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tools of a step that some call of could be allowed or asked for."""
    found = []
    rules = [*(rule for policy in run.program.policies.values() for rule in policy.rules), *run.of.rules]
    always = [rule for rule in rules if rule.kind == "forbid" and rule.when is None and rule.unless is None]
    for name in listed:
        forbidden = any(
            (rule.agent is None or is_about(rule.agent, agent)) and any(is_about(one, name) for one in rule.patterns)
            for rule in always
        )
        if run.program.tools[name].needs <= scopes and not forbidden:
            found.append(name)
    return tuple(found)


def count_conditions(run: Run, request: Request) -> None:
    """Count what the conditions of a decision cost together. If that is more than is left, none of them has a value."""
    tool = run.program.tools[request.tool]
    about = {"args": request.args, "agent": request.agent, "tool": {"name": tool.name, "effect": tool.effect}}
    names = {**request.bindings, **about}
    total = 0

    def says(condition: CompiledExpression | None, otherwise: object, again: bool = False) -> object:
        nonlocal total
        if condition is None:
            return otherwise
        value, units = looked_at(condition, names)
        total += 0 if again else units
        return value

    rules = [rule for rule in rules_of(run.program, request) if concerns(rule, request)]
    for rule in rules:
        if rule.kind != "permit" and says(rule.when, True) is not False:
            says(rule.unless, False)
    held = request.principal.scopes
    for scope in sorted(tool.needs):
        giving = [one for one in request.grants or () if scope in one.scopes and (held is None or scope in held)]
        for grant in giving:
            if says(grant.where, True) is True:
                break
    for never in request.nevers:
        if request.tool in never.tools:
            says(never.where, True)
    for rule in rules:
        if rule.limit is None:
            continue
        if says(rule.when, True, again=True) is False or says(rule.unless, False, again=True) is True:
            continue
        if request.undo and rule.limit.per == "run":
            continue
        expressions = [rule.limit.amount, *(key.expression for key in rule.limit.keys)]
        for one in expressions:
            if isinstance(says(one, 0), EvaluationError):
                break
    if total > METER.left:
        METER.left, METER.refused = 0, True
    else:
        METER.left -= total
