"""May this call be made? One function answers for every path: a workflow's step, an agent's call, a list, a dry run.

The order is fixed: the tool and its arguments; scopes in hand (a workflow) or a `permit` (policy alone); `forbid`;
`require` and `never`; `limit` and budgets. Every check that determines the answer is named, in that order and within
it in the order of the source. What speaks against a call beats what asks a person, and that beats what allows it: no
person is asked about a call that would be denied anyway.

# INVARIANT: with no rule and no scope in hand there is nothing that allows, so the answer is deny.
# INVARIANT: more `forbid`, `require`, `limit` or `never` never allow more; fewer grants or permits never allow more.
# (A `require` can turn the denial by a `never` into a question to the same role, but into no more than that.)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from interlock.decide.approvals import agreed, missing, unapproved
from interlock.decide.conditions import condition, gives, plainly, restricts
from interlock.decide.decision import ApprovalNeed, Decision, Reason
from interlock.decide.index import Concerned, Indexed, RuleIndex
from interlock.decide.request import Request
from interlock_dsl.program.model import Grant, Program, Rule, Tool

if TYPE_CHECKING:
    from interlock.decide.remembered import Remembered

HEAT = 64
"""Calls of one tool by one agent after which code is generated for their rules."""

MOST_HOT = 100_000
"""Pairs of a tool and an agent's name that lead straight to generated code; any name may be an agent's."""

_NOT_PERMITTED = Decision("deny", (Reason("no-permit", "no rule permits it"),))


class Authorizer:
    """Decides calls under the policies of one program. Built once, for all its runs; holds no state of any of them."""

    def __init__(self, program: Program) -> None:
        self._index = RuleIndex(program)
        self._tools = program.tools
        self._heat = HEAT
        self._hot: dict[tuple[str, str], Remembered] = {}

    def authorize(self, request: Request) -> Decision:
        """Return the decision on one call, with every reason that determines it."""
        hot = self._hot.get((request.tool, request.agent))
        if hot is None or request.grants is not None or (
            request.shown is not None or request.problem or request.over or request.route_approval is not None
            or request.nevers or request.consents
        ):  # fmt: skip
            return self._decide(request)
        try:
            if hot.simple:
                return hot.known[hot.fused(request.args, request.bindings, request.agent)]
            return hot.known[hot.key(request)]
        except Exception:
            # A condition without a value, or rules that match together for the first time.
            decision = self._decide(request)
            hot.keep(request, decision)
            return decision

    def _decide(self, request: Request) -> Decision:
        concerned = self._index.concerning(request.tool, request.agent)
        if concerned is None:
            return Decision("deny", (Reason("unknown-tool", f"there is no tool `{request.tool}`"),))
        if request.shown is not None and request.tool not in request.shown:
            return Decision("deny", (Reason("not-shown", f"`{request.tool}` was not offered here"),))
        if request.problem:
            return Decision("deny", (Reason("arguments", request.problem, span=concerned.tool.span),))
        if concerned.rules:
            concerned = self._warmer(concerned, request)
        bindings = request.bindings
        bindings["args"] = request.args
        bindings["tool"] = concerned.value
        bindings["agent"] = request.agent
        if request.grants is None:
            allowed = _permitted(concerned.permits, bindings)
        else:
            allowed = _granted(concerned.tool, request, request.grants)
        forbids = _matching(concerned.forbids, bindings) if concerned.forbids else ()
        if concerned.plain and not (request.nevers or request.over or request.route_approval):
            if not forbids:
                return allowed
            if len(forbids) == 1 and allowed.answer == "allow":
                return forbids[0].alone
        return _restricted(concerned, request, allowed, forbids)

    def _warmer(self, concerned: Concerned, request: Request) -> Concerned:
        """Count a call, and return its rules as they are best evaluated from now on."""
        if concerned.warmth < self._heat:
            concerned.warmth += 1
            return concerned
        if concerned.rare:
            concerned = self._index.heat(request.tool, request.agent)
            concerned.warmth = self._heat
        if request.grants is None and concerned.memory is None:
            from interlock.decide.remembered import Remembered

            concerned.memory = Remembered(concerned)
        if concerned.memory is not None and concerned.memory.usable:
            if len(self._hot) >= MOST_HOT:
                self._hot.clear()
            self._hot[request.tool, request.agent] = concerned.memory
        return concerned

    def listed(self, agent: str, scopes: frozenset[str] | None, among: Iterable[str] | None = None) -> tuple[str, ...]:
        """Return the tools (of those `among`) worth showing to an agent: some arguments could be allowed, or asked for.

        `scopes` are those in hand; None is policy alone. What is not listed is denied whatever its arguments are.
        """
        names = self._tools if among is None else among
        return tuple([name for name in names if self._possible(name, agent, scopes)])

    def _possible(self, name: str, agent: str, scopes: frozenset[str] | None) -> bool:
        concerned = self._index.concerning(name, agent)
        if concerned is None or any(_always(indexed.rule) for indexed in concerned.forbids):
            return False
        if scopes is None:
            return bool(concerned.permits)
        return concerned.tool.needs <= scopes and not _scopeless(concerned.tool)


def _scopeless(tool: Tool) -> bool:
    """Whether a tool changes the world and needs no scope, so that no grant withholds it. The compiler refuses it."""
    return tool.effect != "read" and not tool.needs


def _always(rule: Rule) -> bool:
    return rule.when is None and rule.unless is None


def _permitted(permits: tuple[Indexed, ...], bindings: Mapping[str, object]) -> Decision:
    """Policy alone: the permits that match, or a denial."""
    found: list[Indexed] = []
    for permit in permits:
        if gives(permit.when, permit.unless, bindings):
            found.append(permit)
    if len(found) == 1:
        return found[0].alone
    return Decision("allow", tuple([permit.reason for permit in found])) if found else _NOT_PERMITTED


def _granted(tool: Tool, request: Request, grants: tuple[Grant, ...]) -> Decision:
    """A workflow: the grants that put each needed scope in hand for these arguments, or what is missing."""
    used: dict[int, Reason] = {}
    lacking: list[Reason] = []
    held = request.principal.scopes
    for scope in sorted(tool.needs):
        near = None
        for grant in grants:
            if scope in grant.scopes and (held is None or scope in held):
                if gives(condition(grant.where), None, request.bindings):
                    used[id(grant)] = Reason("grant", "the scopes it needs are in hand", span=grant.span)
                    break
                near = grant.span
        else:
            said = f"scope `{scope}` is not in hand" + (" for these arguments" if near else "")
            lacking.append(Reason("missing-scope", said, span=near or tool.span))
    if _scopeless(tool):
        lacking.append(Reason("missing-scope", f"`{tool.name}` changes the world and needs no scope", span=tool.span))
    if lacking:
        return Decision("deny", tuple(lacking))
    return Decision("allow", tuple(used.values()) or (Reason("grant", "it needs no scope", span=tool.span),))


def _restricted(concerned: Concerned, request: Request, allowed: Decision, forbids: Sequence[Indexed]) -> Decision:
    """Apply everything that can only take away from what is allowed."""
    requires = _matching(concerned.requires, request.bindings)
    needs, asking, given = _approvals(requires, request)
    against = [] if allowed.answer == "allow" else list(allowed.reasons)
    against += [forbid.reason for forbid in forbids]
    for never in request.nevers:
        if restricts(condition(never.where), None, request.bindings) is not False:
            refused = unapproved(request, never, needs)
            against += [] if refused is None else [refused]
    against += [
        limit.reason for limit in _matching(concerned.limits, request.bindings) if limit.reached(request.history)
    ]
    against += [Reason("budget", said) for said in request.over]
    if against:
        return Decision("deny", tuple(against))
    if needs:
        return Decision("ask", tuple(asking), needs)
    return Decision("allow", (*allowed.reasons, *given)) if given else allowed


def _matching(rules: tuple[Indexed, ...], bindings: Mapping[str, object]) -> list[Indexed]:
    """Return the rules that restrict this call; in the reason of one without a value it says so."""
    found = []
    for indexed in rules:
        met = plainly(indexed.when, bindings)
        if met is False:
            continue
        if met and indexed.unless is None:
            found.append(indexed)
            continue
        applies = restricts(indexed.when, indexed.unless, bindings)
        if applies is True:
            found.append(indexed)
        elif applies is not False:
            text = f"{indexed.reason.text} (its condition has no value: {applies})"
            reason = replace(indexed.reason, text=text)
            alone = Decision(indexed.alone.answer, (reason,), indexed.alone.needs)
            found.append(replace(indexed, reason=reason, alone=alone))
    return found


def _approvals(
    requires: list[Indexed], request: Request
) -> tuple[tuple[ApprovalNeed, ...], list[Reason], list[Reason]]:
    """Return the approvals still missing, why they are needed, and what those already given are."""
    wanted: list[tuple[ApprovalNeed, Reason]] = []
    route = request.route_approval
    if route is not None:
        need = ApprovalNeed(route.role, route.count, route.within, "")
        wanted.append((need, Reason("require", f"the route needs approval by {route.role}", span=route.span)))
    wanted += [(required.need, required.reason) for required in requires if required.need is not None]
    needs = missing(request, [need for need, _ in wanted])
    lacking = {need.role for need in needs}
    asking = [reason for need, reason in wanted if need.role in lacking]
    given = [
        Reason("approval", f"approved by {', '.join(sorted(agreed(request, need.role)))}", need.rule, reason.span)
        for need, reason in wanted
        if need.role not in lacking
    ]
    return needs, asking, given
