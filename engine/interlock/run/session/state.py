"""The state of one session: what the events so far amount to. Plain objects; nothing here decides anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from interlock.decide import ApprovalNeed, Consent, Decision, History, Principal
from interlock.decide.history import PastCall
from interlock.run.plan import Plan
from interlock.run.protocol.commands import Admit, AskApproval, CallTool, Cancel, Command, Reserve
from interlock.run.protocol.events import Event, Json
from interlock.run.protocol.notes import Note
from interlock_dsl.program.model import Tool

Phase: TypeAlias = Literal["new", "open", "deciding", "in approval", "reserving", "in flight", "over"]
"""The phases of a session, a call and an approval. Which of them a thing can be in, the table of transitions says."""


@dataclass(slots=True, eq=False)
class Call:
    """One call that was proposed, from its first decision to its result.

    `digest` is that of what an approval of it is for, empty where none was asked for. `key` is the caller's own name
    for it. `sent` is when it was allowed, and `past` what the history keeps of it; what was agreed to then stays in
    `consents`. `refusal` says who did not approve, which holds until `refused_until`. `came` is what came of it: a
    result, a plain failure, or nobody knows; `repeated`: it was allowed again before that was known. `reserve` is what
    is asked of the ledger, `reserved` what it holds for the call. `hidden` are the fields that records do not show.
    `admit` asks whether the call is let through by its tool's rate and breaker, `admitted` was granted and is not made
    yet, and what comes of the call is reported for `watched`.
    """

    tool: Tool
    values: Mapping[str, object]
    args: Mapping[str, Json]
    agent: str
    key: str = ""
    digest: str = ""
    phase: Phase = "deciding"
    id: str = ""
    sent: int = 0
    past: PastCall | None = None
    came: Literal["", "returned", "failed", "in doubt"] = ""
    repeated: bool = False
    approvals: "tuple[Approval, ...]" = ()
    consents: tuple[Consent, ...] = ()
    refusal: str = ""
    refused_until: int | None = None
    reserve: Reserve | None = None
    reserved: tuple[Reserve, ...] = ()
    hidden: tuple[str, ...] = ()
    admit: Admit | None = None
    admitted: Admit | None = None
    watched: Admit | None = None

    @property
    def waits(self) -> bool:
        """Whether anything is left of what was asked for it: an open approval, one that was given, a refusal."""
        return bool(self.approvals or self.consents or self.refusal)


@dataclass(slots=True, eq=False)
class Approval:
    """An approval asked for. `expires` is the first moment at which it is worth nothing any more."""

    id: str
    call: Call
    need: ApprovalNeed
    digest: str
    expires: int | None
    phase: Phase = "open"
    by: tuple[str, ...] = ()

    @property
    def role(self) -> str:
        """Who is asked."""
        return self.need.role


Asked: TypeAlias = CallTool | AskApproval | Reserve | Admit
"""What is open until it is answered."""

Owner: TypeAlias = "Call | Approval | None"
"""What an event is about; None is the session itself."""


class SessionState:
    """Everything about one session. `values` is what conditions read.

    `waiting` are the calls for which approvals were asked, by digest; `keyed` those that were allowed, by the caller's
    key; `open` what was asked of the world and not answered. `notes` and `commands` belong to the event at hand; so do
    `subject`, what it is about, and `cause`, the event's class until the subject has changed its phase. `events` counts
    those that were accepted; `allowed` is the last decision that waits for the ledger, and on which call, event and
    moment it was taken. `known` are the tools that agents have proposed so far, by tool and agent, each with the scopes
    that it needs beyond those of the agent and the principal.
    """

    __slots__ = (
        "allowed", "asked", "cause", "commands", "context", "ending", "events", "history", "id", "keyed", "known",
        "may", "notes", "now", "open", "phase", "plan", "principal", "reason", "request", "subject", "values",
        "waiting",
    )  # fmt: skip

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.known: dict[tuple[str, str | None], tuple[Tool, frozenset[str]]] = {}
        self.may = {name: agent.may for name, agent in plan.agents.items()}
        self.phase: Phase = "new"
        self.id = ""
        self.principal = Principal()
        self.context: Mapping[str, Json] | None = None
        self.request = ""
        self.now = 0
        self.history = History("", started=0)
        self.values: dict[str, object] = {}
        self.waiting: dict[str, Call] = {}
        self.keyed: dict[str, Call] = {}
        self.open: dict[str, tuple[Call | Approval, Asked]] = {}
        self.asked = 0
        self.reason = ""
        self.ending: Literal["", "ended", "cancelled"] = ""
        self.cause: type[Event] | None = None
        self.subject: Owner = None
        self.events = 0
        self.allowed: tuple[Call, int, int, Decision] | None = None
        self.notes: list[Note] = []
        self.commands: list[Command] = []

    def new_id(self, kind: str) -> str:
        """Return the id of the next command: a letter for its kind and the session's own count."""
        self.asked += 1
        return f"{kind}{self.asked}"

    def ask(self, owner: Call | Approval, command: Asked) -> None:
        """Ask something of the world, to be answered to `owner`."""
        self.open[command.id] = owner, command
        self.commands.append(command)

    def cancel(self, id: str) -> None:
        """Call off what was asked under an id, if it is still open."""
        if id in self.open:
            del self.open[id]
            self.commands.append(Cancel(self.new_id("x"), id))
