"""Tools, agents, roles, policies and tables of the program."""

from interlock_dsl.analysis.facts import CallFacts, RuleFacts, TableFacts, ToolFacts
from interlock_dsl.lowering.expressions import compiled_all, optional
from interlock_dsl.lowering.limits import lower_limits
from interlock_dsl.program import model as program
from interlock_dsl.program.limits import Limit
from interlock_dsl.program.model import Breaker, Rate, RetryPlan
from interlock_dsl.syntax import tree as syntax


def lower_tool(tool: ToolFacts) -> program.Tool:
    """Return a tool."""
    decl = tool.decl
    return program.Tool(
        name=tool.name,
        parameters=tool.parameters,
        result=tool.result,
        needs=tool.needs,
        effect=tool.effect,
        span=tool.span,
        idempotency_key=optional(tool.key),
        timeout=None if decl is None else micros(decl.timeout),
        retry=RetryPlan() if decl is None else _retry(decl.retry),
        undo=None if tool.undo is None else lower_call(tool.undo),
        fallback=None if tool.fallback is None else lower_call(tool.fallback),
        cost=0 if decl is None or decl.cost is None else decl.cost.micros,
        description="" if decl is None else decl.description or "",
        rate=None if decl is None else _rate(decl.rate),
        breaker=None if decl is None else _breaker(decl.breaker),
    )


def lower_call(call: CallFacts) -> program.Call:
    """Return a call."""
    return program.Call(call.tool, compiled_all(call.arguments), call.span)


def lower_agent(decl: syntax.AgentDecl) -> program.Agent:
    """Return an agent."""
    usual = program.Agent(decl.name.text, decl.span)
    return program.Agent(
        name=decl.name.text,
        span=decl.span,
        model=decl.model or "",
        instructions=decl.instructions or "",
        may=frozenset(scope.text for scope in decl.may),
        tokens=usual.tokens if decl.tokens is None else decl.tokens,
        turns=usual.turns if decl.turns is None else decl.turns,
        cost=0 if decl.cost is None else decl.cost.micros,
        timeout=micros(decl.timeout),
        retry=_retry(decl.retry),
        fallback=decl.fallback or "",
    )


def lower_role(decl: syntax.RoleDecl) -> program.Role:
    """Return a role."""
    return program.Role(decl.name.text, decl.span, decl.reach or "")


def lower_policy(decl: syntax.PolicyDecl, rules: tuple[RuleFacts, ...]) -> program.Policy:
    """Return a policy."""
    return program.Policy(decl.name.text, lower_rules(decl.name.text, rules), decl.span)


def lower_rules(name: str, rules: tuple[RuleFacts, ...]) -> tuple[program.Rule, ...]:
    """Return the rules of a policy or a workflow; `name` keeps limits that look alike apart."""
    limits = lower_limits(name, rules)
    return tuple(_rule(rule, limits.get(rule.id)) for rule in rules)


def _rule(rule: RuleFacts, limit: Limit | None) -> program.Rule:
    decl = rule.decl
    return program.Rule(
        id=rule.id,
        kind=decl.kind,
        patterns=tuple(pattern.text for pattern in decl.patterns),
        agent=None if decl.agent is None else decl.agent.text,
        when=optional(rule.when),
        unless=optional(rule.unless),
        because=decl.because or "",
        span=decl.span,
        role="" if decl.role is None else decl.role.text,
        within=micros(decl.within),
        count=decl.count or 0 if limit is None else 0,
        limit=limit,
        fields=tuple(field.text for field in decl.fields),
    )


def lower_table(table: TableFacts) -> program.Table:
    """Return a table."""
    decl = table.decl
    rows = tuple(program.Row(optional(row.condition), compiled_all(row.outputs), row.span) for row in table.rows)
    return program.Table(decl.name.text, table.parameters, table.result, decl.hit, rows, decl.span)


def micros(duration: syntax.Duration | None) -> int | None:
    """Return the microseconds of a duration."""
    return None if duration is None else duration.micros


def _rate(rate: syntax.Rate | None) -> Rate | None:
    return None if rate is None else Rate(rate.most, rate.period.micros)


def _breaker(breaker: syntax.Breaker | None) -> Breaker | None:
    if breaker is None:
        return None
    return Breaker(breaker.failures, breaker.within.micros, breaker.pause.micros)


def _retry(retry: syntax.Retry | None) -> RetryPlan:
    if retry is None:
        return RetryPlan()
    first = micros(retry.first) or 0
    return RetryPlan(retry.times, first, max(first, micros(retry.most) or 0))
