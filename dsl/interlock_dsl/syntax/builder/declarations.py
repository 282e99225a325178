"""Uses, the context, constants, types, tools, agents, roles."""

from typing import cast

from lark import Token

from interlock_dsl.cel.tree import Expression
from interlock_dsl.syntax.builder.pieces import Clause, PieceBuilder, reduction
from interlock_dsl.syntax.tree import (
    AgentDecl,
    Breaker,
    ContextDecl,
    Duration,
    FieldNode,
    Ident,
    LetDecl,
    Money,
    Rate,
    Retry,
    RoleDecl,
    ToolCall,
    ToolDecl,
    TypeDecl,
    TypeNode,
    Use,
)


class DeclarationBuilder(PieceBuilder):
    """Builds the declarations that workflows refer to."""

    @reduction
    def use_decl(self, path: str) -> Use:
        """`use "common.ilk"`."""
        return Use(path, span=self.here())

    @reduction
    def context_decl(self, fields: tuple[FieldNode, ...]) -> ContextDecl:
        """`context { fields }`."""
        return ContextDecl(fields, span=self.here())

    @reduction
    def let_decl(self, name: Ident, *rest: TypeNode | Expression | Token) -> LetDecl:
        """`let name: type = value`."""
        *types, value = rest
        type_ = cast("TypeNode", types[0]) if types else None
        if isinstance(value, Token):
            return LetDecl(name, type_, self.duration_of(value, self.place(value)), span=self.here())
        return LetDecl(name, type_, cast("Expression", value), span=self.here())

    @reduction
    def type_decl(self, name: Ident, type_: TypeNode) -> TypeDecl:
        """`type Order { ... }`, `type Topic = enum(...)`."""
        field = FieldNode(name, type_, span=type_.span)
        return TypeDecl(name, self._field_node(field.name, type_, (), optional=False).type, span=self.here())

    @reduction
    def tool_decl(self, name: Ident, parameters: tuple[FieldNode, ...], *rest: TypeNode | Clause) -> ToolDecl:
        """`tool name(parameters) -> result { clauses }`."""
        result = next((part for part in rest if not isinstance(part, Clause)), None)
        clauses = self.gather(part for part in rest if isinstance(part, Clause))
        return ToolDecl(
            name,
            parameters,
            result,
            needs=clauses.names("needs"),
            effect=clauses.get("effect", Ident),
            idempotent=clauses.expression("idempotent"),
            timeout=clauses.get("timeout", Duration),
            retry=clauses.get("retry", Retry),
            undo=clauses.get("undo", ToolCall),
            cost=clauses.get("cost", Money),
            description=clauses.get("description", str),
            fallback=clauses.get("fallback", ToolCall),
            rate=clauses.get("rate", Rate),
            breaker=clauses.get("breaker", Breaker),
            span=self.here(),
        )

    @reduction
    def result(self, type_: TypeNode) -> TypeNode:
        """`-> result`."""
        return type_

    @reduction
    def needs_clause(self, scopes: tuple[Ident, ...]) -> Clause:
        """`needs scopes`."""
        return self.clause("needs", scopes)

    @reduction
    def effect_clause(self, effect: Ident) -> Clause:
        """`effect read`."""
        return self.clause("effect", effect)

    @reduction
    def idempotent_clause(self, key: Expression) -> Clause:
        """`idempotent by key`."""
        return self.clause("idempotent", key)

    @reduction
    def undo_clause(self, call: ToolCall) -> Clause:
        """`undo tool(arguments)`."""
        return self.clause("undo", call)

    @reduction
    def description_clause(self, text: str) -> Clause:
        """`description "text"`."""
        return self.clause("description", text)

    @reduction
    def rate_clause(self, most: int, period: Duration) -> Clause:
        """`rate 100 per 1m`."""
        return self.clause("rate", Rate(most, period, span=self.here()))

    @reduction
    def breaker_clause(self, failures: int, within: Duration, pause: Duration) -> Clause:
        """`breaker opens after 5 failures within 1m for 30s`."""
        return self.clause("breaker", Breaker(failures, within, pause, span=self.here()))

    @reduction
    def timeout_clause(self, duration: Duration) -> Clause:
        """`timeout 5s`."""
        return self.clause("timeout", duration)

    @reduction
    def cost_clause(self, money: Money) -> Clause:
        """`cost 0.50 usd`."""
        return self.clause("cost", money)

    @reduction
    def retry_clause(self, times: int, pause: tuple[Duration, Duration | None] | None = None) -> Clause:
        """`retry 3 times backoff 200ms..5s`."""
        first, most = pause or (None, None)
        return self.clause("retry", Retry(times, first, most, span=self.here()))

    @reduction
    def backoff(self, first: Duration, most: Duration | None = None) -> tuple[Duration, Duration | None]:
        """`backoff first..most`."""
        return first, most

    @reduction
    def agent_decl(self, name: Ident, *parts: Clause) -> AgentDecl:
        """`agent name { clauses }`."""
        clauses = self.gather(parts)
        return AgentDecl(
            name,
            model=clauses.get("model", str),
            instructions=clauses.get("instructions", str),
            may=clauses.names("may"),
            tokens=clauses.get("tokens", int),
            turns=clauses.get("turns", int),
            cost=clauses.get("cost", Money),
            timeout=clauses.get("timeout", Duration),
            retry=clauses.get("retry", Retry),
            fallback=clauses.get("fallback", str),
            span=self.here(),
        )

    @reduction
    def model_clause(self, text: str) -> Clause:
        """`model "large"`."""
        return self.clause("model", text)

    @reduction
    def fallback_clause(self, other: str | ToolCall) -> Clause:
        """`fallback "small"` of an agent, `fallback tool(arguments)` of a tool."""
        return self.clause("fallback", other)

    @reduction
    def instructions_clause(self, text: str) -> Clause:
        """`instructions "text"`."""
        return self.clause("instructions", text)

    @reduction
    def may_clause(self, scopes: tuple[Ident, ...]) -> Clause:
        """`may scopes`."""
        return self.clause("may", scopes)

    @reduction
    def tokens_clause(self, count: int) -> Clause:
        """`tokens 8_000`."""
        return self.clause("tokens", count)

    @reduction
    def turns_clause(self, count: int) -> Clause:
        """`turns 10`."""
        return self.clause("turns", count)

    @reduction
    def role_decl(self, name: Ident, *parts: Clause) -> RoleDecl:
        """`role name { clauses }`."""
        return RoleDecl(name, self.gather(parts).get("reach", str), span=self.here())

    @reduction
    def reach_clause(self, text: str) -> Clause:
        """`reach "refunds-desk"`."""
        return self.clause("reach", text)
