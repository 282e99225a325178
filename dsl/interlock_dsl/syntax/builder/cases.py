"""Tests: what is given, what agents and tools do, what is expected."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import cast

from lark.lexer import Token

from interlock_dsl.cel.library.instants import read_timestamp
from interlock_dsl.cel.tree import Expression, ListItem, ListOf, Literal, MapEntry, MapOf, Name
from interlock_dsl.cel.values import Fault
from interlock_dsl.diagnostics.messages import syntax as messages
from interlock_dsl.syntax.builder.pieces import PieceBuilder, reduction
from interlock_dsl.syntax.tree import (
    AgentScript,
    Approval,
    Asker,
    Duration,
    EventComes,
    Expect,
    Given,
    GivenContext,
    GivenNow,
    Ident,
    PersonDecides,
    PersonScript,
    Proposes,
    Starts,
    TestDecl,
    TestItem,
    TimePasses,
    ToolScript,
)


@dataclass(frozen=True, slots=True)
class At:
    """`at step`, until it has found its place in the script of a tool."""

    step: Ident


class CaseBuilder(PieceBuilder):
    """Builds tests."""

    @reduction
    def inner_step(self, front: Ident, name: Ident) -> Ident:
        """`front/name`."""
        return Ident(f"{front.text}/{name.text}", span=self.here())

    @reduction
    def visit_path(self, step: Ident, visit: Token) -> Ident:
        """`step#2`."""
        return Ident(f"{step.text}#{int(visit[1:])}", span=self.here())

    @reduction
    def tool_at(self, step: Ident) -> At:
        """`at step`."""
        return At(step)

    @reduction
    def test_decl(self, title: str, *rest: object) -> TestDecl:
        """`test "title" of workflow { items }`."""
        workflow = next((part for part in rest if isinstance(part, Ident)), None)
        asker = next((part for part in rest if isinstance(part, Asker)), None)
        items = tuple(part for part in rest if not isinstance(part, Ident | Asker))
        return TestDecl(title, workflow, cast("tuple[TestItem, ...]", items), asker, span=self.here())

    @reduction
    def asked_for(self, principal: str, roles: tuple[str, ...] = ()) -> Asker:
        """`for "ann" roles ["clerk"]`."""
        return Asker(None, principal, roles, span=self.here())

    @reduction
    def asked_by(self, asker: Asker) -> Asker:
        """`for "ann"`, by no agent."""
        return asker

    @reduction
    def asked_by_agent(self, agent: Ident, asker: Asker | None = None) -> Asker:
        """`by teller for "ann" roles ["clerk"]`."""
        if asker is None:
            return Asker(agent, None, span=self.here())
        return Asker(agent, asker.principal, asker.roles, span=self.here())

    @reduction
    def proposes(self, tool: Ident, arguments: Expression, agent: Ident | None = None) -> Proposes:
        """`call tool { arguments } by agent`."""
        return Proposes(tool, arguments, agent, span=self.here())

    def test_value(self, parts: list[Expression]) -> Expression:
        """A value: in its records, bare keys are the names of fields."""
        return _with_named_keys(self.expression(parts))

    @reduction
    def given(self, parameter: Ident, value: Expression) -> Given:
        """`given parameter value`."""
        return Given(parameter, value, span=self.here())

    @reduction
    def given_now(self, token: Token) -> GivenNow:
        """`given now 2026-03-02T22:30:00Z`."""
        try:
            micros = read_timestamp(token).nanoseconds // 1_000
        except Fault:
            micros = -1
        if micros < 0:
            self.diagnostics.append(messages.bad_moment(self.here()))
        return GivenNow(max(micros, 0), span=self.here())

    @reduction
    def given_context(self, value: Expression) -> GivenContext:
        """`given context { fields }`."""
        return GivenContext(value, span=self.here())

    @reduction
    def test_roles(self, *roles: str) -> tuple[str, ...]:
        """`roles ["clerk", "auditor"]`."""
        return roles

    @reduction
    def started(self, principal: str, roles: tuple[str, ...] = ()) -> Starts:
        """`started by "maria" roles ["clerk"]`."""
        return Starts(principal, roles, span=self.here())

    @reduction
    def row_path(self, step: Ident, row: int) -> Ident:
        """`step[2]`."""
        return Ident(f"{step.text}[{row}]", span=self.here())

    @reduction
    def agent_calls(self, step: Ident, tool: Ident, arguments: Expression) -> AgentScript:
        """`agent step calls tool { arguments }`."""
        return AgentScript(step, tool, arguments, span=self.here())

    @reduction
    def agent_answers(self, step: Ident, value: Expression) -> AgentScript:
        """`agent step answers value`."""
        return AgentScript(step, None, value, span=self.here())

    @reduction
    def agent_fails(self, step: Ident, why: str) -> AgentScript:
        """`agent step fails "why"`."""
        return AgentScript(step, None, None, why, span=self.here())

    @reduction
    def agent_times_out(self, step: Ident) -> AgentScript:
        """`agent step times out`."""
        return AgentScript(step, None, None, span=self.here())

    @reduction
    def person_answers(self, step: Ident, value: Expression) -> PersonScript:
        """`person step answers value`."""
        return PersonScript(step, value, span=self.here())

    @reduction
    def tool_returns(self, tool: Ident, *said: At | Expression) -> ToolScript:
        """`tool name at step returns value`."""
        value = next(each for each in said if not isinstance(each, At))
        return ToolScript(tool, value, step=_at(said), span=self.here())

    @reduction
    def tool_fails(self, tool: Ident, *said: At | str) -> ToolScript:
        """`tool name at step fails "why"`."""
        why = next(each for each in said if isinstance(each, str))
        return ToolScript(tool, None, why, _at(said), span=self.here())

    @reduction
    def tool_times_out(self, tool: Ident, *said: At) -> ToolScript:
        """`tool name at step times out`."""
        return ToolScript(tool, None, step=_at(said), span=self.here())

    @reduction
    def approves(self, role: Ident) -> PersonDecides:
        """`then role approves`."""
        return PersonDecides(role, approves=True, span=self.here())

    @reduction
    def denies(self, role: Ident) -> PersonDecides:
        """`then role denies`."""
        return PersonDecides(role, approves=False, span=self.here())

    @reduction
    def time_passes(self, duration: Duration) -> TimePasses:
        """`then 5h pass`."""
        return TimePasses(duration, span=self.here())

    @reduction
    def event_comes(self, event: str, value: Expression | None = None) -> EventComes:
        """`then event "name" value`."""
        return EventComes(event, value, span=self.here())

    @reduction
    def expect(self, expectation: Expect) -> Expect:
        """`expect ...`."""
        return replace(expectation, span=self.here())

    @reduction
    def expect_waits(self, role: Ident) -> Expect:
        """`waits for approval by role`."""
        return Expect("waits", role)

    @reduction
    def expect_awaits(self, event: str) -> Expect:
        """`waits for event "name"`."""
        return Expect("awaits", event=event)

    @reduction
    def expect_calls(self, tool: Ident, arguments: Expression | None = None) -> Expect:
        """`calls tool { arguments }`."""
        return Expect("calls", tool, arguments)

    @reduction
    def expect_never_calls(self, tool: Ident, arguments: Expression | None = None) -> Expect:
        """`never calls tool { arguments }`."""
        return Expect("never calls", tool, arguments)

    @reduction
    def expect_denied(self, tool: Ident) -> Expect:
        """`denied tool`."""
        return Expect("denied", tool)

    @reduction
    def expect_denied_because(self, tool: Ident, reason: str) -> Expect:
        """`denied tool because "..."`."""
        return Expect("denied", tool, because=reason)

    @reduction
    def expect_denied_by(self, tool: Ident, rule: str) -> Expect:
        """`denied tool by "policy/forbid#1"`."""
        return Expect("denied", tool, rule=rule)

    @reduction
    def expect_withheld(self, tool: Ident) -> Expect:
        """`withheld tool`."""
        return Expect("withheld", tool)

    @reduction
    def expect_withheld_by_rate(self, tool: Ident) -> Expect:
        """`withheld tool by rate`."""
        return Expect("withheld", tool, rule="rate")

    @reduction
    def expect_withheld_by_breaker(self, tool: Ident) -> Expect:
        """`withheld tool by breaker`."""
        return Expect("withheld", tool, rule="breaker")

    @reduction
    def expect_escalates(self, role: Ident) -> Expect:
        """`escalates to role`."""
        return Expect("escalates", role)

    @reduction
    def expect_notifies(self, role: Ident) -> Expect:
        """`notifies role`."""
        return Expect("notifies", role)

    @reduction
    def expect_redacts(self, fields: tuple[Ident, ...], tool: Ident) -> Expect:
        """`redacts result.iban of tool`."""
        return Expect("redacts", tool, fields=fields)

    @reduction
    def expect_never_notifies(self, role: Ident) -> Expect:
        """`never notifies role`."""
        return Expect("never notifies", role)

    @reduction
    def expect_never_redacts(self, fields: tuple[Ident, ...], tool: Ident) -> Expect:
        """`never redacts result.iban of tool`."""
        return Expect("never redacts", tool, fields=fields)

    @reduction
    def expect_ends(self, end: Ident, values: Expression | None = None) -> Expect:
        """`ends end { values }`."""
        return Expect("ends", end, values)

    @reduction
    def expect_fails(self) -> Expect:
        """`fails`."""
        return Expect("fails")

    @reduction
    def expect_fails_by(self, promise: str) -> Expect:
        """`fails by "workflow/always#1"`."""
        return Expect("fails", rule=promise)

    @reduction
    def expect_visits(self, step: Ident) -> Expect:
        """`visits step`."""
        return Expect("visits", step)

    @reduction
    def expect_backtracks(self, step: Ident) -> Expect:
        """`backtracks to step`."""
        return Expect("backtracks", step)

    @reduction
    def expect_never_visits(self, step: Ident) -> Expect:
        """`never visits step`."""
        return Expect("never visits", step)

    @reduction
    def expect_allows(self) -> Expect:
        """`allows`."""
        return Expect("allows")

    @reduction
    def expect_denies(self) -> Expect:
        """`denies`."""
        return Expect("denies")

    @reduction
    def expect_denies_because(self, reason: str) -> Expect:
        """`denies because "..."`."""
        return Expect("denies", because=reason)

    @reduction
    def expect_denies_by(self, rule: str) -> Expect:
        """`denies by "policy/forbid#1"`."""
        return Expect("denies", rule=rule)

    @reduction
    def expect_asks(self, approver: Approval) -> Expect:
        """`asks 2 of role`."""
        return Expect("asks", approver.role, count=approver.count)


def _at(said: Iterable[object]) -> Ident | None:
    return next((each.step for each in said if isinstance(each, At)), None)


def _with_named_keys(value: Expression) -> Expression:
    match value:
        case MapOf(entries=entries, span=span):
            return MapOf(
                tuple(MapEntry(_key(entry.key), _with_named_keys(entry.value), entry.optional) for entry in entries),
                span,
            )
        case ListOf(items=items, span=span):
            return ListOf(tuple(ListItem(_with_named_keys(item.value), item.optional) for item in items), span)
        case _:
            return value


def _key(key: Expression) -> Expression:
    match key:
        case Name(name=name, absolute=False, span=span):
            return Literal(name, span)
        case _:
            return key
