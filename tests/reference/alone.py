"""Decisions under policies alone: the public way in, asked about generated calls, beside the naive evaluator."""

from dataclasses import dataclass, field
from typing import cast

from decide.reference import Verdict, reference, without_ledger
from generated.dice import Dice
from generated.typed import value_beside, value_within
from interlock.decide import Authorizer, Consent, Decision, History, Principal
from interlock.decide.request import Request
from interlock_dsl.cel.values import Timestamp
from interlock_dsl.program.model import Program
from reference.values import ValidationError, decoded

NOW = 1_700_000_000_000_000
HOUR = 3_600_000_000
PRINCIPALS = (
    None, Principal("ann"), Principal("bob", ("boss",)), Principal("ann", (), frozenset({"desk.read", "money.pay"})),
)  # fmt: skip


@dataclass(frozen=True)
class Question:
    """One call to decide on."""

    tool: str
    args: object
    agent: str | None
    principal: Principal | None
    now: int
    calls: tuple[tuple[str, int, str | None, dict[str, object]], ...]
    approvals: tuple[Consent, ...] = field(default=())

    def history(self) -> History:
        made = History("s1", started=NOW)
        for tool, at, agent, args in self.calls:
            made.record(tool, at, agent=agent, args=args)
        return made


def question(program: Program, dice: Dice) -> Question:
    """Return a question about a tool of a program, or about none."""
    name = dice.one(list(program.tools)) if dice.often(0.97) else "no.such"
    tool = program.tools.get(name)
    wrong = tool is None or dice.often(0.1)
    args = value_beside(None if tool is None else tool.parameters, dice) if wrong else None
    if tool is not None and not wrong:
        args = value_within(tool.parameters, dice)
    agent = dice.one((None, *program.agents)) if dice.often(0.95) else "nobody"
    made = sorted(NOW + dice.number(0, 4) * HOUR // 2 for _ in range(dice.number(0, 4)))
    agents = (None, "*", *program.agents)
    calls = tuple(_past(program, dice, at, dice.one(agents)) for at in made)
    return Question(name, args, agent, dice.one(PRINCIPALS), NOW + dice.number(4, 9) * HOUR // 2, calls)


def _past(program: Program, dice: Dice, at: int, agent: str | None) -> tuple[str, int, str | None, dict[str, object]]:
    name = dice.one(list(program.tools))
    args = decoded(program.tools[name].parameters, value_within(program.tools[name].parameters, dice))
    return name, at, agent, cast("dict[str, object]", args)


def decided(program: Program, asked: Question) -> Decision:
    return Authorizer(program).decide(
        asked.tool, asked.args, agent=asked.agent, principal=asked.principal, now=asked.now, history=asked.history(),
        approvals=asked.approvals,
    )  # fmt: skip


def expected(program: Program, asked: Question, subject: str) -> Verdict:
    """Decide as the semantics say, one question after the other."""
    tool = program.tools.get(asked.tool)
    if tool is None:
        return Verdict("deny", frozenset({("unknown-tool", "")}))
    if asked.agent is not None and asked.agent not in program.agents:
        return Verdict("deny", frozenset({("unknown-agent", "")}))
    try:
        args = decoded(tool.parameters, asked.args)
    except ValidationError:
        return Verdict("deny", frozenset({("arguments", "")}))
    assert isinstance(args, dict)
    who = asked.principal or Principal()
    ceilings = [who.scopes, None if asked.agent is None else program.agents[asked.agent].may]
    beyond = frozenset(s for s in tool.needs for ceiling in ceilings if ceiling is not None and s not in ceiling)
    history = asked.history()
    history.now = asked.now
    bindings = {
        "principal": {"name": who.name, "roles": list(who.roles)},
        "now": Timestamp(asked.now * 1000),
        "run": {"id": "s1", "workflow": "", "started": Timestamp(NOW * 1000)},
        "$history": history,
    }
    request = Request(
        tool=asked.tool, args=args, agent=asked.agent or "", principal=who, bindings=bindings, history=history,
        now=asked.now, subject=subject, consents=asked.approvals, lacking=beyond,
    )  # fmt: skip
    found = reference(program, request)
    if found.answer == "allow" and (tool.rate is not None or tool.breaker is not None):
        return Verdict("deny", frozenset({("breaker" if tool.rate is None else "rate", "")}))
    return without_ledger(found)


def disagreement(program: Program, asked: Question, subject: str) -> str:
    """Say in which a decision differs from the expected one; empty if in nothing. Approvals are for a `subject`."""
    decision = decided(program, asked)
    verdict = expected(program, asked, subject)
    found = frozenset((reason.cause, reason.rule) for reason in decision.reasons)
    roles = frozenset(need.role for need in decision.needs)
    if (decision.answer, found, roles) == (verdict.answer, verdict.because, verdict.roles):
        return ""
    return f"{asked}\n  the product:   {decision.answer} {set(found)} {set(roles)}\n  the reference: {verdict}"


def with_approvals(asked: Question, decision: Decision, dice: Dice) -> Question:
    """Return the same question with approvals of what it asked for, not all of which count."""
    consents = tuple(
        Consent(
            f"a{number}", need.role, dice.one((decision.subject, decision.subject, "0" * 64, "")),
            tuple(dice.some(("bob", "ann", "eve", ""), 1, 3)), dice.one((None, asked.now, asked.now + 1)),
            dice.often(0.1),
        )
        for number, need in enumerate(decision.needs)
    )  # fmt: skip
    return Question(asked.tool, asked.args, asked.agent, asked.principal, asked.now, asked.calls, consents)
