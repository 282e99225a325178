"""Quantities: every limit is finite, more than zero, and fits 64 bits."""

from collections.abc import Iterable

from interlock_dsl.analysis.links import handed
from interlock_dsl.analysis.symbols import Symbols
from interlock_dsl.analysis.workflows.rows import MOST_ROWS, fan_out
from interlock_dsl.cel.values import INT_HIGH
from interlock_dsl.diagnostics.messages import rows as say_rows
from interlock_dsl.diagnostics.messages import types as say
from interlock_dsl.diagnostics.messages.routes import too_few_people
from interlock_dsl.diagnostics.report import Report
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.syntax.clauses import Clauses
from interlock_dsl.syntax.tree import (
    AgentDecl,
    AgentStep,
    Approval,
    AskStep,
    BudgetDecl,
    CallStep,
    CostAtMost,
    Duration,
    EndsWithin,
    EndsWithinSteps,
    EventStep,
    FanOut,
    Money,
    NeverUnapproved,
    Promise,
    Retry,
    RuleDecl,
    RunStep,
    TimeStep,
    ToolDecl,
    WorkflowDecl,
)


def check_limits(symbols: Symbols, clauses: Clauses) -> None:
    """Report every limit that cannot be kept, and costs in more than one currency."""
    report = symbols.report
    for tool in symbols.tools.values():
        _tool(report, tool)
    for agent in symbols.agents.values():
        _agent(report, agent, clauses)
    for workflow in symbols.workflows.values():
        _workflow(report, workflow, clauses)
    for policy in symbols.policies.values():
        for rule in policy.rules:
            _rule(report, rule, clauses)
    _currencies(symbols)


def _tool(report: Report, tool: ToolDecl) -> None:
    _duration(report, "the timeout", tool.timeout)
    _retry(report, tool.retry)
    if tool.rate is not None:
        _count(report, "the number of attempts", tool.rate.most, tool.rate.span)
        _duration(report, "the period", tool.rate.period)
    if tool.breaker is not None:
        _count(report, "the number of failures", tool.breaker.failures, tool.breaker.span)
        _duration(report, "the period", tool.breaker.within)
        _duration(report, "the time for which it is open", tool.breaker.pause)
    _money(report, "the cost", tool.cost, free=True)


def _agent(report: Report, agent: AgentDecl, clauses: Clauses) -> None:
    _count(report, "the number of tokens", agent.tokens, clauses.of(agent, "tokens"))
    _count(report, "the number of turns", agent.turns, clauses.of(agent, "turns"))
    _money(report, "the cost", agent.cost)
    _duration(report, "the timeout", agent.timeout)
    _retry(report, agent.retry)


def _workflow(report: Report, workflow: WorkflowDecl, clauses: Clauses) -> None:
    if workflow.budget is not None:
        _budget(report, workflow.budget, clauses)
    for step in workflow.steps:
        if isinstance(step, AgentStep | CallStep | AskStep | EventStep | RunStep):
            _duration(report, "the deadline", step.within)
        elif isinstance(step, TimeStep):
            _duration(report, "the time", step.pause)
        rows = fan_out(step)
        if rows is not None:
            _fan_out(report, rows, clauses)
    for route in workflow.routes:
        for written, _ in handed(route):
            if written.approval is not None:
                _count(report, "the number of people", written.approval.count, written.approval.span)
                _duration(report, "the deadline", written.approval.within)
        if route.bound is not None:
            _count(report, "the number of times", route.bound.times, route.bound.span)
    for promise in workflow.promises:
        _promise(report, promise)
    for rule in workflow.rules:
        _rule(report, rule, clauses)


