"""Deciding a call whose arguments were checked: private to `Authorizer` and to the machine of runs.

The order is fixed: the tool and its arguments; scopes in hand (a workflow) or a `permit` (policy alone); `forbid`;
`require` and `never`; `limit`, budgets and the promised cost; last the obligations, which change no answer. Every check
that determines the answer is named, in that order and within it in the order of the source. A reason against a call
beats one that asks a person, and that beats one that allows it: no person is asked about a call that would be denied
anyway, but by a limit beyond one run, which nothing is taken of while people think.

# INVARIANT: with no rule and no scope in hand there is nothing that allows, so the answer is deny.
# INVARIANT: more `forbid`, `require`, `limit` or `never` never allow more; fewer grants or permits never allow more.
# (A `require` can turn the denial by a `never` into a question to the same role, but into no more than that.)
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from interlock.decide.approvals import agreed, broken, missing
from interlock.decide.conditions import condition, gives, restricts
from interlock.decide.decision import ApprovalNeed, Claim, Decision, NotifyRole, Obligation, Reason, RedactFields
from interlock.decide.history import History
from interlock.decide.index import IndexedRule, RuleIndex, RuleSet
from interlock.decide.limits import reason_text
from interlock.decide.memo import DecisionMemo
from interlock.decide.request import Request
from interlock_dsl.cel.meter import Meter
from interlock_dsl.program.model import Grant, Program, Rule, Tool

COMPILE_AFTER = 64
"""Calls of one tool by one agent after which code is generated for their rules."""

MOST_MEMOS = 100_000
"""Pairs of a tool and an agent's name that lead straight to generated code."""

_NOT_PERMITTED = Decision("deny", (Reason("no-permit", "no rule permits it"),))


class Evaluator:
    """Decides calls under the policies of one program. Built once, for all its runs; holds no state of any of them.

    # INVARIANT: the arguments of a request were decoded by the tool's declaration; for raw ones there is `Authorizer`.
    """

    def __init__(self, program: Program, rules: Iterable[Rule] = ()) -> None:
        """Begin with the policies of a program; `rules` are those of the workflow whose calls are decided."""
        self._index = RuleIndex(program, rules)
        self._tools = program.tools
        self._compile_after = COMPILE_AFTER
        self._compiled: dict[tuple[str, str], DecisionMemo] = {}
        self._memos: dict[RuleSet, DecisionMemo] = {}

    def authorize(self, request: Request) -> Decision:
        """Return the decision on one call, with every reason that determines it."""
        plain = request.grants is None and not (
            request.shown is not None or request.problem or request.over or request.route_approval is not None
            or request.nevers or request.consents or request.lacking or request.too_dear is not None or request.undo
        )  # fmt: skip
        memo = self._compiled.get((request.tool, request.agent)) if plain else None
        if memo is None:
            return self._decide(request)
        found = memo.find(request.args, request.bindings, request.agent, request.history)
        if isinstance(found, Decision):
            return found
        decision = self._decide(request)
        if found is not None:
            memo.keep(found, decision)
        return decision

    def memoized(
        self, tool: str, agent: str, args: Mapping[str, object], bindings: dict[str, object], history: History
    ) -> Decision | None:
        """Return the decision of a request under policies alone that has nothing but these parts, if it is memoized."""
        memo = self._compiled.get((tool, agent))
        if memo is None:
            return None
        found = memo.find(args, bindings, agent, history)
        return found if isinstance(found, Decision) else None

    def refused(self, limits: Iterable[str], because: str = "", decision: Decision | None = None) -> Decision:
        """Return the denial of a call whose claims on limits with these identities were not granted, in words.

        What the `decision` that allowed it hides stays hidden.
        """
        wanted = set(limits)
        text = f": {because}" if because else ""
        denied = [rule for rule in self._index.limits if rule.limit is not None and rule.limit.identity in wanted]
        reasons = [Reason("limit", f"{reason_text(rule)}{text}", rule.id, rule.span) for rule in denied]
        obligations = () if decision is None else decision.obligations
        hidden = tuple(each for each in obligations if isinstance(each, RedactFields))
        return Decision("deny", tuple(reasons), obligations=hidden)

    def undecided(self, tool: str, reason: Reason) -> Decision:
        """Return the denial of a call on which no rule is asked: all that a `redact` about its tool hides is hidden."""
        hidden = tuple([RedactFields(rule.fields, rule.id, rule.span) for rule in self._index.redacts(tool)])
        return Decision("deny", (reason,), obligations=hidden)

    def _decide(self, request: Request) -> Decision:
        """Return a decision. Its conditions count together: where they cost too much, none of them has a value."""
        meter = request.meter or Meter()
        refused = meter.refused
        decision = self._decided(request, meter)
        return decision if meter.refused is refused else self._decided(request, meter)

    def _decided(self, request: Request, meter: Meter) -> Decision:
        rules = self._index.rules_for(request.tool, request.agent)
        if rules is None:
            return Decision("deny", (Reason("unknown-tool", f"there is no tool `{request.tool}`"),))
        if request.shown is not None and request.tool not in request.shown:
            return _unread(rules, Reason("not-shown", f"`{request.tool}` was not offered here"))
        if request.problem:
            return _unread(rules, Reason("arguments", request.problem, span=rules.tool.span))
        if rules.rules:
            rules = self._counted(rules, request)
        bindings = request.bindings
        bindings["args"] = request.args
        bindings["tool"] = rules.value
        bindings["agent"] = request.agent
        decision = self._answered(rules, request, meter)
        return _obliged(decision, rules, request, meter) if rules.obliging else decision

    def _answered(self, rules: RuleSet, request: Request, meter: Meter) -> Decision:
        bindings = request.bindings
        if request.grants is not None:
            allowed = _granted(rules.tool, request, request.grants, meter)
        else:
            allowed = _permitted(rules.permits, bindings, meter)
            if request.lacking or _scopeless(rules.tool):
                allowed = _lacking(rules.tool, request.lacking, allowed)
        forbids = _matching(rules.forbids, bindings, meter) if rules.forbids else ()
        if rules.plain and not (request.nevers or request.over or request.route_approval or request.too_dear):
            if not forbids:
                return allowed
            if len(forbids) == 1 and allowed.answer == "allow":
                return forbids[0].alone
        return _restricted(rules, request, meter, allowed, forbids)

    def _counted(self, rules: RuleSet, request: Request) -> RuleSet:
        """Count a call, and return its rules in the tier that is best from now on."""
        if rules.calls < self._compile_after:
            rules.calls += 1
            return rules
        if rules.interpreted:
            rules = self._index.compile(request.tool, request.agent)
            rules.calls = self._compile_after
        if request.grants is None and not _scopeless(rules.tool):
            memo = self._memos.get(rules)
            if memo is None:
                memo = self._memos[rules] = DecisionMemo(rules)
            if memo.usable:
                if len(self._compiled) >= MOST_MEMOS:
                    self._compiled.clear()
                self._compiled[request.tool, request.agent] = memo
        return rules

    def listed(self, agent: str, scopes: frozenset[str] | None, among: Iterable[str] | None = None) -> tuple[str, ...]:
        """Return the tools (of those `among`) worth showing to an agent: some arguments could be allowed, or asked for.

        `scopes` are those in hand; None is policy alone. What is not listed is denied whatever its arguments are.
        """
        names = self._tools if among is None else among
        return tuple([name for name in names if self._possible(name, agent, scopes)])

    def _possible(self, name: str, agent: str, scopes: frozenset[str] | None) -> bool:
        rules = self._index.rules_for(name, agent)
        if rules is None or _scopeless(rules.tool) or any(_always(forbid.rule) for forbid in rules.forbids):
            return False
        return bool(rules.permits) if scopes is None else rules.tool.needs <= scopes


