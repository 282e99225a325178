"""What policies, and workflows of their runs, say of calls."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.limits import Limit

if TYPE_CHECKING:
    from interlock_dsl.cel import CompiledExpression


@dataclass(frozen=True, slots=True)
class Rule:
    """What a policy, or a workflow of its runs, says of tools that match a pattern. `id` is `policy/kind#n`.

    `role` and `within` (microseconds) belong to `require`, which asks for `count` people (0: one), `role` also to
    `notify`, and `fields` (`args.note`, `result.iban`) to `redact`; `limit` to `limit`.
    """

    id: str
    kind: Literal["permit", "forbid", "require", "limit", "redact", "notify"]
    patterns: tuple[str, ...]
    agent: str | None
    when: "CompiledExpression | None"
    unless: "CompiledExpression | None"
    because: str
    span: Span
    role: str = ""
    within: int | None = None
    count: int = 0
    limit: Limit | None = None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules that hold across all workflows of the program."""

    name: str
    rules: tuple[Rule, ...]
    span: Span
