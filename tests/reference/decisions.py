"""What a call is decided on: the naive evaluator of decisions is asked, and told what this run holds."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import cast

from decide.reference import approvers, concerns, is_about, obliging, reference, restriction_matches, rules_of
from interlock.decide import ApprovalNeed, Claim
from interlock.decide import History as Calls
from interlock.decide.request import Request
from interlock_dsl.cel import CompiledExpression, EvaluationError
from interlock_dsl.program.model import ApprovalRule, Grant, Program, Rule
from interlock_dsl.program.promises import CostAtMost, NeverBefore, NeverUnapproved
from reference import promised
from reference.history import History
from reference.state import Call, Run, Visit, is_agent
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
    """Decide a call in the workflow that it is made in and in every one around: all have to allow it."""
    requests = [request_of(run, call)]
    outwards = run.around[::-1]
    requests += [around(each, within, requests[0]) for within, each in pairwise(outwards)]
    asked: list[Need] = []
    if len(requests) > 1 and any(isinstance(never, NeverUnapproved) for each in requests for never in each.nevers):
        for each in requests:
            plain = replace(each, nevers=())
            count_conditions(run, plain)
            if reference(run.program, plain).answer == "ask":
                asked += missing(run.program, plain)
    answers: list[Answer] = []
    for each in requests:
        needed = tuple(ApprovalNeed(need.role, need.count, need.within, need.rule) for need in asked)
        request = replace(each, asked=needed)
        count_conditions(run, request)
        verdict = reference(run.program, request)
        needs = tuple(missing(run.program, request)) if verdict.answer == "ask" else ()
        found = tuple(obliging(run.program, request, verdict.answer))
        answers.append(Answer(verdict.answer, verdict.because, needs, verdict.claims, verdict.counts, found))
    return answers[0] if len(answers) == 1 else together(answers)


def around(run: Run, within: Run, request: Request) -> Request:
    """Return what a workflow is asked about a call that is made in one inside it."""
    assert within.parent is not None
    kinds = NeverUnapproved if request.undo else NeverUnapproved | NeverBefore
    return replace(
        request,
        grants=request.grants if request.undo else within.parent.grants,
        bindings={**run.reads(None), "$history": request.bindings["$history"], "$workflow": run.of.name},
        nevers=tuple(each for each in run.of.promises if isinstance(each, kinds) and request.tool in each.tools),
        returned={tool for tool, _ in run.returned},
        over=(),
        too_dear=None,
        route_approval=None,
    )


def together(answers: list[Answer]) -> Answer:
    """Return what several workflows say of a call."""
    obliging_ = tuple({rule.id: rule for one in answers for rule in one.obliging}.values())
    for answer in ("deny", "ask"):
        saying = [one for one in answers if one.answer == answer]
        if not saying:
            continue
        because = frozenset(reason for one in saying for reason in one.because)
        hiding = tuple(rule for rule in obliging_ if rule.kind == "redact")
        needs: list[Need] = []
        if answer == "ask":
            every = [need for one in saying for need in one.needs]
            for role in dict.fromkeys(need.role for need in every):
                same = [need for need in every if need.role == role]
                times = [need.within for need in same if need.within is not None]
                needs.append(Need(role, max(n.count for n in same), min(times, default=None), same[0].rule))
        return Answer(answer, because, tuple(needs), obliging=hiding)
    because = frozenset(reason for one in answers for reason in one.because)
    claims = tuple(dict.fromkeys(claim for one in answers for claim in one.claims))
    counts = frozenset(each for one in answers for each in one.counts)
    return Answer("allow", because, (), claims, counts, obliging_)


def unread(run: Run, visit: Visit, tool: str, because: frozenset[tuple[str, str]]) -> Answer:
    """Return the denial of a call that no model could make: what any `redact` about it hides is hidden."""
    request = Request(
        tool=tool, args={}, agent=is_agent(visit.step).agent.name, principal=run.whole.principal, grants=visit.grants,
        bindings={**run.reads(None), "$workflow": run.of.name}, history=cast(Calls, run.whole.history),
        now=run.whole.now, problem="unread",
    )  # fmt: skip
    hiding: dict[str, Rule] = {}
    for each in run.around:
        seen = replace(request, bindings={**each.reads(None), "$workflow": each.of.name})
        hiding |= {rule.id: rule for rule in obliging(run.program, seen, "deny")}
    return Answer("deny", because, obliging=tuple(hiding.values()))


def request_of(run: Run, call: Call) -> Request:
    visit = call.visit
    grants = (Grant(call.tool.needs, None, call.tool.span),) if visit is None else visit.grants
    conversation = None if visit is None else visit.conversation
    return Request(
        tool=call.tool.name,
        args=call.values,
        agent=call.agent,
        principal=run.whole.principal,
        grants=grants,
        bindings={**run.reads(None), "$history": history_of(run, call), "$workflow": run.of.name},
        history=cast(Calls, history_of(run, call)),
        now=run.whole.now,
        shown=None if conversation is None or call.earlier else conversation.tools,
        over=() if visit is None else budgets_over(run, call),
        route_approval=route_approval(call),
        nevers=nevers(run, call),
        returned={tool for tool, _ in run.returned},
        too_dear=None if visit is None else too_dear(run, call),
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
        return run.whole.history
    others = History()
    others.now, others.calls = run.whole.now, list(run.whole.history.calls)
    others.calls = [one for one in others.calls if one is not call.past]
    return others


def too_dear(run: Run, call: Call) -> CostAtMost | None:
    """Return the promise that the call would break by what it costs, of the workflow or one around it."""
    found = [promised.too_dear(each, call.tool, each.cost - spent_on(call)) for each in run.around]
    return next((promise for promise in found if promise is not None), None)


def budgets_over(run: Run, call: Call) -> tuple[str, ...]:
    """Return the budgets that one more call would exceed. What a lost one was charged is its own."""
    over: dict[str, None] = {}
    for each in run.around:
        budget, tool = each.of.budget, call.tool
        calls, cost = each.calls - 1 if call.lost else each.calls, each.cost - spent_on(call)
        if budget.tool_calls is not None and calls >= budget.tool_calls:
            over[f"{budget.tool_calls} tool calls"] = None
        by_budget = budget.cost is not None and promised.cost_promise(each) is None
        if by_budget and tool.cost and cost + each.held_cost() + tool.cost > budget.cost:
            over["cost"] = None
        if each.overdue():
            over["time"] = None
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
