"""What is said of the places of a workflow is true of every run that comes there."""

from collections import Counter
from random import Random

import pytest

from checker.examining import examined
from generated.dice import Dice
from generated.programs import clean_program
from generated.world import World
from interlock.run import Machine
from interlock.run.branching import Lineage
from interlock.run.moves import Enter
from interlock.run.parts import Failure, Frame
from interlock.run.plan import PlannedRoute
from interlock.run.protocol.notes import NotTaken
from interlock.run.routing import routes as routing
from interlock.run.state import Run
from interlock_dsl.analysis.knowledge.arrivals import Arrival
from interlock_dsl.analysis.knowledge.statements import mentioned
from interlock_dsl.analysis.values.problem import Bound, Claim, Outcome, Statement
from interlock_dsl.cel import CompiledExpression, EvaluationError
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.values import equal
from interlock_dsl.program.builtins import FAILURE

SEEDS = range(40)
RUNS = 12


def value(checked: Checked, run: Run) -> object:
    return CompiledExpression(checked.expression, checked.scope, checked).evaluate(run.root.reads(run.now))


def holds(statement: Statement, run: Run) -> bool:
    try:
        match statement:
            case Claim(condition=condition, outcomes=outcomes):
                return (Outcome.TRUE if value(condition, run) is True else Outcome.FALSE) in outcomes
            case Bound(path=(step, field), expression=expression):
                output = run.root.values[step]
                return isinstance(output, dict) and field in output and equal(output[field], value(expression, run))
            case _:
                raise AssertionError(statement)
    except EvaluationError:
        return isinstance(statement, Claim) and Outcome.NO_VALUE in statement.outcomes


def wrong(arrival: Arrival, run: Run) -> list[object]:
    """Return what an arrival says that is not so in a run."""
    there = run.root.shown.keys()
    return [
        *(claim for claim in arrival.claims if _can_be_judged(claim, run) and not holds(claim, run)),
        *(f"{name} is not written" for name in arrival.written - there),
        *(f"{name} is written" for name in arrival.absent & there),
    ]


def _can_be_judged(claim: Statement, run: Run) -> bool:
    """Say whether what a claim reads is known: the failure that a step was entered on is not, once it is over."""
    return FAILURE not in mentioned(claim) or FAILURE in run.root.values


def _check(arrivals: tuple[Arrival, ...], run: Run, where: str) -> None:
    found = [wrong(arrival, run) for arrival in arrivals]
    assert [] in found, (where, found)


@pytest.mark.parametrize("seed", SEEDS)
def test_some_arrival_is_true_of_every_run(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text, program, _ = clean_program(seed)
    arrivals = examined(text).questions["w"].arrivals
    seen: Counter[str] = Counter()

    def go(
        run: Run,
        frame: Frame,
        planned: PlannedRoute,
        source: str,
        others: tuple[NotTaken, ...],
        lineage: Lineage,
        failure: Failure | None,
    ) -> None:
        if frame is not run.root:  # the arrivals are those of `w`
            original(run, frame, planned, source, others, lineage, failure)
            return
        if failure is not None:
            run.root.values[FAILURE] = failure.value()
        _check(arrivals.taken(facts[planned.id]), run, f"{planned.id} is taken\n{text}")
        run.root.values.pop(FAILURE, None)
        before = list(run.agenda)
        original(run, frame, planned, source, others, lineage, failure)
        for move in run.agenda:
            if isinstance(move, Enter) and move not in before:
                _check(arrivals.at(move.target), run, f"{move.target} begins, by {planned.id}\n{text}")
                seen[move.target] += 1

    facts = {route.link.id: route for route in arrivals.workflow.routes}
    original = routing._go
    monkeypatch.setattr(routing, "_go", go)
    for number in range(RUNS):
        world = World(Dice(Random(seed * 1000 + number)), program, tame=True)
        machine = Machine(program)
        machine.feed(world.start())
        machine.commands()
        for _ in range(60):
            if machine.status not in ("running", "waiting"):
                break
            machine.feed(world.next(machine))
            machine.commands()
    assert seen or machine.status == "failed", "every run enters a step, or cannot take a route from its start"
