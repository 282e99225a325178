"""The oracle for decisions: the same questions, answered one after the other, naively, without an index.

It reads like the semantics: who it is for, what each kind of rule does with a condition that errors, what beats what.
It gives the answer and the (cause, rule) pairs that determined it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from interlock.decide import Claim, Consent, History, Principal
from interlock.decide.request import Request
from interlock_dsl.cel import CompiledExpression, EvaluationError
from interlock_dsl.cel.values import Timestamp
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.model import Program, Rule
from interlock_dsl.program.promises import NeverBefore

ERROR = "error"


@dataclass(frozen=True)
class Verdict:
    """An answer, what determined it, and who still has to approve."""

    answer: str
    because: frozenset[tuple[str, str]]
    roles: frozenset[str] = frozenset()
    claims: tuple[Claim, ...] = ()
    counts: frozenset[str] = frozenset()


def evaluate(condition: CompiledExpression, request: Request, program: Program) -> bool | str:
    value = value_of(condition, request, program)
    return value if isinstance(value, bool) else ERROR


def value_of(expression: CompiledExpression, request: Request, program: Program) -> object:
    """Return what an expression gives for a call; None where it gives nothing."""
    tool = program.tools[request.tool]
    bindings = {
        **request.bindings,
        "args": request.args,
        "agent": request.agent,
        "tool": {"name": tool.name, "effect": tool.effect},
    }
    if request.meter is not None and request.meter.refused:
        return None
    try:
        return expression.evaluate(bindings)
    except EvaluationError:
        return None


def is_about(pattern: str, name: str) -> bool:
    if pattern == "*":
        return True
    if pattern.endswith("*"):
        return name.startswith(pattern[:-1])
    return pattern == name


def concerns(rule: Rule, request: Request) -> bool:
    if rule.agent is not None and not is_about(rule.agent, request.agent):
        return False
    return any(is_about(pattern, request.tool) for pattern in rule.patterns)


def counts(limit: Rule, agent: str) -> bool:
    """Say whether a limit counts the calls of an agent; those of nobody knows whom always."""
    return limit.agent is None or agent == "*" or is_about(limit.agent, agent)


def limited(rule: Rule, request: Request, program: Program) -> Claim | bool:
    """Say whether a limit that applies denies a call, or what the call takes of it."""
    limit = rule.limit
    assert limit is not None
    if request.undo and limit.per == "run":
        return False
    if request.undo:
        found = limited_beyond(rule, request, program)
        return found if isinstance(found, Claim) else False
    amount = 1 if limit.amount is None else value_of(limit.amount, request, program)
    if type(amount) is not int or amount < 0:
        return True
    if limit.per == "run":
        used = 0
        for name in program.tools:
            for past in request.history.since(name, None) if any(is_about(p, name) for p in rule.patterns) else ():
                conditional = rule.when is not None or rule.unless is not None
                if conditional and past.counts is not None and limit.identity not in past.counts:
                    continue
                if past.at > request.now - limit.period and counts(rule, past.agent):
                    if limit.amount is not None and past.args is None:
                        return True
                    used += 1 if limit.amount is None else taken(limit.amount, past.args)
        return used + amount > limit.most
    return True if amount > limit.most else limited_beyond(rule, request, program)


def limited_beyond(rule: Rule, request: Request, program: Program) -> Claim | bool:
    """Say what a call takes of a limit that holds beyond one run; true where that has no value."""
    limit = rule.limit
    assert limit is not None
    amount = 1 if limit.amount is None else value_of(limit.amount, request, program)
    values: list[object] = []
    for key in limit.keys:
        if key.kind == "agent":
            values.append(request.agent)
        elif key.kind == "principal":
            values.append(request.principal.name or None)
        else:
            assert key.expression is not None
            values.append(value_of(key.expression, request, program))
    if type(amount) is not int or amount < 0 or not all(isinstance(value, str | int) for value in values):
        return True
    said = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return Claim(limit.identity, rule.id, said, amount, limit.most, limit.period)


def taken(amount: CompiledExpression, args: Mapping[str, object]) -> int:
    """Return what an earlier call took of a limit; one that had no amount was not limited."""
    try:
        value = amount.evaluate({"args": args})
    except EvaluationError:
        return 0
    return max(0, value) if type(value) is int else 0


def rules_of(program: Program, request: Request) -> list[Rule]:
    """Return the rules of the policies, and those of the workflow that a call is made in."""
    found = [rule for policy in program.policies.values() for rule in policy.rules]
    if request.grants is not None:
        run = request.bindings["run"]
        assert isinstance(run, dict)
        found += program.workflows[str(request.bindings.get("$workflow", run["workflow"]))].rules
    return found


def permit_matches(rule: Rule, request: Request, program: Program) -> bool:
    when = True if rule.when is None else evaluate(rule.when, request, program)
    unless = False if rule.unless is None else evaluate(rule.unless, request, program)
    return when is True and unless is False


def restriction_matches(rule: Rule, request: Request, program: Program) -> bool:
    when = True if rule.when is None else evaluate(rule.when, request, program)
    unless = False if rule.unless is None else evaluate(rule.unless, request, program)
    return when is not False and unless is not True


def approvers(request: Request, role: str | None) -> set[str]:
    found = set()
    for consent in request.consents:
        if (
            role not in (None, consent.role)
            or consent.digest != request.subject
            or consent.digest == ""
            or consent.spent
        ):
            continue
        if consent.expires is not None and request.now >= consent.expires:
            continue
        for person in consent.by:
            if person != "" and person != request.principal.name:
                found.add(person)
    return found


def in_hand(scope: str, request: Request, program: Program) -> bool:
    if request.principal.scopes is not None and scope not in request.principal.scopes:
        return False
    for grant in request.grants or ():
        if scope in grant.scopes and (grant.where is None or evaluate(grant.where, request, program) is True):
            return True
    return False


def places(program: Program, request: Request) -> dict[tuple[str, str], set[Span]]:
    """Where the reasons of a decision may point: to their rule, to the grant that counts, or to the tool."""
    tool = program.tools[request.tool]
    found: dict[tuple[str, str], set[Span]] = {("arguments", ""): {tool.span}, ("missing-scope", ""): {tool.span}}
    for rule in rules_of(program, request):
        found[rule.kind, rule.id] = found["approval", rule.id] = {rule.span}
    for never in request.nevers:
        found["never", never.id] = {never.span}
    if request.too_dear is not None:
        found["promise", request.too_dear.id] = {request.too_dear.span}
    if request.route_approval is not None:
        found["require", ""] = found["approval", ""] = {request.route_approval.span}
    granting: set[Span] = set()
    for scope in tool.needs:
        near = [grant for grant in request.grants or () if scope in grant.scopes]
        if request.principal.scopes is not None and scope not in request.principal.scopes:
            continue
        holding = [g for g in near if g.where is None or evaluate(g.where, request, program) is True]
        granting |= {grant.span for grant in holding[:1]}
        found["missing-scope", ""] |= {grant.span for grant in near[-1:] if not holding}
    found["grant", ""] = granting or {tool.span}
    return found


def reference(program: Program, request: Request) -> Verdict:
    """Decide a request."""
    if request.tool not in program.tools:
        return Verdict("deny", frozenset({("unknown-tool", "")}))
    if request.shown is not None and request.tool not in request.shown:
        return Verdict("deny", frozenset({("not-shown", "")}))
    if request.problem:
        return Verdict("deny", frozenset({("arguments", "")}))
    tool = program.tools[request.tool]
    rules = [rule for rule in rules_of(program, request) if concerns(rule, request)]
    against: set[tuple[str, str]] = set()
    allowing: set[tuple[str, str]] = set()

    if request.grants is None:
        allowing |= {("permit", r.id) for r in rules if r.kind == "permit" and permit_matches(r, request, program)}
        if not allowing:
            against.add(("no-permit", ""))
        against |= {("missing-scope", "") for _ in request.lacking}
        if tool.effect != "read" and not tool.needs:
            against.add(("missing-scope", ""))
    else:
        against |= {("missing-scope", "") for scope in tool.needs if not in_hand(scope, request, program)}
        if tool.effect != "read" and not tool.needs:
            against.add(("missing-scope", ""))
        allowing.add(("grant", ""))

    matching = [r for r in rules if r.kind != "permit" and restriction_matches(r, request, program)]
    against |= {("forbid", r.id) for r in matching if r.kind == "forbid"}

    wanted = [(r.role, max(1, r.count), r.id) for r in matching if r.kind == "require"]
    if request.route_approval is not None:
        wanted.append((request.route_approval.role, request.route_approval.count, ""))
    missing = {role for role, count, _ in wanted if len(approvers(request, role)) < count}

    for never in request.nevers:
        applies = never.where is None or evaluate(never.where, request, program) is not False
        if isinstance(never, NeverBefore):
            met = any(name in request.returned for name in never.first)
        else:
            people = len(approvers(request, never.role))
            asked = [count for role, count, _ in wanted if role in missing and never.role in (None, role)]
            asked += [need.count for need in request.asked if never.role in (None, need.role)]
            met = people >= never.count or max(asked, default=0) >= never.count
        if request.tool in never.tools and applies and not met:
            against.add(("never", never.id))

    claims = []
    for rule in matching:
        if rule.kind == "limit":
            found = limited(rule, request, program)
            if found is True:
                against.add(("limit", rule.id))
            elif isinstance(found, Claim):
                claims.append(found)
    against |= {("budget", "") for _ in request.over}
    if request.too_dear is not None:
        against.add(("promise", request.too_dear.id))

    if against:
        return Verdict("deny", frozenset(against))
    if missing:
        return Verdict(
            "ask", frozenset(("require", id) for role, _, id in wanted if role in missing), frozenset(missing)
        )
    because = frozenset(allowing | {("approval", id) for _, _, id in wanted})
    of_runs = [r for r in matching if r.limit is not None and r.limit.per == "run"]
    counting = {r.limit.identity for r in of_runs if r.limit and (r.when is not None or r.unless is not None)}
    return Verdict("allow", because, claims=tuple(claims), counts=frozenset(counting))


def obligations(program: Program, request: Request, answer: str) -> frozenset[tuple[str, str]]:
    """Return the ids of the rules that hide something of a call, and of those that tell somebody, with their kind."""
    return frozenset((rule.kind, rule.id) for rule in obliging(program, request, answer))


def obliging(program: Program, request: Request, answer: str) -> list[Rule]:
    """Return which rules hide something of a call, and which tell somebody. All hide that of one nobody could read."""
    unread = request.problem or (request.shown is not None and request.tool not in request.shown)
    if request.tool not in program.tools:
        return []
    found = []
    for rule in rules_of(program, request):
        if not concerns(rule, request):
            continue
        if rule.kind == "redact" and (unread or restriction_matches(rule, request, program)):
            found.append(rule)
        if rule.kind == "notify" and answer == "allow" and restriction_matches(rule, request, program):
            found.append(rule)
    return found


def reference_decision(
    program: Program,
    tool: str,
    raw_args: object,
    *,
    agent: str | None,
    principal: Principal | None,
    now: int,
    history: History,
    approvals: tuple[Consent, ...],
    subject: str,
) -> Verdict:
    """Decide raw arguments under policies alone; `subject` is what an approval has to be for."""
    if tool not in program.tools:
        return Verdict("deny", frozenset({("unknown-tool", "")}))
    if agent is not None and agent not in program.agents:
        return Verdict("deny", frozenset({("unknown-agent", "")}))
    if not arguments_hold(raw_args):
        return Verdict("deny", frozenset({("arguments", "")}))
    who = principal or Principal()
    lacking = set()
    for scope in program.tools[tool].needs:
        if agent is not None and scope not in program.agents[agent].may:
            lacking.add(scope)
        if who.scopes is not None and scope not in who.scopes:
            lacking.add(scope)
    bindings = {
        "principal": {"name": who.name, "roles": list(who.roles)},
        "now": Timestamp(now * 1000),
        "run": {"id": history.session, "workflow": "", "started": Timestamp(history.started * 1000)},
        "$history": history,
    }
    history.now = now
    assert isinstance(raw_args, dict)
    request = Request(
        tool=tool, args=raw_args, agent=agent or "", principal=who, bindings=bindings, history=history, now=now,
        subject=subject, consents=approvals, lacking=frozenset(lacking),
    )  # fmt: skip
    return without_ledger(reference(program, request))


def without_ledger(verdict: Verdict) -> Verdict:
    """Return the decision where nobody knows how much is used of a limit that holds beyond one run."""
    if not verdict.claims:
        return verdict
    return Verdict("deny", frozenset(("limit", claim.rule) for claim in verdict.claims))


def arguments_hold(raw_args: object) -> bool:
    """Whether raw arguments are those that every generated tool takes: `n: int in 0..100, s?: string max 5`."""
    if not isinstance(raw_args, dict) or not set(raw_args) <= {"n", "s"} or "n" not in raw_args:
        return False
    n, s = raw_args["n"], raw_args.get("s", "")
    return type(n) is int and 0 <= n <= 100 and isinstance(s, str) and len(s) <= 5
