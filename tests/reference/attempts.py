"""Attempts at calls of tools with a rate or a breaker: each is asked for before it is made."""

from interlock.run.protocol.events import Admitted, Withheld
from reference.retry import next_attempt
from reference.state import Call, Run


def are_counted(call: Call) -> bool:
    """Say whether the ledger is asked before an attempt is made."""
    return call.tool.rate is not None or call.tool.breaker is not None


def ask(run: Run, call: Call) -> None:
    """Ask whether the next attempt may be made."""
    tool, call.phase = call.tool, "reserving"
    rate = None if tool.rate is None else (tool.rate.most, tool.rate.period)
    breaker = None if tool.breaker is None else (tool.breaker.failures, tool.breaker.within, tool.breaker.pause)
    lapse = (tool.timeout or 0) + (tool.breaker.pause if tool.breaker else 0)
    call.asked = run.ask("admit", call, call.step, tool.name, rate, breaker, lapse, call.purpose == "undo")


def answered(run: Run, call: Call, event: Admitted | Withheld) -> None:
    """Tell the answer. An undo is made whatever it is."""
    undo = call.purpose == "undo"
    if isinstance(event, Admitted):
        told = (True, event.trial, "", None, undo, "")
    else:
        told = (False, False, event.by, event.again, undo, event.unavailable)
    run.note("attempt judged", call.step, call.tool.name, call.asked, *told)
    if undo or isinstance(event, Admitted):
        call.through = call.asked
    call.asked = ""


def later(run: Run, call: Call, event: Withheld) -> int | None:
    """Return when another attempt is made in the place of one beyond the rate; None where there is no other."""
    rate, now = call.tool.rate, run.whole.now
    if event.by != "rate" or rate is None or call.orphan or not call.tool.repeatable:
        return None
    waited = next_attempt(call.tool.retry, call.attempt, now, 1000)
    if waited is None or event.again is None:
        return waited
    return max(waited, min(event.again, now + rate.period))


def report(run: Run, call: Call, came: str) -> None:
    """Tell the breaker what came of the attempt under way."""
    if call.watched:
        run.whole.commands.append(("report", call.tool.name, call.watched, came))
        call.watched = ""


def give_back(run: Run, call: Call) -> None:
    """Take back an attempt that may be made, and is not."""
    if call.through:
        if call.tool.rate is not None:
            run.whole.commands.append(("release", call.through))
        if call.tool.breaker is not None:
            run.whole.commands.append(("report", call.tool.name, call.through, "unknown"))
        call.through = ""


def let_go(run: Run, call: Call) -> None:
    """Nobody wants the call any more: of what is asked, may be made or is under way nothing will be known."""
    give_back(run, call)
    report(run, call, "unknown")
    if call.asked:
        if call.tool.breaker is not None:
            run.whole.commands.append(("report", call.tool.name, call.asked, "unknown"))
        run.take_back(call.asked)
        call.asked = ""
