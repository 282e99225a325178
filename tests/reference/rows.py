"""Steps that are taken for each row of a list, and undoing what rows did that are not needed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from interlock.decide import Consent
from interlock.run.protocol.events import Json
from interlock.run.values import MOST_HELD
from interlock_dsl.program.model import AgentStep, AskStep, CallStep, End, FanOut, RunStep, Step, TableStep
from reference import calls, inside, promised, routing, steps
from reference.state import Call, Done, Run, Visit
from reference.values import METER, Given, NoValue, ValidationError, digest, encoded, part, typed, written


@dataclass(eq=False)
class Rows:
    """What a fan-out knows of its rows: those that were entered, in order, and what came of each."""

    values: list[object]
    shown: list[Json]
    entered: list[Visit] = field(default_factory=list)
    given: dict[int, tuple[object, Json]] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)
    size: int = 0
    decided: bool = False
    arguments: list[Given] = field(default_factory=list)
    left: list[tuple[int, bool]] = field(default_factory=list)
    """What is left of the cost of each row once its arguments are evaluated, and whether something was too much."""
    displayed: list[Json] = field(default_factory=list)


Then: TypeAlias = tuple[Callable[..., None], tuple[object, ...]]
"""What follows, and about what: the workflow and the visit first."""


@dataclass(eq=False)
class Undoing:
    """Something that is undone while the run goes on."""

    part: list[Done]
    awaited: list[Call]
    then: Then
    call: Call | None = None
    done: Done | None = None
    smaller: "list[Undoing]" = field(default_factory=list)
    """What is undone of a part of it, and comes to an end first."""

    @property
    def about(self) -> Visit | None:
        """Which visit goes on when all is undone."""
        if self.then[0] is undo_next:
            return cast(Undoing, self.then[1][1]).about
        return cast(Visit, self.then[1][1])


def fan_out(step: Step | End) -> FanOut | None:
    return step.rows if isinstance(step, AgentStep | CallStep | AskStep | TableStep | RunStep) else None


def of(visit: Visit) -> Rows:
    assert isinstance(visit.rows, Rows)
    return visit.rows


def reads(run: Run, visit: Visit) -> dict[str, object]:
    """Return what the expressions of a step read: the row too."""
    values = run.reads(visit.way.failure)
    return values if visit.row is None else {**values, visit.row[1]: visit.row[2]}


def context(run: Run, visit: Visit) -> dict[str, Json]:
    """Return what a model or a person is shown: the row too."""
    shown = routing.passed(run, visit.way)
    if visit.row is not None:
        index, name, _ = visit.row
        assert visit.group is not None
        shown[name] = of(visit.group).shown[index]
    return shown


def read(run: Run, visit: Visit, rows: FanOut) -> bool:
    """Read the list; the step fails if it has no value, is too long, or has too few rows."""
    try:
        values = cast("list[object]", written(rows.list, reads(run, visit)))
        visit.rows = Rows(values, [encoded(rows.element, value) for value in values])
    except (NoValue, ValidationError, TypeError):
        run.later(routing.fail, run, visit, "failure")
        return False
    if rows.merge > len(values) or len(values) > rows.max:
        run.later(routing.fail, run, visit, "failure")
        return False
    return True


def subject(run: Run, visit: Visit) -> dict[str, Json]:
    """Return what is approved of the rows: their calls, where there are any."""
    if visit.rows is None:
        return {}
    if not isinstance(visit.step, CallStep | RunStep):
        return {"rows": of(visit).shown}
    given = arguments if isinstance(visit.step, CallStep) else inside.input_of
    asked: list[Json] = []
    for index in range(len(of(visit).values)):
        METER.restore()  # as it is where rows begin
        found = given(run, row(visit, index))
        of(visit).arguments.append(found)
        of(visit).left.append((METER.left, METER.refused))
        asked.append(None if found is None else dict(found[1]))
    if isinstance(visit.step, RunStep):
        return {"workflow": visit.step.workflow, "rows": asked}
    return {"tool": visit.step.call.tool, "rows": asked}


def displayed(run: Run, visit: Visit, whole: dict[str, Json]) -> dict[str, Json]:
    """Return what is approved of a fan-out as records show it: its calls without what is hidden of them."""
    if visit.rows is None or not isinstance(visit.step, CallStep):
        return whole
    tool = run.program.tools[visit.step.call.tool]
    shown = of(visit).displayed
    for index, found in enumerate(of(visit).arguments if not shown else ()):
        METER.left, METER.refused = of(visit).left[index]
        if found is None:
            shown.append(None)
            continue
        one = row(visit, index)
        call = Call(tool, *found, "step", one.path, run, one)
        calls.take(call, calls.decision_on(run, call))
        shown.append(dict(calls.shown_args(call)))
    return {**whole, "rows": shown}


def arguments(run: Run, visit: Visit) -> Given:
    assert isinstance(visit.step, CallStep)
    call = visit.step.call
    try:
        given = {name: written(one, reads(run, visit)) for name, one in call.arguments.items()}
        return cast("tuple[dict[str, object], dict[str, Json]]", typed(run.program.tools[call.tool].parameters, given))
    except NoValue:
        return None


def agreed(run: Run, visit: Visit, call: Call) -> tuple[Consent, ...]:
    """Return what the people who approved the list agreed to, as it counts for the call of one row."""
    if visit.group is None or not visit.group.consents:
        return ()
    this = digest(calls.subject(run, call))
    return tuple(Consent(one.id, one.role, this, one.by, None) for one in visit.group.consents)


def row(visit: Visit, index: int) -> Visit:
    declared = fan_out(visit.step)
    assert declared is not None
    made = Visit(visit.run, visit.step, visit.number, visit.way, visit.grants, visit.scopes)
    made.row, made.group = (index, declared.row, of(visit).values[index]), visit
    return made


def begin(run: Run, visit: Visit) -> None:
    visit.phase = "fanning out"
    go_on(run, visit)


def under_way(visit: Visit) -> list[Visit]:
    return [one for one in of(visit).entered if one.phase != "over"] if visit.rows is not None else []


def go_on(run: Run, visit: Visit) -> None:
    """Enter what the width allows; after the last row the step is done."""
    rows, declared = of(visit), fan_out(visit.step)
    assert declared is not None
    while not rows.decided and len(rows.entered) < len(rows.values):
        if declared.width is not None and len(under_way(visit)) >= declared.width:
            break
        enter(run, visit)
    if not rows.decided and not under_way(visit) and len(rows.entered) == len(rows.values):
        rows.decided = True
        run.later(routing.complete, run, visit, *merged(visit, declared))


def enter(run: Run, visit: Visit) -> None:
    refused = promised.refused_step(run)
    if refused is not None and refused[1] is not None:
        of(visit).decided = True
        promised.broken(refused[0], refused[1], "exceeded")
        return
    one = row(visit, len(of(visit).entered))
    of(visit).entered.append(one)
    run.active.append(one)
    run.note("step began", one.path, one.number, run.called(one.way.id), tuple(sorted(one.scopes)))
    if refused is not None:
        run.later(routing.fail, run, one, "over budget")
        return
    for each in run.around:
        each.steps += 1
    run.later(steps.begin, run, one)


def completed(run: Run, visit: Visit, value: object, shown: Json) -> None:
    group, (index, _, _) = visit.group, visit.row or (0, "", None)
    assert group is not None
    rows, declared = of(group), fan_out(visit.step)
    assert declared is not None
    before = part(run.shown[group.name]) if group.name in run.shown else 0
    if run.size() - before + rows.size + part(shown) > MOST_HELD:
        failed(run, visit, "failure")
        return
    routing.close(visit)
    rows.size += part(shown)
    rows.given[index] = value, shown
    run.note("step done", visit.path, visit.number, shown)
    if declared.merge and len(rows.given) >= declared.merge:
        enough(run, group, declared)
    else:
        go_on(run, group)


def failed(run: Run, visit: Visit, trigger: str) -> None:
    group, (index, _, _) = visit.group, visit.row or (0, "", None)
    assert group is not None
    rows, declared = of(group), fan_out(visit.step)
    assert declared is not None
    routing.close(visit)
    run.note("step failed", visit.path, visit.number, trigger)
    rows.failed[index] = run.whole.words.get((visit.path, visit.number), "it failed")
    rows.size += part(rows.failed[index])
    if declared.collects or (declared.merge and len(rows.values) - len(rows.failed) >= declared.merge):
        go_on(run, group)
        return
    rows.decided = True
    cancel(group, "rows-decided")
    run.later(routing.fail, run, group, trigger)


def cancel(visit: Visit, why: str) -> None:
    """Cancel the rows of a fan-out that are under way."""
    if visit.rows is not None:
        of(visit).decided = True
        for one in under_way(visit):
            inside.cancel(one, why)


def stop(run: Run, visit: Visit, trigger: str) -> None:
    """Give up the workflows that rows run; the step fails when what they did is undone."""
    if visit.phase == "over" or of(visit).decided:
        return
    unfinished = under_way(visit)
    cancel(visit, "given-up")
    run.later(undo, run, unfinished, (routing.fail, (run, visit, trigger)))


def merged(visit: Visit, declared: FanOut) -> tuple[list[object], list[Json]]:
    rows = of(visit)
    places = range(len(rows.values)) if declared.collects else sorted(rows.given)
    if not declared.collects:
        return [rows.given[at][0] for at in places], [rows.given[at][1] for at in places]
    values: list[object] = []
    shown: list[Json] = []
    for at in places:
        if at in rows.failed:
            values.append({"ok": False, "failure": rows.failed[at]})
            shown.append({"ok": False, "failure": rows.failed[at]})
        else:
            value, said = rows.given[at]
            values.append({"ok": True} | ({} if value is None else {"value": value}))
            shown.append({"ok": True, **({} if value is None else {"value": said})})
    return values, shown


def enough(run: Run, visit: Visit, declared: FanOut) -> None:
    """Cancel the others, undo what they did, and only then go on."""
    of(visit).decided = True
    cancel(visit, "rows-decided")
    others = [one for one in of(visit).entered if one.row is not None and one.row[0] not in of(visit).given]
    run.later(undo, run, others, (routing.complete, (run, visit, *merged(visit, declared))))


# --- undoing a part


def within(visit: Visit | None, visits: list[Visit]) -> bool:
    """Say whether a visit is one of some, or is in a workflow that one of them runs."""
    while visit is not None and visit not in visits:
        visit = visit.run.parent
    return visit is not None


def undo(run: Run, visits: list[Visit], then: Then) -> None:
    for frame in run.around:
        frame.returned = [(tool, one) for tool, one in frame.returned if not within(one, visits)]
    for call in run.whole.orphans:
        call.discarded = call.discarded or within(call.visit, visits)
    part_ = [done for done in run.whole.done if done.call is not None and within(done.call.visit, visits)]
    run.whole.done = [done for done in run.whole.done if done not in part_]
    awaited = [call for call in run.whole.orphans if within(call.visit, visits)]
    undoing = Undoing(part_, awaited, then)
    for smaller in [cast(Undoing, each) for each in run.whole.undoings]:
        if smaller.then[0] is not undo_next and within(smaller.about, visits):
            undoing.part = sorted([*undoing.part, *smaller.part], key=lambda done: done.number)
            undoing.awaited += [call for call in smaller.awaited if call not in undoing.awaited]
            smaller.part, smaller.awaited, smaller.then = [], [], (undo_next, (run, undoing))
            undoing.smaller.append(smaller)
            run.later(undo_next, run, smaller)
    run.whole.undoings.append(undoing)
    run.later(undo_next, run, undoing)


def undo_next(run: Run, undoing: Undoing) -> None:
    whole = run.whole
    open_ = [each for each in undoing.smaller if each in whole.undoings]
    if undoing not in whole.undoings or undoing.awaited or undoing.call is not None or open_:
        return
    while undoing.part:
        done = undoing.part.pop()
        if stands(run, done):
            continue
        if not done.possible:
            whole.left_over.append(done.tool)
            whole.stuck += [] if done.call is None else [done.call]
            continue
        undoing.call, undoing.done = steps.undoing_of(run, done), done
        calls.decide(undoing.call.run, undoing.call)
        return
    whole.undoings.remove(undoing)
    if whole.phase == "running" or undoing.then[0] is undo_next:
        run.later(undoing.then[0], *undoing.then[1])
    else:
        run.later(steps.unwind, run)


def being_undone(run: Run) -> list[Done]:
    """Return what is undone just now while the run goes on."""
    return [done for each in run.whole.undoings if (done := cast(Undoing, each).done) is not None]


def stands(run: Run, done: Done) -> bool:
    """Say whether another call stands that is the same one, by its key."""
    if done.call is None or done.call.tool.idempotency_key is None:
        return False
    every = [*run.whole.done, *(one for each in run.whole.undoings for one in cast(Undoing, each).part)]
    return any(one.possible and one.call is not None and one.call.key == done.call.key for one in every)


def came_back(run: Run, call: Call, *, failed: bool = False) -> None:
    """A call has come back that nobody waited for, or one that undid something."""
    for each in list(run.whole.undoings):
        undoing = cast(Undoing, each)
        if undoing.call is call:
            undoing.call = None
            undone = None if undoing.done is None else undoing.done.call
            undoing.done = None
            if undone is not None and failed:
                run.whole.stuck.append(undone)
            elif undone is not None:
                run.whole.remade |= {one.key for one in (undone, call) if one.tool.idempotency_key is not None}
            run.later(undo_next, run, undoing)
        elif call in undoing.awaited:
            undoing.awaited.remove(call)
            own = [done for done in run.whole.done if done.call is call]
            undoing.part = sorted([*undoing.part, *own], key=lambda done: done.number)
            run.whole.done = [done for done in run.whole.done if done.call is not call]
            run.later(undo_next, run, undoing)


def give_up(run: Run) -> None:
    """What is being undone is undone with all the rest."""
    rest = [done for each in run.whole.undoings for done in cast(Undoing, each).part]
    run.whole.done = sorted([*run.whole.done, *rest], key=lambda done: done.number)
    run.whole.undoings = []
