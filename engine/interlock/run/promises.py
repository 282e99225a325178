"""What a workflow promises, kept while a run proceeds: whatever would break a promise gives the run up.

A call that would break one is denied instead, which `decide` does. `reaches` is proved before a run, and is not kept.

# INVARIANT: after an output that breaks an `always`, no command is made but those of giving the run up.
"""

from interlock.decide.conditions import truth
from interlock.run.protocol.codes import WhyBroken, WhyGivenUp
from interlock.run.protocol.notes import PromiseBroken
from interlock.run.state import Abandon, Run
from interlock_dsl.program.promises import Promise


def hold(run: Run, written: str | None = None) -> bool:
    """Judge every `always` that reads the output that was just written (None: each); return whether the run goes on.

    One is judged when everything that it needs is there. If it is false, or has no value, the run is given up.
    """
    for promise in run.workflow.always if written is None else run.workflow.judged.get(written, ()):
        if not promise.needs <= run.shown.keys():
            continue
        held = truth(promise.condition.metered, run.values, run.meter)
        if held is not True:
            false = held is False
            why = "it does not hold" if false else f"it has no value: {held}"
            break_promise(run, promise, why, WhyBroken.FALSE if false else WhyBroken.NO_VALUE)
            return False
    return True


def break_promise(run: Run, promise: Promise, why: str, code: WhyBroken = WhyBroken.EXCEEDED) -> None:
    """Give the run up before anything else is done about the event at hand."""
    run.notes.append(PromiseBroken(promise.id, code, why))
    reason = f"the promise `{promise.id}` ({promise.span}) is not kept: {why}"
    run.agenda.appendleft(Abandon(WhyGivenUp.PROMISE_BROKEN, reason))


def is_overspent(run: Run) -> bool:
    """Say whether an agent's turn has cost more than is promised; the run is given up then."""
    promise = run.workflow.limits.promised_cost
    if promise is None or run.spent.cost <= promise.cost:
        return False
    break_promise(run, promise, "a turn of an agent cost more than was left")
    return True
