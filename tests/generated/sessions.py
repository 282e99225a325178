"""Programs of policies alone, and what happens in sessions under them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from generated.constants import with_constants
from generated.dice import Dice
from interlock.run.ledger import Ledger, settled, told_by
from interlock.run.protocol.commands import Admit, AskApproval, CallTool, Reserve
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
    RunStarted,
    SessionStarted,
    TimerFired,
    ToolFailed,
    ToolReturned,
    Withheld,
)
from interlock.run.session import SessionMachine
from interlock_dsl.compiler.compile import compile_text
from interlock_dsl.program.model import Program

TOOLS = """
tool a.read(n: int in 0..100, s?: string max 5) -> { k: int in 0..10 } { needs a.see  effect read }
tool a.write(n: int in 0..100, s?: string max 5) { needs a.see, a.do  effect write }
tool b.send(n: int in 0..100, s?: string max 5) -> { id: string } { needs b.do  effect irreversible }
tool b.mark(n: int in 0..100, s?: string max 5) { needs b.do  effect write  idempotent by 100 / n }
agent ann { may a.see, a.do, b.do }
agent bob { may a.see, b.do }
role boss
role chief
"""
NAMES = ("a.read", "a.write", "b.send", "b.mark")
PATTERNS = ("a.*", "b.*", "*", *NAMES)
CONTEXT = "context { risk: int in 0..10  note?: string max 5 }\n"
OF_CONTEXT = (
    "context.risk > 5", 'has(context.note) && context.note == "x"', "context.risk == args.n || args.n < 5",
    "[true, false][context.risk]",
)  # fmt: skip
CONTEXTS: tuple[Mapping[str, Json] | None, ...] = (
    {"risk": 3}, {"risk": 8, "note": "x"}, {"risk": 0, "note": "y"}, None, {}, {"risk": 11},
)  # fmt: skip
FIELDS = ("args", "args.n", "args.s")
"""What may be hidden of every call."""
RESULTS = {"a.read": ("result", "result.k"), "b.send": ("result", "result.id")}
CONDITIONS = (
    "args.n > 5", "args.n == 3", "100 / args.n > 10", 'has(args.s) && args.s == "x"', "[1, 2][args.n] == 1",
    'agent == "ann"', 'tool.effect == "read"', 'principal.name != "pat"', '"boss" in principal.roles',
    'calls(a.read).within("1h") >= 2', "calls(b.send).count() > 0", 'now > run.started + duration("30m")',
)  # fmt: skip
OWNERS = ("run", "run", "principal", "agent", "args.n", "overall")
NEEDS = ("boss", "chief", "2 of boss", "boss within 30m", "chief within 2h", "2 of boss within 1h")
PEOPLE = ("eva", "max", "pat", "ida", "")
MINUTE = 60_000_000
START = 1_700_000_000_000_000


def session_program(dice: Dice) -> tuple[str, Program]:
    """Return the text of some rules, and the program with them."""
    permits = [f"permit {dice.one(('*', 'a.*, b.*', 'a.*', 'b.*', *NAMES))}{_clauses(dice, 0.3)}" for _ in range(2)]
    if dice.often(0.7):
        permits[0] = "permit *"
    rules = [_rule(dice) for _ in range(dice.number(1, 6))]
    text = "policy p {\n  " + "\n  ".join([*permits, *rules]) + "\n}\n"
    source = (CONTEXT if "context." in text or dice.often(0.05) else "") + _tools(dice) + text
    source = with_constants(dice, source) if dice.often(0.2) else source
    return source, _compiled(source)


def _tools(dice: Dice) -> str:
    """Return the declarations of the tools, some with a rate or a breaker."""
    if dice.often(0.5):
        return TOOLS
    lines = []
    for line in TOOLS.splitlines():
        clauses, most = [], 2
        if line.startswith("tool") and dice.often(0.3):
            most = dice.number(1, 3)
            clauses.append(f"rate {most} per {dice.one(('1m', '10m', '1h'))}")
        if line.startswith("tool") and dice.often(0.35):
            failures, within, pause = dice.number(1, min(most, 2)), dice.one(("10m", "1h")), dice.one(("1m", "10m"))
            clauses.append(f"timeout 30s  breaker opens after {failures} failures within {within} for {pause}")
        lines.append(line.replace(" effect", f" {'  '.join(clauses)}  effect") if clauses else line)
    return "\n".join(lines) + "\n"


@lru_cache(maxsize=64)
def _compiled(source: str) -> Program:
    return compile_text(source)


def _clauses(dice: Dice, likely: float = 0.6) -> str:
    by = dice.one((" by ann", " by bob", " by b*")) if dice.often(0.2) else ""
    when = f" when {_condition(dice)}" if dice.often(likely) else ""
    return by + when + (f" unless {_condition(dice)}" if dice.often(0.15) else "")


def _condition(dice: Dice) -> str:
    return dice.one(OF_CONTEXT if dice.often(0.1) else CONDITIONS)


def _rule(dice: Dice) -> str:
    about = ", ".join(dict.fromkeys(dice.one(PATTERNS) for _ in range(dice.number(1, 2))))
    match dice.one(("forbid", "require", "require", "limit", "limit", "redact", "notify")):
        case "forbid":
            return f"forbid {about} when {_condition(dice)}"
        case "redact":
            about = dice.one(list(RESULTS)) if dice.often(0.4) else about
            fields = ", ".join(dice.some((*FIELDS, *RESULTS.get(about, ())), 1, 3))
            return f"redact {fields} for {about}{_clauses(dice)}"
        case "notify":
            return f"notify {dice.one(('boss', 'chief'))} for {about}{_clauses(dice, 0.3)}"
        case "require":
            return _require(dice.one(NEEDS), about, _clauses(dice))
        case _:
            owner = dice.one(OWNERS)
            whose = "overall" if owner == "overall" else f"for each {owner}"
            what = dice.one(("to 1", "to 2", "to 3", "of args.n to 20", "of 100 / args.n to 40"))
            return f"limit {about} {what} per {dice.one(('10m', '1h'))} {whose}{_clauses(dice, 0.3)}"


def _require(need: str, about: str, clauses: str) -> str:
    return f"require approval by {need} for {about}{clauses}"


@dataclass
class SessionWorld:
    """What happens in one session, given how it stands."""

    dice: Dice
    program: Program
    now: int = START
    sent: list[Event] = field(default_factory=list)
    proposals: list[CallProposed] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    """What answers whether calls of tools with a rate or a breaker may be made, unless something else does."""

    def start(self) -> Event:
        """Return how it begins; now and then for another program."""
        dice = self.dice
        scopes = None if dice.often(0.85) else tuple(sorted(dice.some(("a.do", "a.see", "b.do"), 1, 3)))
        digest = self.program.digest if dice.often(0.98) else "0" * 64
        who = dice.one(("pat", "pat", "", "eva"))
        roles = dice.one(((), ("boss",)))
        if self.program.context is not None:
            context = dice.one(CONTEXTS[:3]) if dice.often(0.85) else dice.one(CONTEXTS)
        else:
            context = dice.one(CONTEXTS) if dice.often(0.03) else None
        return SessionStarted(self.now, "s1", digest, who, roles, scopes, context, "do it")

    def next(self, machine: SessionMachine) -> Event:
        """Return what happens next."""
        dice = self.dice
        if self.sent:
            self.ledger.settle(*told_by("s1", self.sent[-1], machine.last_commands))
        self.now += dice.one((0, 0, 0, 0, 1, MINUTE, MINUTE, 10 * MINUTE, 31 * MINUTE, 60 * MINUTE, 121 * MINUTE))
        asked = [one for one in machine.pending() if isinstance(one, Reserve | Admit)]
        if asked and dice.often(0.93):
            one = dice.one(asked)
            event = self._ledger(one) if isinstance(one, Reserve) else self._attempt(one)
        elif dice.often(0.08):
            event = self._out_of_the_blue(machine)
        else:
            event = self._expected(machine)
        self.sent.append(event)
        return event

    def _expected(self, machine: SessionMachine) -> Event:
        dice = self.dice
        if machine.waiting_for and dice.often(0.4):
            return self._person(dice.one(machine.waiting_for))
        watched = any(tool.breaker for tool in self.program.tools.values())
        if machine.under_way and dice.often(0.5 if watched else 0.2):
            return self._came(dice.one(machine.under_way))
        return self._proposal()

    def _proposal(self) -> Event:
        dice = self.dice
        if self.proposals and dice.often(0.65):
            return replace(dice.one(self.proposals[-6:]), at=self.now)
        args: Json = {"n": dice.one((0, 1, 3, 6, 30))}
        if dice.often(0.3):
            args = {**args, "s": dice.one(("x", "y"))}  # type: ignore[dict-item]
        if dice.often(0.05):
            args = dice.one(({}, None, [], {"n": "1"}, {"n": 101}, {"n": 1, "z": 0}))
        tool = dice.one(NAMES) if dice.often(0.97) else dice.one(("nope", ""))
        agent = dice.one(("ann", "ann", "ann", "ann", "bob", None)) if dice.often(0.97) else dice.one(("zoe", ""))
        key = dice.one(("k1", "k2", "k3")) if dice.often(0.3) else ""
        unreadable = "too large" if dice.often(0.01) else ""
        made = CallProposed(self.now, tool, None if unreadable else args, agent, key, unreadable)
        self.proposals.append(made)
        return made

    def _person(self, asked: AskApproval) -> Event:
        dice = self.dice
        by = dice.one(PEOPLE)
        role = asked.role if dice.often(0.95) else dice.one(("boss", "chief", ""))
        digest = asked.digest if dice.often(0.95) else "0" * 64
        if dice.often(0.2):
            return ApprovalDenied(self.now, asked.id, by, role, "no")
        return ApprovalGiven(self.now, asked.id, by, role, digest)

    def _came(self, call: CallTool) -> Event:
        dice = self.dice
        if dice.often(0.4):
            return ToolFailed(self.now, call.id, dice.one(("error", "unsent", "timeout", "uncertain")), "gone")
        fits: Json = {"a.read": {"k": 3}, "b.send": {"id": "r"}}.get(call.tool)
        results: Sequence[Json] = (fits, fits, {"k": 3}, {"id": "r"}, None, {"k": 11}, "x", {})
        return ToolReturned(self.now, call.id, dice.one(results))

    def _ledger(self, reserve: Reserve) -> Event:
        dice = self.dice
        standings = tuple(dice.one((0, 0, 1, claim.most)) for claim in reserve.claims)
        match dice.number(0, 12):
            case 0:
                return Exhausted(self.now, reserve.id, unavailable="it is down")
            case 1:
                return Reserved(self.now, reserve.id, (*standings, 0))
            case 2:
                return Reserved(self.now, reserve.id, tuple(claim.most for claim in reserve.claims))
            case 3:
                return Exhausted(self.now, reserve.id, standings, ("none",))
            case 4:
                return Reserved(self.now, reserve.id, tuple(-1 for _ in standings))
            case _:
                return settled(reserve, self.now, standings)

    def _attempt(self, admit: Admit) -> Event:
        dice, now = self.dice, self.now
        if dice.often(0.85):
            return self.ledger.answer("s1", admit, now)
        if dice.often(0.3):
            return Admitted(now, admit.id, dice.one((0, -1, 99)), dice.often(0.5))
        by = dice.one(("rate", "breaker", "ledger"))
        return Withheld(now, admit.id, by, dice.one((None, -5, now, now + MINUTE, 10**18)), dice.one(("", "down")))

    def _out_of_the_blue(self, machine: SessionMachine) -> Event:
        dice, now = self.dice, self.now
        if self.sent and dice.often(0.3):
            return replace(dice.one(self.sent), at=now - dice.one((0, 0, MINUTE)))
        pending = machine.pending()
        id = dice.one(pending).id if pending else "c1"
        id = dice.one((id, id, "c1", "a1", "h1", "zz"))
        some: Sequence[Event] = (
            ToolReturned(now, id, {"k": 1}),
            ToolFailed(now, id, "uncertain", "gone"),
            ApprovalGiven(now, id, "eva", "boss", "0" * 64),
            ApprovalDenied(now, id, "eva", "chief", "no"),
            Reserved(now, id, (0,)),
            Exhausted(now, id, (1,), ("none",)),
            Admitted(now, id, -1, True),
            Withheld(now, id, dice.one(("rate", "breaker", "ledger")), dice.one((None, now))),
            RunResumed(now),
            RunCancelled(now, dice.one(("eva", "")), "enough"),
            SessionStarted(now, "s2", self.program.digest),
            RunStarted(now, "r2", self.program.digest, "w", {}),
            TimerFired(now, id),
        )
        return dice.one(some)
