"""Tools: no effect without a scope; tools and agents: no clause that their other clauses make void."""

from interlock_dsl.analysis.symbols import Symbols
from interlock_dsl.diagnostics.messages import tools as say
from interlock_dsl.syntax.clauses import Clauses
from interlock_dsl.syntax.tree import Breaker, Rate


def check_tools(symbols: Symbols, clauses: Clauses) -> None:
    """Report tools that change the world without needing a scope, and retries and undos that would never happen."""
    for tool in symbols.tools.values():
        name = tool.name.text
        # A tool that does not say its effect is taken as irreversible.
        reads = tool.effect is not None and tool.effect.text == "read"
        if not reads and not tool.needs:
            effect = None if tool.effect is None else tool.effect.text
            symbols.report.add(say.write_without_scope(name, effect, tool.name.span))
        if not reads and tool.retry is not None and tool.idempotent is None:
            symbols.report.add(say.retry_without_idempotency(name, clauses.of(tool, "retry")))
        if reads and tool.undo is not None:
            symbols.report.add(say.undo_of_read(name, clauses.of(tool, "undo")))
        if tool.breaker is not None and tool.timeout is None:
            symbols.report.add(say.breaker_without_timeout(name, clauses.of(tool, "breaker")))
        if tool.breaker is not None and tool.rate is not None and _stays_closed(tool.rate, tool.breaker):
            undone = {other.undo.tool.text for other in symbols.tools.values() if other.undo is not None}
            if name not in undone:  # undo calls are made beyond the rate
                symbols.report.add(say.breaker_beyond_rate(name, clauses.of(tool, "breaker")))


def _stays_closed(rate: Rate, breaker: Breaker) -> bool:
    """Whether a rate lets through fewer attempts than have to fail before a breaker opens."""
    return (
        rate.most > 0
        and rate.period.micros > 0
        and (-(-breaker.within.micros // rate.period.micros) * rate.most < breaker.failures)
    )


def check_agents(symbols: Symbols, clauses: Clauses) -> None:
    """Report fallbacks that are no other model."""
    for agent in symbols.agents.values():
        if agent.fallback is not None and agent.fallback == agent.model:
            symbols.report.add(say.same_fallback(agent.name.text, clauses.of(agent, "fallback")))


def check_scopes(symbols: Symbols) -> None:
    """Report scopes that no tool needs, where agents and workflows name them."""
    for agent in symbols.agents.values():
        for scope in agent.may:
            symbols.scope(scope)
    for workflow in symbols.workflows.values():
        for scope in workflow.may or ():
            symbols.scope(scope)