def _scopeless(tool: Tool) -> bool:
    """Whether a tool changes the world and needs no scope, so that no grant withholds it. The compiler refuses it."""
    return tool.effect != "read" and not tool.needs


def _always(rule: Rule) -> bool:
    return rule.when is None and rule.unless is None


def _permitted(permits: tuple[IndexedRule, ...], bindings: Mapping[str, object], meter: Meter) -> Decision:
    """Policy alone: the permits that match, or a denial."""
    found: list[IndexedRule] = []
    for permit in permits:
        if gives(permit.when, permit.unless, bindings, meter):
            found.append(permit)
    if len(found) == 1:
        return found[0].alone
    return Decision("allow", tuple([permit.reason for permit in found])) if found else _NOT_PERMITTED


def _lacking(tool: Tool, scopes: Iterable[str], permitted: Decision) -> Decision:
    """Policy alone: a permit gives no scope that the agent may not hold, or that the principal does not."""
    reasons = [Reason("missing-scope", f"scope `{scope}` is not in hand", span=tool.span) for scope in sorted(scopes)]
    reasons += [_no_scope(tool)] if _scopeless(tool) else []
    return Decision("deny", (*reasons, *(permitted.reasons if permitted.answer == "deny" else ())))


def _no_scope(tool: Tool) -> Reason:
    return Reason("missing-scope", f"`{tool.name}` changes the world and needs no scope", span=tool.span)


def _granted(tool: Tool, request: Request, grants: tuple[Grant, ...], meter: Meter) -> Decision:
    """A workflow: the grants that put each needed scope in hand for these arguments, or what is missing."""
    used: dict[int, Reason] = {}
    lacking: list[Reason] = []
    held = request.principal.scopes
    for scope in sorted(tool.needs):
        near = None
        for grant in grants:
            if scope in grant.scopes and (held is None or scope in held):
                if gives(condition(grant.where), None, request.bindings, meter):
                    used[id(grant)] = Reason("grant", "the scopes it needs are in hand", span=grant.span)
                    break
                near = grant.span
        else:
            text = f"scope `{scope}` is not in hand" + (" for these arguments" if near else "")
            lacking.append(Reason("missing-scope", text, span=near or tool.span))
    if _scopeless(tool):
        lacking.append(_no_scope(tool))
    if lacking:
        return Decision("deny", tuple(lacking))
    return Decision("allow", tuple(used.values()) or (Reason("grant", "it needs no scope", span=tool.span),))


