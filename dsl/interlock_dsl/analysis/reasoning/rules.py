"""Rules of policies, tool by tool: when each applies to a call, as statements about values.

A rule over several tools reads the arguments of whichever is called; here its conditions are checked again for each
tool, so that the types of the arguments are known. A condition without a value makes a rule that restricts apply, and
one that permits not.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from interlock_dsl.analysis.declarations.policies import concerns, rules_for
from interlock_dsl.analysis.facts import Facts, RuleFacts, ToolFacts
from interlock_dsl.analysis.reasoning.reasoner import Reasoner
from interlock_dsl.analysis.values.problem import Answer, Claim, Impossible, Outcome, Possible, Problem, Statement
from interlock_dsl.cel.check import Checked, Scope, check
from interlock_dsl.cel.environment import CompiledExpression
from interlock_dsl.cel.errors import EvaluationError
from interlock_dsl.cel.types import BOOL, STRING, Field, RecordType, StringType, Type
from interlock_dsl.program.builtins import TOOL

NOT_TRUE = Outcome.FALSE | Outcome.NO_VALUE
NOT_FALSE = Outcome.TRUE | Outcome.NO_VALUE


@dataclass(frozen=True, eq=False)
class Applied:
    """A rule, and one of the tools it is about. `when` and `unless` know the arguments of the tool."""

    rule: RuleFacts
    tool: ToolFacts
    when: Checked | None
    unless: Checked | None
    variables: Mapping[str, Type]
    _compiled: dict[int, Callable[[Mapping[str, object]], object]] = field(default_factory=dict)

    @cached_property
    def applies(self) -> tuple[Statement, ...]:
        """The statements that all hold where the rule applies."""
        restricts = self.rule.decl.kind != "permit"
        made: list[Statement] = []
        if self.when is not None:
            made.append(Claim(self.when, NOT_FALSE if restricts else Outcome.TRUE))
        if self.unless is not None:
            made.append(Claim(self.unless, NOT_TRUE if restricts else Outcome.FALSE))
        return tuple(made)

    @cached_property
    def does_not(self) -> tuple[Statement, ...]:
        """The statements of which one holds where the rule does not apply: none where it always does."""
        restricts = self.rule.decl.kind != "permit"
        made: list[Statement] = []
        if self.when is not None:
            made.append(Claim(self.when, Outcome.FALSE if restricts else NOT_TRUE))
        if self.unless is not None:
            made.append(Claim(self.unless, Outcome.TRUE if restricts else NOT_FALSE))
        return tuple(made)

    def met(self, bindings: Mapping[str, object]) -> bool:
        """Say whether the rule applies to a call with these values."""
        restricts = self.rule.decl.kind != "permit"
        if self.when is not None:
            value = self._value(self.when, bindings)
            if value is False or (value is None and not restricts):
                return False
        if self.unless is not None:
            value = self._value(self.unless, bindings)
            return value is False or (value is None and restricts)
        return True

    def _value(self, condition: Checked, bindings: Mapping[str, object]) -> bool | None:
        """Return what a condition comes to, None where it has no value."""
        function = self._compiled.get(id(condition))
        if function is None:
            made = CompiledExpression(condition.expression, condition.scope, condition)
            function = self._compiled[id(condition)] = made.function
        try:
            return function(bindings) is True
        except EvaluationError:
            return None


class Rules:
    """The rules of a program, each for every tool it is about."""

    def __init__(self, facts: Facts, reasoner: Reasoner) -> None:
        self._facts = facts
        self._reasoner = reasoner
        self._scopes: dict[str, Scope] = {}
        self._answers: dict[int, tuple[Applied, Answer]] = {}
        self.all = tuple(rule for _, rules in facts.policies.values() for rule in rules)
        self.of: Mapping[str, tuple[Applied | None, ...]] = {
            rule.id: tuple(self._applied(rule, tool) for tool in self.tools(rule)) for rule in self.all
        }
        """Each rule for each of its tools, by its id; None for a tool whose arguments its conditions do not fit."""
        self.by_tool: Mapping[str, Mapping[str, Applied]] = {
            id: {one.tool.name: one for one in applied if one is not None} for id, applied in self.of.items()
        }

    def tools(self, rule: RuleFacts) -> Iterator[ToolFacts]:
        """Yield the tools that a rule is about."""
        for tool in self._facts.tools.values():
            if concerns(rule.decl, tool.name):
                yield tool

    def known(self, rule: RuleFacts) -> tuple[Applied, ...] | None:
        """Return a rule for each of its tools; None where it is not known for all of them."""
        applied = self.of[rule.id]
        known = tuple(one for one in applied if one is not None)
        return known if known and len(known) == len(applied) else None

    def never(self, one: Applied) -> bool:
        """Say whether a rule applies to no call of a tool."""
        return isinstance(self._applies(one), Impossible)

    def always(self, one: Applied) -> bool:
        """Say whether a rule with conditions applies to every call of a tool."""
        return all(
            isinstance(self._reasoner.ask(Problem((not_met,), one.variables)), Impossible) for not_met in one.does_not
        )

    def unmeant(self, rule: RuleFacts) -> bool:
        """Say whether a rule has conditions and applies to every call all the same."""
        known = self.known(rule)
        if known is None or (rule.when is None and rule.unless is None) or all(map(self.never, known)):
            return False
        return all(map(self.always, known))

    def asks(self, tool: str, agent: str) -> bool | None:
        """Say whether rules ask for an approval of every call of a tool by an agent; None: of some, it depends."""
        some: bool | None = False
        for rule in rules_for(self._facts, tool, agent):
            one = self.by_tool[rule.id].get(tool)
            if rule.decl.kind != "require":
                continue
            if one is not None and self.always(one):
                return True
            if one is None or not self.never(one):
                some = None
        return some

    def covers(self, wide: Applied, narrow: Applied) -> bool:
        """Say whether a rule applies to every call to which another, of the same tool, does."""
        if not wide.does_not:
            return True
        witness = self.witness(narrow)
        if witness is not None and not wide.met(witness):
            return False
        return all(
            isinstance(
                self._reasoner.ask(Problem((*narrow.applies, not_met), narrow.variables or wide.variables)), Impossible
            )
            for not_met in wide.does_not
        )

    def witness(self, one: Applied) -> Mapping[str, object] | None:
        """Return values of a call to which a rule applies, None where none are known."""
        answer = self._applies(one)
        return answer.bindings if isinstance(answer, Possible) else None

    def _applies(self, one: Applied) -> Answer:
        """Return whether there are calls to which a rule applies."""
        found = self._answers.get(id(one))
        if found is None:
            found = self._answers[id(one)] = one, self._reasoner.ask(Problem(one.applies, one.variables))
        return found[1]

    def _applied(self, rule: RuleFacts, tool: ToolFacts) -> Applied | None:
        like = rule.when or rule.unless
        if like is None:
            return Applied(rule, tool, None, None, {})
        scope = self._scope(tool, like.scope)
        conditions: list[Checked | None] = []
        for condition in (rule.when, rule.unless):
            checked = None if condition is None else check(condition.expression, scope, BOOL)
            if checked is not None and checked.diagnostics:
                return None
            conditions.append(checked)
        return Applied(rule, tool, conditions[0], conditions[1], scope.variables)

    def _scope(self, tool: ToolFacts, like: Scope) -> Scope:
        if tool.name not in self._scopes:
            variables = {**self._facts.everywhere, **called(tool, self._facts)}
            self._scopes[tool.name] = Scope(variables, like.functions)
        return self._scopes[tool.name]


def called(tool: ToolFacts, facts: Facts, *, agent: str | None = None) -> dict[str, Type]:
    """Return what conditions see of a call of a tool: `args`, `tool` and `agent` (by any, or by the one named)."""
    own = {"name": Field(StringType((tool.name,))), "effect": Field(StringType((tool.effect,)))}
    agents = StringType(("", *facts.agents)) if facts.agents else STRING
    return {
        "args": RecordType("", tool.parameters.fields),
        "tool": RecordType("Tool", {**TOOL.fields, **own}),
        "agent": agents if agent is None else StringType((agent,)),
    }


def covers_agents(wide: RuleFacts, narrow: RuleFacts) -> bool:
    """Say whether a rule is about every agent that another is about."""
    agent = None if wide.decl.agent is None else wide.decl.agent.text
    other = None if narrow.decl.agent is None else narrow.decl.agent.text
    if agent in (None, "*") or agent == other:
        return True
    return (
        agent is not None
        and agent.endswith("*")
        and other is not None
        and other.removesuffix("*").startswith(agent[:-1])
    )
