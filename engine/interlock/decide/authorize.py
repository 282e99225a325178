"""May this call be made? One function answers for every path: a workflow's step, an agent's call, a list, a dry run.

The order is fixed: the tool and its arguments; scopes in hand (a workflow) or a `permit` (policy alone); `forbid`;
`require` and `never`; `limit` and budgets. Every check that determines the answer is named, in that order and within
it in the order of the source. What speaks against a call beats what asks a person, and that beats what allows it: no
person is asked about a call that would be denied anyway.

# INVARIANT: with no rule and no scope in hand there is nothing that allows, so the answer is deny.
# INVARIANT: more `forbid`, `require`, `limit` or `never` never allow more; fewer grants or permits never allow more.
"""

from dataclasses import replace

from interlock.decide.approvals import agreed, missing, unapproved
from interlock.decide.conditions import gives, restricts, truth
from interlock.decide.decision import ApprovalNeed, Decision, Reason
from interlock.decide.index import Concerned, Indexed, RuleIndex
from interlock.decide.request import Request
from interlock_dsl.program import Program, Rule, Tool

_NOT_PERMITTED = Decision("deny", (Reason("no-permit", "no rule permits it"),))


class Authorizer:
    """Decides calls under the policies of one program. Built once, for all its runs; holds no state of any of them."""

    def __init__(self, program: Program) -> None:
        self._index = RuleIndex(program)
        self._tools = program.tools

    def authorize(self, request: Request) -> Decision:
        """Return the decision on one call, with every reason that determines it."""
        concerned = self._index.concerning(request.tool, request.agent)
        if concerned is None:
            return Decision("deny", (Reason("unknown-tool", f"there is no tool `{request.tool}`"),))
        if request.shown is not None and request.tool not in request.shown:
            return Decision("deny", (Reason("not-shown", f"`{request.tool}` was not offered here"),))
        if request.problem:
            return Decision("deny", (Reason("arguments", request.problem, span=concerned.tool.span),))
        bindings = request.bindings
        bindings["args"] = request.args
        bindings["tool"] = concerned.value
        bindings["agent"] = request.agent
        grants = request.grants
        allowed = _permitted(concerned, request) if grants is None else _granted(concerned.tool, request)
        if concerned.forbids or concerned.requires or concerned.limits or request.nevers:
            return _restricted(concerned, request, allowed)
        if request.over or request.route_approval is not None:
            return _restricted(concerned, request, allowed)
        return allowed

    def listed(self, agent: str, scopes: frozenset[str] | None) -> tuple[str, ...]:
        """Return the tools worth showing to an agent: those that some arguments could be allowed for, or asked for.

        `scopes` are those in hand; None is policy alone. What is not listed is denied whatever its arguments are.
        """
        return tuple(name for name in self._tools if self._possible(name, agent, scopes))

    def _possible(self, name: str, agent: str, scopes: frozenset[str] | None) -> bool:
        concerned = self._index.concerning(name, agent)
        if concerned is None or any(_always(indexed.rule) for indexed in concerned.forbids):
            return False
        return bool(concerned.permits) if scopes is None else concerned.tool.needs <= scopes


def _always(rule: Rule) -> bool:
    return rule.when is None and rule.unless is None


def _permitted(concerned: Concerned, request: Request) -> Decision:
    """Policy alone: the permits that match, or a denial."""
    bindings = request.bindings
    found = [
        permit
        for permit in concerned.permits
        if gives(permit.rule.when, bindings)
        and (permit.rule.unless is None or truth(permit.rule.unless, bindings) is False)
    ]
    if len(found) == 1:
        return found[0].alone
    return Decision("allow", tuple([permit.reason for permit in found])) if found else _NOT_PERMITTED


def _granted(tool: Tool, request: Request) -> Decision:
    """A workflow: the grants that put each needed scope in hand for these arguments, or what is missing."""
    used: dict[int, Reason] = {}
    lacking: list[Reason] = []
    held = request.principal.scopes
    for scope in sorted(tool.needs):
        near = None
        for grant in request.grants or ():
            if scope in grant.scopes and (held is None or scope in held):
                if gives(grant.where, request.bindings):
                    used[id(grant)] = Reason("grant", "the scopes it needs are in hand", span=grant.span)
                    break
                near = grant.span
        else:
            said = f"scope `{scope}` is not in hand" + (" for these arguments" if near else "")
            lacking.append(Reason("missing-scope", said, span=near or tool.span))
    if lacking:
        return Decision("deny", tuple(lacking))
    return Decision("allow", tuple(used.values()) or (Reason("grant", "it needs no scope", span=tool.span),))


def _restricted(concerned: Concerned, request: Request, allowed: Decision) -> Decision:
    """Apply everything that can only take away from what is allowed."""
    forbids = _matching(concerned.forbids, request)
    requires = _matching(concerned.requires, request)
    needs, asking, given = _approvals(requires, request)
    against = list(allowed.reasons) if allowed.answer == "deny" else []
    against += [reason for _, reason in forbids]
    for never in request.nevers:
        if restricts(never.where, None, request.bindings) is not False:
            refused = unapproved(request, never, needs)
            against += [] if refused is None else [refused]
    against += [
        reason
        for limit, reason in _matching(concerned.limits, request)
        if sum(request.history.within(tool, limit.rule.period) for tool in limit.tools) >= limit.rule.count
    ]
    against += [Reason("budget", said) for said in request.over]
    if against:
        alone = len(against) == 1 and len(forbids) == 1 and forbids[0][0].alone
        return alone if alone and alone.reasons[0] is against[0] else Decision("deny", tuple(against))
    if needs:
        return Decision("ask", tuple(asking), needs)
    return Decision("allow", (*allowed.reasons, *given)) if given else allowed


def _matching(rules: tuple[Indexed, ...], request: Request) -> list[tuple[Indexed, Reason]]:
    """Return the rules that restrict this call, those whose condition has no value among them, each with its reason."""
    found = []
    for indexed in rules:
        rule, reason = indexed.rule, indexed.reason
        applies = restricts(rule.when, rule.unless, request.bindings)
        if applies is not False:
            if applies is not True:
                reason = replace(reason, text=f"{reason.text} (its condition has no value: {applies})")
            found.append((indexed, reason))
    return found


def _approvals(
    requires: list[tuple[Indexed, Reason]], request: Request
) -> tuple[tuple[ApprovalNeed, ...], list[Reason], list[Reason]]:
    """Return the approvals still missing, why they are needed, and what those already given are."""
    wanted: list[tuple[ApprovalNeed, Reason]] = []
    route = request.route_approval
    if route is not None:
        need = ApprovalNeed(route.role, route.count, route.within, "")
        wanted.append((need, Reason("require", f"the route needs approval by {route.role}", span=route.span)))
    wanted += [(indexed.need, reason) for indexed, reason in requires if indexed.need is not None]
    needs = missing(request, [need for need, _ in wanted])
    lacking = {need.role for need in needs}
    asking = [reason for need, reason in wanted if need.role in lacking]
    given = [
        Reason(
            "approval",
            f"approved by {', '.join(sorted(agreed(request, need.role)))} ({need.role})",
            need.rule,
            reason.span,
        )
        for need, reason in wanted
        if need.role not in lacking
    ]
    return needs, asking, given
