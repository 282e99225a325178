"""The parts of a decision: who asks, which approvals there are, and one call with all that is in hand."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import cast

from interlock.decide.decision import ApprovalNeed
from interlock.decide.history import History
from interlock.errors import abridged
from interlock_dsl.cel.meter import Meter
from interlock_dsl.cel.types import RecordType
from interlock_dsl.program.model import ApprovalRule, Grant, Tool
from interlock_dsl.program.promises import CostAtMost, NeverBefore, NeverUnapproved
from interlock_dsl.schema import ValidationError, decode


@dataclass(frozen=True, slots=True)
class Principal:
    """On whose behalf something is done. `scopes` None means every scope; a name may be empty.

    Raises TypeError for parts of another type: a text is no tuple of roles and no set of scopes.
    """

    name: str = ""
    roles: tuple[str, ...] = ()
    scopes: frozenset[str] | None = None

    def __post_init__(self) -> None:
        _refuse_unless(isinstance(self.name, str), "the name of a principal", "text", self.name)
        _refuse_unless(_texts(self.roles, tuple), "the roles of a principal", "a tuple of texts", self.roles)
        known = self.scopes is None or _texts(self.scopes, frozenset)
        _refuse_unless(known, "the scopes of a principal", "a frozenset of texts, or None for every scope", self.scopes)

    def value(self) -> dict[str, object]:
        """Return what conditions see as `principal`."""
        return {"name": self.name, "roles": list(self.roles)}


@dataclass(frozen=True, slots=True)
class Consent:
    """An approval that was given: for exactly one subject (`digest`), by different people of a role.

    `expires` is the first moment (microseconds since 1970) at which it is worth nothing any more. `spent` says that
    another call used it; the retries of the call that used it are still covered. Raises TypeError for parts of another
    type: a text is no tuple of people.
    """

    id: str
    role: str
    digest: str
    by: tuple[str, ...]
    expires: int | None = None
    spent: bool = False

    def __post_init__(self) -> None:
        _refuse_unless(isinstance(self.id, str), "the id of an approval", "text", self.id)
        _refuse_unless(isinstance(self.role, str), "the role of an approval", "text", self.role)
        _refuse_unless(_texts(self.by, tuple), "the people of an approval", "a tuple of texts", self.by)
        _refuse_unless(isinstance(self.digest, str), "the digest of an approval", "text", self.digest)
        whole = self.expires is None or (isinstance(self.expires, int) and not isinstance(self.expires, bool))
        _refuse_unless(whole, "the expiry of an approval", "microseconds since 1970, or None", self.expires)


def _texts(value: object, kind: type[tuple[str, ...]] | type[frozenset[str]]) -> bool:
    return isinstance(value, kind) and all(isinstance(item, str) for item in value)


def _refuse_unless(holds: bool, what: str, expected: str, given: object) -> None:
    if not holds:
        raise TypeError(f"{what}: expected {expected}, got {abridged(given)}")


@dataclass(slots=True, kw_only=True)
class Request:
    """One call to decide on, made by `Authorizer` and by the machine of runs. `args` are decoded values; `problem` says
    why there are none (then they are ignored).

    `grants` are the scopes in hand with their conditions; None means that no workflow hands out scopes, and a
    `permit` must match. `bindings` is what conditions read; `args`, `tool` and `agent` are put into it. `now` is
    microseconds since 1970. `shown` are the tools an agent was shown (None: does not apply), `over` the budgets
    this call would exceed, in words, `too_dear` the promise it would break by what it costs. `nevers` are the
    promises about calls of the tool, `returned` the tools of which a call has returned. `subject` is the digest an
    approval must be for; empty, no approval counts. `lacking` are scopes that the tool needs and that, under
    policies alone, the agent or the principal may not hold. `undo`: what was done is undone, which limits count and
    do not refuse. `meter` counts what the conditions cost; None: they have one of their own. `asked` are
    approvals of this call that are asked for elsewhere: a workflow around, or one inside, needs them.
    """

    tool: str
    args: Mapping[str, object]
    agent: str = ""
    problem: str = ""
    principal: Principal
    history: History
    now: int
    bindings: dict[str, object] = field(default_factory=dict)
    grants: tuple[Grant, ...] | None = None
    shown: tuple[str, ...] | None = None
    over: tuple[str, ...] = ()
    route_approval: ApprovalRule | None = None
    nevers: tuple[NeverUnapproved | NeverBefore, ...] = ()
    returned: Set[str] = frozenset()
    too_dear: CostAtMost | None = None
    subject: str = ""
    consents: tuple[Consent, ...] = ()
    meter: Meter | None = None
    lacking: frozenset[str] = frozenset()
    undo: bool = False
    asked: tuple[ApprovalNeed, ...] = ()


def decode_arguments(tool: Tool, given: object) -> tuple[Mapping[str, object], str]:
    """Return the values of a call's arguments, and what is wrong with them (empty if nothing)."""
    try:
        values = decode(tool.parameters, given)
    except ValidationError as invalid:
        return {}, str(invalid)
    return cast("Mapping[str, object]", values), ""


def decode_context(declared: RecordType | None, given: object) -> tuple[Mapping[str, object] | None, str]:
    """Return the value of `context`, and what is wrong with what was given (empty if nothing).

    `declared` is the type that the program gives it. Where nothing was given there is no value, and whatever reads it
    has none either; what is not declared cannot be given.
    """
    if given is None:
        return None, ""
    if declared is None:
        return None, "" if given == {} else "the program declares no context"
    try:
        values = decode(declared, given)
    except ValidationError as invalid:
        return None, f"the context does not fit: {invalid}"
    return cast("Mapping[str, object]", values), ""
