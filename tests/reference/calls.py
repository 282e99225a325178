"""Tool calls: decided before every attempt, made, repeated where that is safe, remembered for undoing."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import chain, count

from interlock.run.protocol.events import Admitted, Exhausted, Json, Reserved, ToolReturned, Withheld
from interlock_dsl.cel.types import DYN
from reference import agents, attempts, hidden, people, promised, routing, rows, steps
from reference.decisions import Answer, decision_on
from reference.history import Past
from reference.retry import next_attempt
from reference.state import Call, Done, Run
from reference.values import NoValue, ValidationError, canonical, decoded, digest, encoded, typed, written


def subject(run: Run, call: Call) -> dict[str, Json]:
    """Return what exactly an approval of a call is for."""
    number = 0 if call.visit is None else call.visit.number
    return {"run": run.whole.id, "step": call.step, "visit": number, "tool": call.tool.name, "args": dict(call.args)}


def decide(run: Run, call: Call) -> None:
    """Decide a call and do what follows: make it, ask for approvals, or refuse it."""
    if not call.digest:
        call.digest = digest(subject(run, call))
        try:
            call.key = key_of(run, call)
        except NoValue:
            take(call, decision_on(run, call))
            over(run, call, "failure")
            return
    elif call.key in run.whole.remade and not (call.perhaps or call.lost):
        call.key = key_of(run, call)
    found = decision_on(run, call)
    if said_twice(call):
        found = found.denied(frozenset({("arguments", "")}))
    take(call, found)
    held = [claim for _, claims in call.held for claim in claims]
    needed = tuple(claim for claim in found.claims if claim not in held)
    if found.answer == "allow" and needed:
        call.phase = "reserving"
        call.wanted = run.ask("reserve", call, call.step, needed, call.purpose == "undo"), needed
        return
    if found.answer == "allow" and attempts.are_counted(call) and not call.through:
        attempts.ask(run, call)
        return
    spent = tuple(consent.id for consent in call.consents) if found.answer == "allow" else ()
    id = ""
    if found.answer == "allow":
        id = call.id if call.lost else run.new_id("call tool")
    tell(run, call, found, id, spent)
    if found.answer == "allow":
        make(run, call, id, found.counts)
    elif found.answer == "ask" and call.purpose != "undo":
        give_back(run, call)
        attempts.give_back(run, call)
        call.phase = "in approval"
        way = call.visit.way if call.visit is not None and call.purpose == "step" else None
        for need in found.needs:
            own = way is not None and way.approval is not None and way.approval.role == need.role
            instead = steps.stand_in(way) if own and way is not None else None
            people.ask(run, call, need.role, need.count, need.within, subject(run, call), call.digest, instead)
    else:
        only_budget = all(cause == "budget" for cause, _ in found.because)
        over(run, call, "over budget" if only_budget else "denied")


def ledger_answered(run: Run, call: Call, event: Reserved | Exhausted) -> None:
    """The ledger holds what the call needs, or has too little left of it; an undo goes on in any case."""
    id, wanted = call.wanted
    undo = call.purpose == "undo"
    known = len(event.standings) == len(wanted)
    short = [
        claim
        for claim, used in zip(wanted, event.standings, strict=known)
        if not 0 <= used <= claim.most - claim.amount
    ]
    if not known:
        refused = list(wanted)
    elif isinstance(event, Reserved):
        refused = short
    else:
        refused = short or [claim for claim in wanted if claim.limit in event.limits] or list(wanted)
    granted = isinstance(event, Reserved) and (undo or not refused)
    unavailable = event.unavailable if isinstance(event, Exhausted) else ""
    quiet = hidden.of_arguments(call.hidden)
    run.note(
        "ledger answered", call.step, call.tool.name, id, hidden.claims(wanted, call.hidden),
        () if quiet else event.standings, granted, undo, unavailable,
    )  # fmt: skip
    if undo or granted:
        call.held.append((id, wanted))
        decide(run, call)
        return
    if isinstance(event, Reserved):
        run.whole.commands.append(("release", id))
    found = decision_on(run, call).denied(frozenset(("limit", claim.rule) for claim in refused))
    take(call, found)
    tell(run, call, found)
    over(run, call, "denied")


def judged(run: Run, call: Call, event: Admitted | Withheld) -> None:
    """An attempt may be made now, and is decided again; or it is not made, and perhaps another one later."""
    attempts.answered(run, call, event)
    if call.through:
        decide(run, call)
        return
    assert isinstance(event, Withheld)
    later = attempts.later(run, call, event)
    run.note("attempt failed", call.step, call.attempt, later)
    if later is None:
        over(run, call, "denied" if event.by == "ledger" else "failure", instead=True)
        return
    call.phase = "retrying"
    run.timer(call, later, "retry")


def take(call: Call, found: Answer) -> None:
    """Keep what goes with a decision: what is hidden once stays so; who is told is as the last decision says."""
    call.hidden += found.hides
    call.telling = tuple(rule for rule in found.obliging if rule.kind == "notify" and rule.id not in call.told)


def tell(run: Run, call: Call, found: Answer, id: str = "", spent: tuple[str, ...] = ()) -> None:
    needs = frozenset((need.role, need.count, need.within) for need in found.needs)
    run.note(
        "call decided", call.step, call.agent, call.tool.name, shown_args(call), call.digest, found.answer,
        found.because, needs, id, spent, found.obliged,
    )  # fmt: skip


def shown_args(call: Call) -> dict[str, Json]:
    return hidden.arguments(call.tool, dict(call.args), call.hidden)


def give_back(run: Run, call: Call) -> None:
    """A call that certainly did not happen gives back what the ledger holds for it."""
    if not (call.perhaps or call.lost):
        run.whole.commands += [("release", id) for id, _ in call.held]
        call.held = []


def said_twice(call: Call) -> bool:
    """Say whether an earlier call of the turn has the same key, and other arguments."""
    if call.purpose != "agent" or call.visit is None or not call.key:
        return False
    earlier = [one for one in call.visit.calls if one.slot < call.slot and one.key == call.key]
    return bool(earlier) and earlier[0].args != call.args


def key_of(run: Run, call: Call) -> str:
    """Return the key under which the author says two calls are the same; empty: it is only like itself."""
    if call.tool.idempotency_key is None:
        return ""
    value = written(call.tool.idempotency_key, call.values)
    try:
        said = value if isinstance(value, str) else canonical(encoded(DYN, value)).decode()
    except (ValueError, TypeError) as error:
        raise NoValue(str(error)) from error
    again = (f"{call.tool.name}~{number}:{said}" for number in count(2))
    return next(key for key in chain([f"{call.tool.name}:{said}"], again) if key not in run.whole.remade)


def make(run: Run, call: Call, id: str, counts: frozenset[str]) -> None:
    """Charge a call and have it made. What was agreed to covers its further attempts; a lost one was charged before."""
    if not call.lost:
        for each in run.around:
            each.calls += 1
            each.cost += call.tool.cost
        call.past = Past(call.tool.name, run.whole.now, call.agent, call.values, counts=counts)
        run.whole.history.calls.append(call.past)
        call.sent = run.whole.now
    call.perhaps = call.perhaps or call.lost
    call.lost = False
    for rule in call.telling:
        run.note("role notified", rule.role, call.step, call.tool.name, rule.id)
        run.whole.commands.append(("notify", rule.role, call.step, rule.because))
        call.told.append(rule.id)
    if call.purpose == "undo" and run.whole.phase == "running":
        promised.overspent(run)
    call.phase, call.id = "in flight", id
    call.watched, call.through = call.through if call.tool.breaker else "", ""
    call.key = call.key or f"{run.whole.id}:{id}"
    call.consents = tuple(replace(consent, expires=None) for consent in call.consents)
    run.ask(
        "call tool", call, call.step, call.tool.name, call.args, call.key, call.attempt, call.tool.timeout,
        call.purpose, id=id,
    )  # fmt: skip


def back(run: Run, call: Call) -> None:
    run.whole.orphans = [orphan for orphan in run.whole.orphans if orphan is not call]


def returned(run: Run, call: Call, event: ToolReturned) -> None:
    """A result came. One of another type is a failure, though the call was made."""
    back(run, call)
    undone = (one.call for one in rows.being_undone(run) if one.call is not None)
    if call.purpose != "undo" and (call.key in run.whole.remade or any(one.key == call.key for one in undone)):
        call.perhaps = True
        attempts.report(run, call, "returned")
        over(run, call, "failure")
        return
    call.perhaps = False
    type = call.tool.result
    try:
        value = None if type is None else decoded(type, event.result)
    except ValidationError:
        attempts.report(run, call, "failed")
        remember(run, call, None, usable=False)
        over(run, call, "failure", made=True)
        return
    attempts.report(run, call, "returned")
    result = hidden.result(call.tool, None if type is None else encoded(type, value), call.hidden)
    if call.past is not None:
        call.past.result = value
    if call.purpose != "undo" and not call.discarded:
        for each in run.around:
            each.returned.append((call.tool.name, call.visit))
    remember(run, call, value, usable=True)
    call.phase = "over"
    run.note("call done", call.step, call.tool.name, call.id, True, result, call.purpose)
    run.later(after, run, call, "", value, result)


def failed(run: Run, call: Call, kind: str, jitter: int) -> None:
    """No result came. It is made again where that is safe, attempts are left, and someone still wants it."""
    back(run, call)
    attempts.report(run, call, "failed")
    call.perhaps = call.perhaps or kind != "error"
    again = None
    if call.tool.repeatable and not call.orphan:
        again = next_attempt(call.tool.retry, call.attempt, run.whole.now, jitter)
    run.note("attempt failed", call.step, call.attempt, again)
    if again is None:
        over(run, call, "timeout" if kind == "timeout" else "failure")
        return
    call.phase = "retrying"
    run.timer(call, again, "retry")


def again(run: Run, call: Call) -> None:
    """The wait before the next attempt is over: it is decided like the first."""
    call.attempt += 1
    decide(run, call)


def over(run: Run, call: Call, trigger: str, made: bool = False, instead: bool = False) -> None:
    """A call ends without a result; another may be made in its place once it was sent, or `instead` of sending it."""
    call.phase = "over"
    attempts.give_back(run, call)
    if not made:
        give_back(run, call)
    if in_doubt(call):
        run.whole.doubts.append(call.tool.name)
        run.whole.stuck.append(call)
        trigger = "timeout" if trigger == "timeout" else "failure"
    if call.id:
        run.note("call done", call.step, call.tool.name, call.id, False, None, call.purpose)
    if not ((call.id or instead) and in_place(run, call, trigger)):
        run.later(after, run, call, trigger, None, None)


def in_place(run: Run, call: Call, trigger: str) -> bool:
    """Have what stands in for a failed tool called, and decided like any other; say whether there is anything."""
    other = call.tool.fallback
    if other is None or call.visit is None or call.earlier or trigger not in ("failure", "timeout"):
        return False
    tool = run.program.tools[other.tool]
    try:
        given = {name: written(one, call.values) for name, one in other.arguments.items()}
        values, args = typed(tool.parameters, given)
    except NoValue:
        return False
    hides = [field for field in call.hidden if field.startswith("result")]
    made = replace(
        Call(tool, values, args, call.purpose, call.step, run, call.visit), agent=call.agent, slot=call.slot,
        earlier=call.attempt,
    )  # fmt: skip
    made.hidden += hides
    call.visit.calls = [made if one is call else one for one in call.visit.calls]
    decide(run, made)
    return True


def in_doubt(call: Call) -> bool:
    return (call.perhaps or call.lost) and call.tool.effect != "read"


def after(run: Run, call: Call, trigger: str, value: object, result: Json) -> None:
    """Whoever wanted the call goes on."""
    if call.orphan:
        rows.came_back(run, call)
        run.later(steps.unwind, run)
    elif call.purpose == "undo":
        if trigger:
            run.whole.left_over.append(call.undoes)
        rows.came_back(run, call, failed=bool(trigger))
        run.later(steps.unwind, run)
    elif call.purpose == "agent":
        agents.call_over(run, call, trigger, result)
    elif call.visit is not None:
        if trigger:
            run.later(routing.fail, run, call.visit, trigger)
        else:
            run.later(routing.complete, run, call.visit, value, result)


def remember(run: Run, call: Call, value: object, *, usable: bool) -> None:
    """Keep in mind what was done to the world, with the arguments of its undo."""
    if call.tool.effect == "read" or call.purpose == "undo":
        return
    undo = call.tool.undo
    args: Mapping[str, Json] = {}
    if undo is not None and usable:
        try:
            given = {name: written(one, {**call.values, "result": value}) for name, one in undo.arguments.items()}
            args = typed(run.program.tools[undo.tool].parameters, given)[1]
        except NoValue:
            usable = False
    possible = undo is not None and usable
    visit = 0 if call.visit is None else call.visit.number
    run.whole.performed += 1
    name = undo.tool if undo else ""
    run.whole.done.append(Done(call.tool.name, call.step, name, args, possible, visit, call, run.whole.performed, run))


def let_go(run: Run, call: Call) -> None:
    """Nobody waits for a call any more. One under way that changes the world has to come back all the same."""
    for one in steps.asks_of(run, call):
        run.call_off(one)
    if call.phase == "in flight" and call.tool.effect != "read":
        call.orphan = True
        run.whole.orphans.append(call)
        return
    attempts.let_go(run, call)
    if call.phase != "over" and in_doubt(call):
        run.whole.doubts.append(call.tool.name)
        run.whole.stuck.append(call)
    if call.phase not in ("over", "in flight"):
        give_back(run, call)
    call.phase = "over"
    run.call_off(call)


def resumed(run: Run, call: Call) -> None:
    """A runtime stopped while the call was under way. Whether it happened nobody knows.

    One that someone still wants and that may be repeated is decided again, and sent under the same id and key.
    """
    del run.whole.open[call.id]
    back(run, call)
    attempts.report(run, call, "unknown")
    if not call.tool.repeatable or call.orphan:
        call.perhaps = True
        run.note("attempt failed", call.step, call.attempt, None)
        over(run, call, "failure")
        return
    call.lost = True
    decide(run, call)