def _fan_out(report: Report, rows: FanOut, clauses: Clauses) -> None:
    _count(report, "`max`", rows.max, rows.span)
    if rows.max > MOST_ROWS:
        report.add(say_rows.too_many_rows(MOST_ROWS, rows.span))
    _count(report, "`width`", rows.width, clauses.of(rows, "width"))
    if rows.width is not None and rows.width >= rows.max >= 1:
        report.add(say_rows.width_beyond(rows.width, rows.max, clauses.of(rows, "width")))
    if rows.merge is None or rows.merge.count is None:
        return
    _count(report, "the number of rows", rows.merge.count, rows.merge.span)
    if rows.merge.count > rows.max >= 1:
        report.add(say_rows.merge_beyond(rows.merge.count, rows.max, rows.merge.span))
    if rows.collects:
        report.add(say_rows.collects_beside_merge(clauses.of(rows, "collect failures")))


def _promise(report: Report, promise: Promise) -> None:
    match promise:
        case NeverUnapproved(approval=Approval(count=count, span=span)):
            _count(report, "the number of people", count, span)
        case EndsWithinSteps(steps=steps, span=span):
            _count(report, "the number of steps", steps, span)
        case EndsWithin(time=time):
            _duration(report, "the time", time)
        case CostAtMost(cost=cost):
            _money(report, "the cost", cost, free=True)
        case _:
            pass


def _budget(report: Report, budget: BudgetDecl, clauses: Clauses) -> None:
    _count(report, "the number of steps", budget.steps, clauses.of(budget, "steps"))
    _count(report, "the number of tool calls", budget.tool_calls, clauses.of(budget, "tool_calls"))
    _count(report, "the number of tokens", budget.tokens, clauses.of(budget, "tokens"))
    _money(report, "the cost", budget.cost)
    _duration(report, "the time", budget.time)


def _rule(report: Report, rule: RuleDecl, clauses: Clauses) -> None:
    _duration(report, "the deadline", rule.within)
    if rule.kind == "notify":
        return
    if rule.role is not None:
        _count(report, "the number of people", rule.count, rule.role.span)
        if rule.count is not None and rule.of is not None and rule.count > rule.of:
            report.add(too_few_people(rule.count, rule.of, rule.role.span))
    else:
        what = "the number of calls" if rule.amount is None else "the sum"
        _count(report, what, rule.count, clauses.of(rule, "to"))
    _duration(report, "the period", rule.period)


def _retry(report: Report, retry: Retry | None) -> None:
    if retry is None:
        return
    _count(report, "the number of retries", retry.times, retry.span)
    _duration(report, "the first wait", retry.first)
    _duration(report, "the longest wait", retry.most)
    if retry.first is not None and retry.most is not None and retry.most.micros < retry.first.micros:
        report.add(say.backoff_order(retry.most.span))


def _duration(report: Report, what: str, duration: Duration | None) -> None:
    if duration is not None:
        _count(report, what, duration.micros, duration.span, most=INT_HIGH // 1_000)


def _money(report: Report, what: str, money: Money | None, *, free: bool = False) -> None:
    if money is not None and not (free and money.micros == 0):
        _count(report, what, money.micros, money.span)


def _count(report: Report, what: str, count: int | None, span: Span, most: int = INT_HIGH) -> None:
    if count is None:
        return
    if count <= 0:
        report.add(say.not_positive(what, span))
    elif count > most:
        report.add(say.too_big(what, span))


def _currencies(symbols: Symbols) -> None:
    first: Money | None = None
    for money in _amounts(symbols):
        if first is None:
            first = money
        elif money.currency != first.currency:
            symbols.report.add(say.currency(money.currency, first.currency, money.span, first.span))


def _amounts(symbols: Symbols) -> Iterable[Money]:
    every = [
        *(tool.cost for tool in symbols.tools.values()),
        *(agent.cost for agent in symbols.agents.values()),
        *(workflow.budget.cost for workflow in symbols.workflows.values() if workflow.budget is not None),
        *(p.cost for workflow in symbols.workflows.values() for p in workflow.promises if isinstance(p, CostAtMost)),
    ]
    return (money for money in every if money is not None)
