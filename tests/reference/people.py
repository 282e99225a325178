"""Approvals and questions: who may answer what, how often, until when."""

from interlock.decide import Consent
from interlock.run.protocol.events import ApprovalDenied, ApprovalGiven, Json, PersonAnswered
from interlock_dsl.program.model import AskStep, Escalation
from reference import calls, routing, rows, steps
from reference.state import Ask, Call, Run, Visit
from reference.values import ValidationError, decoded, encoded


def ask(
    run: Run,
    owner: Visit | Call,
    role: str,
    count: int,
    within: int | None,
    subject: dict[str, Json],
    digest: str,
    instead: object,
    need: str = "",
) -> None:
    """Ask people of a role to agree to exactly one subject."""
    expires = None if within is None else run.whole.now + within
    step = owner.path if isinstance(owner, Visit) else owner.step
    stand_in = instead if isinstance(instead, Escalation) else None
    made = Ask(run.new_id("ask approval"), owner, role, need or role, count, within, subject, digest, expires, stand_in)
    run.ask("ask approval", made, step, role, count, subject, digest, expires, id=made.id)
    shown = (
        rows.displayed(run, owner, subject)
        if isinstance(owner, Visit)
        else {**subject, "args": calls.shown_args(owner)}
    )
    run.note("approval asked", made.id, step, role, count, shown, digest, expires)
    if expires is not None:
        run.timer(made, expires, "expiry")


def _problem(run: Run, one: Ask, by: str, role: str) -> str:
    if by == "":
        return "nameless"
    if role != one.role:
        return "wrong-role"
    if one.expires is not None and run.whole.now >= one.expires:
        return "expired"
    return ""


def _settle(run: Run, one: Ask, outcome: str) -> None:
    run.note("approval settled", one.id, outcome, one.by)
    run.whole.open.pop(one.id, None)
    run.call_off(one)


def given(run: Run, one: Ask, event: ApprovalGiven) -> None:
    """Someone agreed."""
    problem = _problem(run, one, event.by, event.role)
    if not problem and event.digest != one.digest:
        problem = "wrong-subject"
    if not problem and event.by == run.whole.principal.name:
        problem = "own-request"
    if not problem and event.by in one.by:
        problem = "approved-before"
    if not problem and event.by in for_others(run, one):
        problem = "other-role"
    if problem:
        run.note("ignored", problem)
        return
    one.by = (*one.by, event.by)
    if len(one.by) < one.count:
        run.note("approval counted", one.id, event.by, event.role, len(one.by), one.count)
        return
    _settle(run, one, "approved")
    owner = one.owner
    owner.consents = (*owner.consents, Consent(one.id, one.need, one.digest, one.by, one.expires))
    if not steps.asks_of(run, owner):
        run.later(agreed, run, owner)


def for_others(run: Run, one: Ask) -> set[str]:
    """Return who has approved the same thing for another role."""
    asked = [other for other in steps.asks_of(run, one.owner) if other.need != one.need]
    settled = [consent for consent in one.owner.consents if consent.role != one.need]
    return {person for other in (*asked, *settled) for person in other.by}


def agreed(run: Run, owner: Visit | Call) -> None:
    """Everything asked for is there: a call is decided again, for time has passed; a step begins."""
    if isinstance(owner, Call) and owner.phase == "in approval":
        calls.decide(run, owner)
    elif isinstance(owner, Visit) and owner.phase == "in approval":
        owner.phase = "entered"
        steps.begin(run, owner)


def denied(run: Run, one: Ask, event: ApprovalDenied) -> None:
    """Someone refused: that is enough."""
    problem = _problem(run, one, event.by, event.role)
    if problem:
        run.note("ignored", problem)
        return
    one.by = (event.by,)
    _settle(run, one, "denied")
    run.later(refused, run, one.owner, "denied")


def expired(run: Run, one: Ask) -> None:
    """Not enough people agreed in time: the stand-in is asked, if there is one."""
    _settle(run, one, "expired")
    if one.instead is None:
        run.later(refused, run, one.owner, "expiry")
        return
    owner = one.owner
    step = owner.path if isinstance(owner, Visit) else owner.step
    role = one.instead.role
    run.tell(role, step, one.instead.because or f"the approval by {one.role} expired")
    ask(run, owner, role, one.count, one.within, one.subject, one.digest, None, one.need)


def refused(run: Run, owner: Visit | Call, trigger: str) -> None:
    if isinstance(owner, Call) and owner.phase == "in approval":
        for other in steps.asks_of(run, owner):
            run.call_off(other)
        calls.over(run, owner, trigger)
    elif isinstance(owner, Visit) and owner.phase == "in approval":
        run.later(routing.fail, run, owner, trigger)


# --- questions


def question(run: Run, visit: Visit) -> None:
    """Put the question of a step."""
    step = visit.step
    assert isinstance(step, AskStep)
    visit.phase = "asking person"
    expires = None if step.within is None else run.whole.now + step.within
    run.ask("ask person", visit, visit.path, step.role, step.question, rows.context(run, visit), expires)
    if expires is not None:
        run.timer(visit, expires, "expiry")


def answered(run: Run, visit: Visit, event: PersonAnswered) -> None:
    """Someone answered."""
    step = visit.step
    assert isinstance(step, AskStep)
    due = [waiting.at for waiting in run.whole.open.values() if waiting.owner is visit and waiting.kind == "timer"]
    if event.by == "":
        run.note("ignored", "nameless")
    elif event.role != step.role:
        run.note("ignored", "wrong-role")
    elif due and run.whole.now >= due[0]:
        run.note("ignored", "expired")
    else:
        try:
            value = decoded(step.returns, event.answer)
        except ValidationError:
            run.note("ignored", "invalid-answer")
            return
        del run.whole.open[event.command]
        run.later(routing.complete, run, visit, value, encoded(step.returns, value))