def _restricted(
    rules: RuleSet, request: Request, meter: Meter, allowed: Decision, forbids: Sequence[IndexedRule]
) -> Decision:
    """Apply everything that can only take away from what is allowed."""
    requires = _matching(rules.requires, request.bindings, meter)
    needs, asking, given = _approvals(requires, request)
    against = [] if allowed.answer == "allow" else list(allowed.reasons)
    against += [forbid.reason for forbid in forbids]
    for never in request.nevers:
        if restricts(condition(never.where), None, request.bindings, meter) is not False:
            refused = broken(request, never, (*needs, *request.asked))
            against += [] if refused is None else [refused]
    limits = _matching(rules.limits, request.bindings, meter)
    judged = [each.counted.judge(each.reason, request, meter) for each in limits if each.counted is not None]
    against += [found for found in judged if isinstance(found, Reason)]
    against += [Reason("budget", text) for text in request.over]
    if request.too_dear is not None:
        promise = request.too_dear
        against.append(Reason("promise", "it would cost more than is promised", promise.id, promise.span))
    if against:
        return Decision("deny", tuple(against))
    if needs:
        return Decision("ask", tuple(asking), needs)
    claims = tuple([found for found in judged if isinstance(found, Claim)])
    counts = tuple([each.counted.limit.identity for each in limits if each.counted and each.counted.counts_in_runs])
    if given or claims or counts:
        return Decision("allow", (*allowed.reasons, *given), claims=claims, counts=counts)
    return allowed


def _unread(rules: RuleSet, reason: Reason) -> Decision:
    """Deny a call whose arguments are not known. No condition of a `redact` has a value then, so all apply."""
    hidden = tuple([_obligation(each) for each in rules.obliging if each.rule.kind == "redact"])
    if hidden and reason.cause == "arguments":
        reason = replace(reason, text=f"the arguments do not fit the declaration{_misfits(rules.tool, reason.text)}")
    return Decision("deny", (reason,), obligations=hidden)


def _misfits(tool: Tool, problem: str) -> str:
    """Return which parameters a problem is about, and nothing of what was given for them."""
    names = [name for name in tool.parameters.fields if re.search(rf"^{re.escape(name)}\W", problem, re.MULTILINE)]
    return f": see {', '.join(f'`{name}`' for name in names)}" if names else ""


def _obliged(decision: Decision, rules: RuleSet, request: Request, meter: Meter) -> Decision:
    """Return a decision with its obligations: what is hidden in any case, who is told where the call is allowed."""
    found = _matching(rules.obliging, request.bindings, meter)
    obligations = [_obligation(each) for each in found if each.rule.kind == "redact" or decision.answer == "allow"]
    if not obligations:
        return decision
    reasons = decision.reasons
    if any(isinstance(each, RedactFields) for each in obligations):
        texts = {each.rule.id: each.reason.text for each in rules.rules}
        reasons = tuple([_unquoting(reason, texts.get(reason.rule, reason.text)) for reason in reasons])
        told = {each.rule.id: _unquoting(each.reason, texts[each.rule.id]).text for each in found}
        obligations = [
            replace(each, reason=told[each.rule]) if isinstance(each, NotifyRole) else each for each in obligations
        ]
    return replace(decision, reasons=reasons, obligations=tuple(obligations))


def _unquoting(reason: Reason, text: str) -> Reason:
    """Return a reason without what follows the `text` of its rule after a colon: an error, which may quote a value."""
    added = reason.text.removeprefix(text)
    if not added.startswith(" (") or added == reason.text or ": " not in added:
        return reason
    return replace(reason, text=f"{text}{added.partition(': ')[0]})")


def _obligation(indexed: IndexedRule) -> Obligation:
    rule = indexed.rule
    if rule.kind == "redact":
        return RedactFields(rule.fields, rule.id, rule.span)
    return NotifyRole(rule.role, indexed.reason.text, rule.id, rule.span)


def _matching(rules: tuple[IndexedRule, ...], bindings: Mapping[str, object], meter: Meter) -> list[IndexedRule]:
    """Return the rules that restrict this call; in the reason of one without a value it says so."""
    found = []
    for indexed in rules:
        applies = restricts(indexed.when, indexed.unless, bindings, meter)
        if applies is True:
            found.append(indexed)
        elif applies is not False:
            text = f"{indexed.reason.text} (its condition has no value: {applies})"
            reason = replace(indexed.reason, text=text)
            alone = Decision(indexed.alone.answer, (reason,), indexed.alone.needs)
            found.append(replace(indexed, reason=reason, alone=alone))
    return found


def _approvals(
    requires: list[IndexedRule], request: Request
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
