"""Entering steps and ends, doing what they do at once, and how a run is over."""

from collections.abc import Mapping

from interlock.run.protocol.events import Json
from interlock_dsl.program.model import (
    AgentStep,
    AskStep,
    CallStep,
    End,
    EventStep,
    Row,
    RunStep,
    SetStep,
    Table,
    TableStep,
    TimeStep,
)
from reference import agents, calls, inside, people, promised, routing, rows, waits
from reference.state import Ask, Call, Done, Run, Visit, Way
from reference.values import (
    METER,
    NO_VALUE,
    NoValue,
    ValidationError,
    condition,
    decoded,
    digest,
    encoded,
    record_of,
    typed,
    written,
)


def enter(run: Run, target: str, way: Way) -> None:
    """Go to a step or an end by a route."""
    if run.over:
        return
    end = run.of.ends.get(target)
    if end is not None and way.approval is None:
        finish(run, end, way.failure)
        return
    fanned = None if end is not None else rows.fan_out(run.of.steps[target])
    counted = end is None and fanned is None
    refused = promised.refused_step(run) if counted else None
    if refused is not None and refused[1] is not None:
        promised.broken(refused[0], refused[1], "exceeded")
        return
    grants, scopes = routing.granted(run, way, target)
    run.visits[target] = run.visits.get(target, 0) + 1
    visit = Visit(run, end or run.of.steps[target], run.visits[target], way, grants, scopes)
    run.active.append(visit)
    run.entered.append(visit)
    run.last[target] = visit
    run.note("step began", visit.path, visit.number, run.called(way.id), tuple(sorted(scopes)))
    if refused is not None:
        run.later(routing.fail, run, visit, "over budget")
        return
    if fanned is not None and not rows.read(run, visit, fanned):
        return
    if counted:
        for each in run.around:
            each.steps += 1
    if way.approval is not None and (fanned is not None or not isinstance(visit.step, CallStep)):
        gate(run, visit)
    else:
        begin(run, visit)


def gate(run: Run, visit: Visit) -> None:
    """Ask for the approval of what a route hands over, before its target begins."""
    rule = visit.way.approval
    assert rule is not None
    once = isinstance(visit.step, RunStep) and visit.rows is None
    if once and not inside.prepare(run, visit):
        return
    visit.phase = "in approval"
    subject: dict[str, Json] = {
        "run": run.whole.id,
        "step": visit.path,
        "visit": visit.number,
        "agent": visit.step.agent.name if isinstance(visit.step, AgentStep) else "",
        "scopes": [*sorted(visit.scopes)],
        "context": routing.passed(run, visit.way),
        **rows.subject(run, visit),
    }
    if isinstance(visit.step, RunStep) and once:
        given = encoded(run.program.workflows[visit.step.workflow].parameters, visit.given)
        subject |= {"workflow": visit.step.workflow, "args": given}
    people.ask(run, visit, rule.role, rule.count, rule.within, subject, digest(subject), stand_in(visit.way))


def stand_in(way: Way) -> object:
    return next((one for one in way.escalations if one.on_expiry), None)


def begin(run: Run, visit: Visit) -> None:
    """Do what a step does, unless it is over already."""
    if visit.phase == "over":
        return
    if visit.rows is not None:
        rows.begin(run, visit)
        return
    if visit.row is not None:
        METER.restore()  # what is evaluated for a row may cost as much as what is evaluated about an event
    if isinstance(visit.step, AgentStep | CallStep | RunStep) and visit.step.within is not None:
        visit.due = run.whole.now + visit.step.within
        visit.deadline_id = run.timer(visit, visit.due, "deadline")
    match visit.step:
        case SetStep():
            sets(run, visit)
        case TableStep():
            decides(run, visit)
        case AgentStep():
            agents.begin(run, visit)
        case CallStep():
            call(run, visit)
        case AskStep():
            people.question(run, visit)
        case EventStep():
            waits.waits_for_event(run, visit)
        case TimeStep():
            waits.waits_for_time(run, visit)
        case RunStep():
            inside.begin(run, visit)
        case End():
            routing.close(visit)
            finish(run, visit.step, visit.way.failure)


def sets(run: Run, visit: Visit) -> None:
    assert isinstance(visit.step, SetStep)
    try:
        values, shown = record_of(visit.step.values, run.reads(visit.way.failure))
    except NoValue:
        run.later(routing.fail, run, visit, "failure")
        return
    run.later(routing.complete, run, visit, values, shown)


def call(run: Run, visit: Visit) -> None:
    """Evaluate the arguments of a step's call and have it decided."""
    assert isinstance(visit.step, CallStep)
    tool = run.program.tools[visit.step.call.tool]
    together = None if visit.group is None else rows.of(visit.group).arguments
    found = rows.arguments(run, visit)
    if together and visit.row is not None:
        found = together[visit.row[0]]
    if found is None:
        run.later(routing.fail, run, visit, "failure")
        return
    visit.phase = "calling"
    made = Call(tool, *found, "step", visit.path, run, visit)
    made.consents = rows.agreed(run, visit, made)
    visit.calls = [made]
    calls.decide(run, made)


