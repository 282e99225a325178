"""What a call needs of limits that hold beyond one run: reserved before it is made, once for all of its attempts.

It is asked for when everything else allows the call, approvals included, so that nothing is held while people think.
When the answer is there the call is decided again, for time has passed, and others may have used up what it needs.
A call that certainly did not happen gives back what it held; one that did, or may have, stays counted.
"""

from collections.abc import Sequence

from interlock.decide import Claim, Decision, Reason
from interlock.decide.evaluator import Evaluator
from interlock.run import redaction
from interlock.run.parts import Call
from interlock.run.protocol.commands import Release, Reserve
from interlock.run.protocol.events import Exhausted, Reserved
from interlock.run.protocol.notes import LedgerAnswered
from interlock.run.state import Run
from interlock.run.transitions import change


def lacking(reserved: Sequence[Reserve], decision: Decision) -> tuple[Claim, ...]:
    """Return the claims of a decision that are not covered by what was reserved."""
    if not (decision.claims and reserved):
        return decision.claims
    held = {claim for reserve in reserved for claim in reserve.claims}
    return tuple(claim for claim in decision.claims if claim not in held)


def ask(run: Run, call: Call, claims: tuple[Claim, ...]) -> None:
    """Have claims reserved for a call. Those of an undo are counted and never refused."""
    change(run, call, "reserving")
    call.reserve = Reserve(run.new_id("h"), call.step, claims, call.purpose == "undo")
    run.ask(call, call.reserve)


def settle(run: Run, call: Call, event: Reserved | Exhausted) -> tuple[Reserve, tuple[Claim, ...]]:
    """Note the answer of the ledger; return what was asked, and the claims that it does not grant.

    A `Reserved` that its own standings contradict grants nothing, and is given back. An undo goes on uncounted where
    the ledger does not answer.
    """
    asked = call.reserve
    assert asked is not None
    call.reserve = None
    refused = () if asked.forced else ungranted(asked, event)
    granted = isinstance(event, Reserved) and not refused
    unavailable = event.unavailable if isinstance(event, Exhausted) else ""
    claims = redaction.claims(asked.claims, call.hidden)
    standings = event.standings if claims is asked.claims else ()
    run.notes.append(
        LedgerAnswered(call.step, call.tool.name, asked.id, claims, standings, granted, asked.forced, unavailable)
    )
    if granted or asked.forced:
        call.reserved = (*call.reserved, asked)
    elif isinstance(event, Reserved):
        run.commands.append(Release(run.new_id("r"), asked.id))
    return asked, refused


def ungranted(asked: Reserve, event: Reserved | Exhausted) -> tuple[Claim, ...]:
    """Return the claims that an answer of the ledger does not grant, whatever it calls itself."""
    claims = asked.claims
    if len(event.standings) != len(claims):
        return claims
    pairs = zip(claims, event.standings, strict=True)
    over = tuple([claim for claim, used in pairs if claim.amount < 0 or used < 0 or used + claim.amount > claim.most])
    if isinstance(event, Reserved):
        return over
    return over or tuple(claim for claim in claims if claim.limit in event.limits) or claims


def refusal(
    evaluators: Sequence[Evaluator],
    claims: tuple[Claim, ...],
    asked: Reserve,
    event: Reserved | Exhausted,
    hidden: Sequence[str] = (),
) -> Decision:
    """Return the denial of a call whose claims the ledger does not grant, by those that know the limits.

    It says what was used before, unless something of the arguments is among what is `hidden`.
    """
    quiet = redaction.hides_arguments(hidden)
    used = dict(zip(asked.claims, event.standings, strict=False))
    unavailable = event.unavailable if isinstance(event, Exhausted) else ""
    reasons: list[Reason] = []
    for claim in claims:
        because = "" if quiet else f"{used.get(claim, 0)} of {claim.most} used, and it takes {claim.amount}"
        if unavailable:
            because = f"how much of it is used is not known: the ledger does not answer ({unavailable})"
        answers = (evaluator.refused((claim.limit,), because).reasons for evaluator in evaluators)
        denied = next(filter(None, answers), ())
        reasons += [reason for reason in denied if reason.rule == claim.rule] or denied
    return Decision("deny", tuple(reasons))


def give_back(run: Run, call: Call) -> None:
    """Give back what a call holds, unless some attempt of it may have happened."""
    if call.doubtful or call.interrupted:
        return
    for reserve in call.reserved:
        run.commands.append(Release(run.new_id("r"), reserve.id))
    call.reserved = ()
