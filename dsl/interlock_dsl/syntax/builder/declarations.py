"""Uses, types, tools, agents, roles."""

from interlock_dsl.cel.builder import takes_parts
from interlock_dsl.cel.tree import Expression
from interlock_dsl.syntax.builder.pieces import Clause, PieceBuilder
from interlock_dsl.syntax.tree import (
    AgentDecl,
    Duration,
    FieldNode,
    Ident,
    Money,
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

    @takes_parts
    def use_decl(self, path: str) -> Use:
        """`use "common.ilk"`."""
        return Use(path, span=self.here())

    @takes_parts
    def type_decl(self, name: Ident, type_: TypeNode) -> TypeDecl:
        """`type Order { ... }`, `type Topic = enum(...)`."""
        field = FieldNode(name, type_, span=type_.span)
        return TypeDecl(name, self._field_node(field.name, type_, (), optional=False).type, span=self.here())

    @takes_parts
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
            span=self.here(),
        )

    @takes_parts
    def needs_clause(self, scopes: tuple[Ident, ...]) -> Clause:
        """`needs scopes`."""
        return self.said("needs", scopes)

    @takes_parts
    def effect_clause(self, effect: Ident) -> Clause:
        """`effect read`."""
        return self.said("effect", effect)

    @takes_parts
    def idempotent_clause(self, key: Expression) -> Clause:
        """`idempotent by key`."""
        return self.said("idempotent", key)

    @takes_parts
    def undo_clause(self, call: ToolCall) -> Clause:
        """`undo tool(arguments)`."""
        return self.said("undo", call)

    @takes_parts
    def description_clause(self, text: str) -> Clause:
        """`description "text"`."""
        return self.said("description", text)

    @takes_parts
    def timeout_clause(self, duration: Duration) -> Clause:
        """`timeout 5s`."""
        return self.said("timeout", duration)

    @takes_parts
    def cost_clause(self, money: Money) -> Clause:
        """`cost 0.50 usd`."""
        return self.said("cost", money)

    @takes_parts
    def retry_clause(self, times: int, pause: tuple[Duration, Duration | None] | None = None) -> Clause:
        """`retry 3 times backoff 200ms..5s`."""
        first, most = pause or (None, None)
        return self.said("retry", Retry(times, first, most, span=self.here()))

    @takes_parts
    def backoff(self, first: Duration, most: Duration | None = None) -> tuple[Duration, Duration | None]:
        """`backoff first..most`."""
        return first, most

    @takes_parts
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
            span=self.here(),
        )

    @takes_parts
    def model_clause(self, text: str) -> Clause:
        """`model "large"`."""
        return self.said("model", text)

    @takes_parts
    def instructions_clause(self, text: str) -> Clause:
        """`instructions "text"`."""
        return self.said("instructions", text)

    @takes_parts
    def may_clause(self, scopes: tuple[Ident, ...]) -> Clause:
        """`may scopes`."""
        return self.said("may", scopes)

    @takes_parts
    def tokens_clause(self, count: int) -> Clause:
        """`tokens 8_000`."""
        return self.said("tokens", count)

    @takes_parts
    def turns_clause(self, count: int) -> Clause:
        """`turns 10`."""
        return self.said("turns", count)

    @takes_parts
    def role_decl(self, name: Ident, *parts: Clause) -> RoleDecl:
        """`role name { clauses }`."""
        return RoleDecl(name, self.gather(parts).get("reach", str), span=self.here())

    @takes_parts
    def reach_clause(self, text: str) -> Clause:
        """`reach "refunds-desk"`."""
        return self.said("reach", text)