def decides(run: Run, visit: Visit) -> None:
    """Look a decision table up."""
    assert isinstance(visit.step, TableStep)
    table = visit.step.table
    try:
        given = {name: written(one, rows.reads(run, visit)) for name, one in visit.step.arguments.items()}
        names, _ = typed(table.parameters, given)
        found = [decoded(table.result, record_of(row.outputs, names)[1]) for row in matching(table, names)]
    except (NoValue, ValidationError):
        run.later(routing.fail, run, visit, "failure")
        return
    shown = [encoded(table.result, one) for one in found]
    if table.hit == "collect":
        run.later(routing.complete, run, visit, found, shown)
    else:
        run.later(routing.complete, run, visit, found[0], shown[0])


def matching(table: Table, names: Mapping[str, object]) -> list[Row]:
    """Return the rows that match, as the hit policy says. A row without a value stops the table, like a route."""
    rows = [row for row in table.rows if row.condition is not None]
    rest = [row for row in table.rows if row.condition is None]
    found: list[Row] = []
    for row in rows:
        met = condition(row.condition, names)
        if met == NO_VALUE:
            raise NoValue("a row")
        if met:
            found.append(row)
            if table.hit == "first":
                return found
    found = found or rest
    if table.hit == "unique" and len(found) > 1:
        raise NoValue("two rows")
    if table.hit != "collect" and not found:
        raise NoValue("no row")
    return found


# --- the run is over


def finish(run: Run, end: End, failure: dict[str, Json] | None) -> None:
    """The run reaches an end."""
    if run.over:
        return
    try:
        values, output = record_of(end.values, run.reads(failure))
    except NoValue:
        give_up(run, "no-output")
        return
    if run.parent is not None and end.gives_up:
        inside.given_up(run, "failure")
        return
    if run.parent is not None:
        inside.reached(run, end.name, values, output)
        return
    if end.gives_up:
        run.whole.phase = "undoing"
        run.whole.ending = ("failed", end.name, output, "declared")
        _stop(run, "given-up")
        return
    run.whole.phase = "ending"
    run.whole.ending = ("ended", end.name, output, "")
    _stop(run, "end-reached")


def give_up(run: Run, code: str, status: str = "failed") -> None:
    """The run cannot go on, or was called off; what was done is undone."""
    run.later(given_up, run, code, status)


def given_up(run: Run, code: str, status: str) -> None:
    if run.whole.phase != "running":
        return
    if run.parent is not None:
        inside.given_up(run, "failure")
        return
    run.whole.phase = "undoing"
    run.whole.ending = (status, "", {}, code)
    _stop(run, "given-up")


def _stop(run: Run, why: str) -> None:
    if run.whole.phase == "undoing":
        rows.give_up(run)
    for visit in [visit for visit in run.active if visit.row is None]:
        inside.cancel(visit, why)
    run.call_off(None)
    run.whole.todo = [one for one in run.whole.todo if one[0] is rows.undo] if run.whole.phase == "ending" else []
    for undoing in run.whole.undoings:
        run.later(rows.undo_next, run, undoing)
    run.later(unwind, run)


def unwind(run: Run) -> None:
    """Undo the next thing when nothing is under way; when nothing is left, finish."""
    undoing = any(isinstance(one.owner, Call) and one.owner.purpose == "undo" for one in run.whole.open.values())
    if run.whole.orphans or run.whole.undoings or undoing or run.whole.phase not in ("ending", "undoing"):
        return
    while run.whole.phase == "undoing" and run.whole.done:
        done = run.whole.done.pop()
        if rows.stands(run, done):
            continue
        if not done.possible:
            run.whole.left_over.append(done.tool)
            continue
        made = undoing_of(run, done)
        calls.decide(made.run, made)
        return
    run.whole.phase = "over"
    waits.unused(run)
    status, end, output, code = run.whole.ending
    left = tuple(run.whole.left_over), tuple(run.whole.doubts)
    run.note("run ended", status, end, output, code)
    run.whole.commands.append(("finish", status, end, output, code, *left))


def undoing_of(run: Run, done: Done) -> Call:
    """Return the call that undoes one that was made."""
    tool = run.program.tools[done.undo]
    values = decoded(tool.parameters, done.args)
    assert isinstance(values, dict)
    assert done.run is not None
    return Call(tool, values, done.args, "undo", done.step, done.run, undoes=done.tool)


def asks_of(run: Run, owner: Visit | Call) -> list[Ask]:
    """Return the approvals that are open for a step or a call."""
    return [
        waiting.owner
        for waiting in list(run.whole.open.values())
        if waiting.kind == "ask approval" and isinstance(waiting.owner, Ask) and waiting.owner.owner is owner
    ]
