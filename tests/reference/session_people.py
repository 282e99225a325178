"""The oracle for sessions, its first part: what is accepted from outside, and what people agree to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from interlock.decide import Claim, Consent
from interlock.run.protocol.events import (
    Admitted,
    ApprovalDenied,
    ApprovalGiven,
    CallProposed,
    Event,
    Exhausted,
    Json,
    Reserved,
    RunCancelled,
    RunResumed,
    SessionStarted,
    ToolFailed,
    ToolReturned,
    Withheld,
)
from interlock_dsl.cel import EvaluationError
from interlock_dsl.program.model import Program, Rule, Tool
from reference import hidden
from reference.machine import context_of
from reference.values import ValidationError

Said = tuple[object, ...]
KINDS: Final = {
    "calls": ToolReturned | ToolFailed, "papers": ApprovalGiven | ApprovalDenied, "ledger": Reserved | Exhausted,
    "attempts": Admitted | Withheld,
}  # fmt: skip
"""What answers that which is open."""
ANSWERS: Final = ApprovalGiven | ApprovalDenied | ToolReturned | ToolFailed | Reserved | Exhausted | Admitted | Withheld


@dataclass(eq=False)
class Paper:
    """An approval that is asked for."""

    id: str
    role: str
    count: int
    expires: int | None
    by: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Case:
    """One call that somebody proposed, and what came of it."""

    tool: Tool
    values: Mapping[str, object]
    args: Json
    agent: str
    key: str
    digest: str
    papers: list[Paper] = field(default_factory=list)
    given: list[Consent] = field(default_factory=list)
    refused: bool = False
    refused_until: int | None = None
    reserving: str = ""
    claims: tuple[Claim, ...] = ()
    held: list[tuple[str, tuple[Claim, ...]]] = field(default_factory=list)
    id: str = ""
    made_at: int = 0
    came: str = ""
    twice: bool = False
    result: object = None
    shows: bool = False
    counts: frozenset[str] = frozenset()
    asked: str = ""
    """The question whether it may be made now, while it is open."""
    through: str = ""
    """The question that was answered with yes, until the call is made."""
    watched: str = ""
    """The question before the call that is under way, where what comes of it is reported."""
    hides: list[str] = field(default_factory=list)
    """The fields that some decision on it hid."""

    def hide(self, rules: list[Rule]) -> None:
        self.hides += [name for rule in rules if rule.kind == "redact" for name in rule.fields]

    def shown(self) -> dict[str, Json]:
        return hidden.arguments(self.tool, cast("dict[str, Json]", self.args), self.hides)


class People:
    """What is kept of one session, and the approvals that are asked for in it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.start: SessionStarted | None = None
        self.status = "new"
        self.now = 0
        self.waiting: list[Case] = []
        self.reserving: list[Case] = []
        self.made: list[Case] = []
        self.keys: dict[str, Case] = {}
        self.numbers = 0
        self.said: list[Said] = []

    def number(self, letter: str) -> str:
        self.numbers += 1
        return f"{letter}{self.numbers}"

    # --- what is accepted --------------------------------------------------------------------------------------------

    def problem(self, event: Event, now: int) -> str:
        if isinstance(event, ANSWERS):
            id = event.approval if isinstance(event, ApprovalGiven | ApprovalDenied) else event.command
            open_under = self.open_under(id)
            if not open_under:
                return "not-waiting"
            if not isinstance(event, KINDS[open_under]):
                return "wrong-kind"
            if open_under == "calls" and any(case.id == id and case.asked for case in self.made):
                return "wrong-phase"
            return self.unfit(event, now) if isinstance(event, ApprovalGiven | ApprovalDenied) else ""
        if isinstance(event, SessionStarted):
            if self.start is not None:
                return "wrong-phase"
            if event.program != self.program.digest:
                return "wrong-program"
            try:
                context_of(self.program, event.context)
            except ValidationError:
                return "invalid-input"
            return ""
        known = isinstance(event, CallProposed | RunResumed | RunCancelled)
        return "" if known and self.status == "open" else "wrong-phase"

    def open_under(self, id: str) -> str:
        if any(case.id == id and not case.came for case in self.made):
            return "calls"
        if any(case.reserving == id for case in self.reserving):
            return "ledger"
        if any(case.asked == id for case in self.known()):
            return "attempts"
        return "papers" if any(paper.id == id for case in self.asking() for paper in case.papers) else ""

    def known(self) -> list[Case]:
        """Return the calls for which the ledger is being asked, and those that were allowed."""
        return [*self.reserving, *self.made]

    def asking(self) -> list[Case]:
        """Return the calls whose approvals are open: also of those for which the ledger is being asked."""
        return [*self.waiting, *self.reserving]

    def paper(self, id: str) -> tuple[Case, Paper]:
        return next((case, paper) for case in self.asking() for paper in case.papers if paper.id == id)

    def unfit(self, event: ApprovalGiven | ApprovalDenied, now: int) -> str:
        assert self.start is not None
        case, paper = self.paper(event.approval)
        if event.by == "":
            return "nameless"
        if event.role != paper.role:
            return "wrong-role"
        if paper.expires is not None and now >= paper.expires:
            return "expired"
        if isinstance(event, ApprovalDenied):
            return ""
        if event.digest != case.digest:
            return "wrong-subject"
        if event.by == self.start.principal:
            return "own-request"
        if event.by in paper.by:
            return "approved-before"
        elsewhere = [by for other in case.papers if other.role != paper.role for by in other.by]
        elsewhere += [by for consent in case.given if consent.role != paper.role for by in consent.by]
        return "other-role" if event.by in elsewhere else ""

    # --- people ------------------------------------------------------------------------------------------------------

    def expire(self) -> None:
        for case in list(self.waiting):
            for paper in list(case.papers):
                if paper.expires is not None and self.now >= paper.expires:
                    case.papers.remove(paper)
                    self.said.append(("settled", paper.id, "expired", tuple(paper.by)))
            case.given = [each for each in case.given if each.expires is None or self.now < each.expires]
            if case.refused_until is not None and self.now >= case.refused_until:
                case.refused, case.refused_until = False, None
            if not (case.papers or case.given or case.refused):
                self.waiting.remove(case)

    def answered(self, case: Case, paper: Paper, event: ApprovalGiven | ApprovalDenied) -> None:
        if isinstance(event, ApprovalGiven):
            paper.by.append(event.by)
            if len(paper.by) < paper.count:
                self.said.append(("counted", paper.id, event.by, len(paper.by), paper.count))
                return
            case.papers.remove(paper)
            case.given.append(Consent(paper.id, paper.role, case.digest, tuple(paper.by), paper.expires))
            self.said.append(("settled", paper.id, "approved", tuple(paper.by)))
            return
        case.papers.remove(paper)
        case.given, case.refused, case.refused_until = [], True, paper.expires
        self.said.append(("settled", paper.id, "denied", (event.by,)))
        self.withdraw(case)

    def withdraw(self, case: Case) -> None:
        for paper in case.papers:
            self.said.append(("cancel", self.number("x"), paper.id))
        case.papers = []


def repeatable(tool: Tool) -> bool:
    return tool.effect == "read" or tool.idempotency_key is not None


def no_key(case: Case) -> bool:
    """Whether the author's key of a call has no value."""
    if case.tool.idempotency_key is None:
        return False
    try:
        case.tool.idempotency_key.evaluate(case.values)
    except EvaluationError:
        return True
    return False
