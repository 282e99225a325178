"""What is decided on: one call, who asks for it, and what is in hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from interlock.decide.history import History
from interlock_dsl.cel.values import Timestamp
from interlock_dsl.program.model import ApprovalRule, Grant, NeverRule, Tool
from interlock_dsl.schema import ValidationError, decode


@dataclass(frozen=True, slots=True)
class Principal:
    """On whose behalf something is done. `scopes` None means every scope; a name may be empty."""

    name: str = ""
    roles: tuple[str, ...] = ()
    scopes: frozenset[str] | None = None

    def value(self) -> dict[str, object]:
        """Return what conditions see as `principal`."""
        return {"name": self.name, "roles": list(self.roles)}


@dataclass(frozen=True, slots=True)
class Consent:
    """An approval that was given: for exactly one subject (`digest`), by different people of a role.

    `expires` is the first moment at which it is worth nothing any more. `spent` says that another call used it;
    the retries of the call that used it are still covered.
    """

    id: str
    role: str
    digest: str
    by: tuple[str, ...]
    expires: int | None = None
    spent: bool = False


@dataclass(slots=True)
class Request:
    """One call to decide on. `args` are decoded values; `problem` says why there are none (then they are ignored).

    `grants` are the scopes in hand with their conditions; None means that no workflow hands out scopes, and a
    `permit` must match. `bindings` is what conditions read; `args`, `tool` and `agent` are put into it. `now` is
    microseconds since 1970. `shown` are the tools an agent was shown (None: does not apply), `over` the budgets this
    call would exceed, in words. `subject` is the digest an approval must be for.
    """

    tool: str
    args: Mapping[str, object]
    agent: str = ""
    problem: str = ""
    principal: Principal = Principal()
    grants: tuple[Grant, ...] | None = None
    bindings: dict[str, object] = field(default_factory=dict)
    history: History = field(default_factory=History)
    now: int = 0
    shown: tuple[str, ...] | None = None
    over: tuple[str, ...] = ()
    route_approval: ApprovalRule | None = None
    nevers: tuple[NeverRule, ...] = ()
    subject: str = ""
    consents: tuple[Consent, ...] = ()


def decode_arguments(tool: Tool, given: object) -> tuple[Mapping[str, object], str]:
    """Return the values of a call's arguments, and what is wrong with them (empty if nothing)."""
    try:
        values = decode(tool.parameters, given)
    except ValidationError as invalid:
        return {}, str(invalid)
    assert isinstance(values, Mapping)
    return values, ""


def bindings_at(principal: Principal, now: int, history: History, run: Mapping[str, object]) -> dict[str, object]:
    """Return what the conditions of policies read, apart from the call itself."""
    history.now = now
    return {"principal": principal.value(), "now": Timestamp(now * 1000), "run": run, "$history": history}
