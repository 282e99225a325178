"""Workflows: budget, steps, ends, routes with their clauses."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, cast

from lark import Token

from interlock_dsl.cel.tree import Expression
from interlock_dsl.diagnostics.messages import syntax as messages
from interlock_dsl.syntax.builder.pieces import Clause, reduction
from interlock_dsl.syntax.builder.promises import PROMISES
from interlock_dsl.syntax.builder.steps import StepBuilder
from interlock_dsl.syntax.tree import (
    AgentStep,
    Approval,
    AskStep,
    Bound,
    BudgetDecl,
    CallStep,
    Duration,
    EndDecl,
    Escalate,
    EventStep,
    FieldNode,
    Grant,
    Ident,
    Merge,
    Money,
    Reconcile,
    RouteDecl,
    RoutesMode,
    RuleDecl,
    RunStep,
    SetStep,
    TableStep,
    TimeStep,
    Trigger,
    WayOut,
    WorkflowDecl,
)

STEPS: Final = (AgentStep, CallStep, AskStep, EventStep, TimeStep, TableStep, SetStep, RunStep)


class WorkflowBuilder(StepBuilder):
    """Builds workflows."""

    @reduction
    def workflow_decl(self, name: Ident, parameters: tuple[FieldNode, ...], *items: object) -> WorkflowDecl:
        """`workflow name(parameters) { items }`."""
        clauses = self.gather(item for item in items if isinstance(item, Clause))
        return WorkflowDecl(
            name,
            parameters,
            goal=clauses.get("goal", str),
            may=clauses.get("may", tuple),
            budget=clauses.get("budget", BudgetDecl),
            steps=tuple(item for item in items if isinstance(item, STEPS)),
            ends=tuple(item for item in items if isinstance(item, EndDecl)),
            routes=tuple(item for item in items if isinstance(item, RouteDecl)),
            promises=tuple(item for item in items if isinstance(item, PROMISES)),
            first=tuple(item for item in items if isinstance(item, RoutesMode)),
            rules=tuple(item for item in items if isinstance(item, RuleDecl)),
            span=self.here(),
        )

    @reduction
    def goal_clause(self, text: str) -> Clause:
        """`goal "text"`."""
        return self.clause("goal", text)

    @reduction
    def budget(self, *parts: Clause) -> Clause:
        """`budget { clauses }`."""
        clauses = self.gather(parts)
        decl = BudgetDecl(
            steps=clauses.get("steps", int),
            tool_calls=clauses.get("tool_calls", int),
            tokens=clauses.get("tokens", int),
            cost=clauses.get("cost", Money),
            time=clauses.get("time", Duration),
            span=self.here(),
        )
        return self.clause("budget", decl)

    @reduction
    def steps_clause(self, count: int) -> Clause:
        """`steps 12`."""
        return self.clause("steps", count)

    @reduction
    def tool_calls_clause(self, count: int) -> Clause:
        """`tool_calls 8`."""
        return self.clause("tool_calls", count)

    @reduction
    def time_clause(self, duration: Duration) -> Clause:
        """`time 8h`."""
        return self.clause("time", duration)

    # --- routes

    @reduction
    def route(self, sources: tuple[Ident, ...], targets: tuple[Ident, ...], *parts: Clause) -> RouteDecl:
        """`sources -> targets clauses`."""
        own, escalations = self._apart(parts)
        clauses = self.gather(clause for clause in own if clause.word != "grant")
        return RouteDecl(
            sources,
            targets,
            trigger=cast("Trigger | None", clauses.get("on", str)),
            when=clauses.expression("when"),
            otherwise="otherwise" in clauses.first,
            grants=tuple(clause.value for clause in own if isinstance(clause.value, Grant)),
            passes=clauses.names("pass"),
            approval=clauses.get("after approval", Approval),
            escalations=tuple(escalations),
            bound=clauses.get("at most", Bound),
            merge=clauses.get("merge", Merge),
            span=self.here(),
        )

    def _apart(self, parts: Sequence[Clause]) -> tuple[list[Clause], list[Escalate]]:
        """Return the route's own clauses, and its escalations with the clauses that follow each."""
        own: list[Clause] = []
        groups: list[list[Clause]] = []
        group: list[Clause] | None = None
        for clause in parts:
            if clause.word == "escalate":
                group = [clause]
                groups.append(group)
            elif group is not None and (clause.word in ("when", "because") or clause.value == "expiry"):
                group.append(clause)
            else:
                group = None
                if clause.word != "because":
                    own.append(clause)
                elif self.sound():
                    self.diagnostics.append(messages.stray_because(clause.span))
        return own, list(map(self._escalation, groups))

    def _escalation(self, group: Sequence[Clause]) -> Escalate:
        role = group[0].value
        assert isinstance(role, Ident)
        span = group[0].span.to(group[-1].span)
        outer, self.extent = self.extent, (span.start, span.end)
        clauses = self.gather(group)
        self.extent = outer
        return Escalate(
            role,
            on_expiry="on" in clauses.first,
            when=clauses.expression("when"),
            because=clauses.get("because", str),
            span=span,
        )

    @reduction
    def trigger_clause(self, trigger: Trigger) -> Clause:
        """`on failure`."""
        return self.clause("on", trigger)

    @reduction
    def on_failure(self) -> Trigger:
        """`failure`."""
        return "failure"

    @reduction
    def on_timeout(self) -> Trigger:
        """`timeout`."""
        return "timeout"

    @reduction
    def on_denied(self) -> Trigger:
        """`denied`."""
        return "denied"

    @reduction
    def on_expiry(self) -> Trigger:
        """`expiry`."""
        return "expiry"

    @reduction
    def on_over_budget(self) -> Trigger:
        """`over budget`."""
        return "over budget"

    @reduction
    def when_clause(self, condition: Expression) -> Clause:
        """`when condition`."""
        return self.clause("when", condition)

    @reduction
    def otherwise_clause(self) -> Clause:
        """`otherwise`."""
        return self.clause("otherwise", True)

    @reduction
    def grant_clause(self, scopes: tuple[Ident, ...], where: Expression | None = None) -> Clause:
        """`grant scopes where condition`."""
        return self.clause("grant", Grant(scopes, where, span=self.here()))

    @reduction
    def where(self, condition: Expression) -> Expression:
        """`where condition`."""
        return condition

    @reduction
    def way_out(self, target: Ident, own: WayOut | None = None) -> Bound:
        """`, then -> step { clauses }`: a bound but for its count."""
        return Bound(0, target, own)

    @reduction
    def own_clauses(self, *parts: Clause) -> WayOut:
        """`{ clauses }`."""
        own, escalations = self._apart(parts)
        for clause in own if self.sound() else ():
            if clause.word in ("on", "when"):
                self.diagnostics.append(messages.stray_in_way_out(clause.word, clause.span))
        clauses = self.gather(clause for clause in own if clause.word != "grant")
        return WayOut(
            grants=tuple(clause.value for clause in own if isinstance(clause.value, Grant)),
            passes=clauses.names("pass"),
            approval=clauses.get("after approval", Approval),
            escalations=tuple(escalations),
            span=self.here(),
        )

    @reduction
    def element_of(self, front: Ident, number: int) -> Ident:
        """`front[number]`."""
        return Ident(f"{front.text}[{number}]", span=self.here())

    @reduction
    def pass_clause(self, names: tuple[Ident, ...]) -> Clause:
        """`pass names`."""
        return self.clause("pass", names)

    @reduction
    def approval_clause(self, approval: Approval, within: Clause | None = None) -> Clause:
        """`after approval by role within 4h`."""
        deadline = within.value if within is not None and isinstance(within.value, Duration) else None
        return self.clause(
            "after approval", Approval(approval.role, approval.count, deadline, approval.of, span=self.here())
        )

    @reduction
    def approver(self, role: Ident) -> Approval:
        """`role`."""
        return Approval(role, span=self.here())

    @reduction
    def some_of_approvers(self, role: Ident, count: int, of: int) -> Approval:
        """`role 2 of 3`."""
        return Approval(role, count, of=of, span=self.here())

    @reduction
    def several_approvers(self, count: Token, role: Ident) -> Approval:
        """`2 of role`."""
        return Approval(role, self.whole(count), span=self.here())

    @reduction
    def escalate_clause(self, role: Ident) -> Clause:
        """`escalate to role`."""
        return self.clause("escalate", role)

    @reduction
    def because_clause(self, text: str) -> Clause:
        """`because "text"`."""
        return self.clause("because", text)

    @reduction
    def bound_clause(self, times: int, out: Bound | None = None) -> Clause:
        """`at most 3 times, then -> step { clauses }`."""
        then, own = (None, None) if out is None else (out.then, out.own)
        return self.clause("at most", Bound(times, then, own, span=self.here()))

    @reduction
    def backtrack_clause(self, times: int, out: Bound | None = None) -> Clause:
        """`backtrack at most 2 times, then -> step { clauses }`."""
        then, own = (None, None) if out is None else (out.then, out.own)
        return self.clause("at most", Bound(times, then, own, backtracks=True, span=self.here()))

    @reduction
    def merge_clause(self, merge: Merge, reconcile: Reconcile | None = None) -> Clause:
        """`merge all reconcile by step when condition`."""
        return self.clause("merge", merge if reconcile is None else replace(merge, reconcile=reconcile))

    @reduction
    def reconcile(self, arbiter: Ident, when: Expression, own: WayOut | None = None) -> Reconcile:
        """`reconcile by step when condition { clauses }`."""
        return Reconcile(arbiter, when, own, span=self.here())

    @reduction
    def merge_all(self) -> Merge:
        """`all`."""
        return Merge(span=self.here())

    @reduction
    def merge_any(self) -> Merge:
        """`any`."""
        return Merge(1, span=self.here())

    @reduction
    def merge_first(self) -> Merge:
        """`first`."""
        return Merge(1, first=True, span=self.here())

    @reduction
    def merge_some(self, count: Token, of: int) -> Merge:
        """`2 of 3`."""
        return Merge(self.whole(count), of, span=self.here())

    # --- modes

    @reduction
    def routes_mode(self, step: Ident) -> RoutesMode:
        """`routes step first`."""
        return RoutesMode(step, span=self.here())
