"""What a workflow promises, kept while a run proceeds: whatever would break a promise gives the run up.

A call that would break one is denied instead, which `decide` does. `reaches` is proved before a run, and is not kept.

# INVARIANT: after an output that breaks an `always`, no command is made but those of giving the run up.
"""

from interlock.decide.conditions import truth
from interlock.run.moves import Abandon
from interlock.run.parts import Frame
from interlock.run.protocol.codes import WhyBroken, WhyGivenUp
from interlock.run.protocol.notes import PromiseBroken
from interlock.run.state import Run
from interlock_dsl.program.promises import Promise


def hold(run: Run, frame: Frame, written: str | None = None) -> bool:
    """Judge every `always` of a workflow that reads the output that was just written (None: each).

    Return whether the workflow goes on. One is judged when everything that it needs is there. If it is false, or has
    no value, the workflow is given up.
    """
    for promise in frame.plan.always if written is None else frame.plan.judged.get(written, ()):
        if not promise.needs <= frame.shown.keys():
            continue
        held = truth(promise.condition.metered, frame.reads(run.now), run.meter)
        if held is not True:
            false = held is False
            why = "it does not hold" if false else f"it has no value: {held}"
            break_promise(run, frame, promise, why, WhyBroken.FALSE if false else WhyBroken.NO_VALUE)
            return False
    return True


def break_promise(run: Run, frame: Frame, promise: Promise, why: str, code: WhyBroken = WhyBroken.EXCEEDED) -> None:
    """Give the workflow that promised it up before anything else is done about the event at hand."""
    run.notes.append(PromiseBroken(promise.id, code, why))
    reason = f"the promise `{promise.id}` ({promise.span}) is not kept: {why}"
    run.agenda.appendleft(Abandon(WhyGivenUp.PROMISE_BROKEN, reason, frame=frame))


def is_overspent(run: Run, frame: Frame) -> bool:
    """Say whether a workflow has cost more than it promises, which is given up then: the outermost one. It is a turn of
    an agent that may cost more than is left, or an undo.
    """
    for each in frame.around:
        promise = each.plan.limits.promised_cost
        if promise is not None and each.spent.cost > promise.cost:
            break_promise(run, each, promise, "more was spent than was left")
            return True
    return False
