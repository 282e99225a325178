"""The table of transitions is the machine: all it lists does happen, and what it lacks is refused.

The transitions of generated runs and of the runs below are recorded; whatever the table lists and none of them makes is
named. Each run below makes one that chance makes rarely.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import interlock.run
from interlock.run import Machine, transitions
from interlock.run.handlers import HANDLERS
from interlock.run.parts import Phase
from interlock.run.protocol.events import RunCancelled, RunResumed, RunStarted, Usage
from interlock.run.transitions import CONSEQUENCE, FIRST, TRANSITIONS, Cause, Kind, UndefinedTransition, require
from run import test_admissions as admissions
from run import test_deadlines as deadlines
from run import test_reservations as reservations
from run import test_subworkflows as subworkflows
from run import test_waits as waits
from run.chance import PRINCIPALS, PROGRAMS, Chance, watched
from run.test_undoing import resumed_while_undoing
from run.texts import AGENT, GATES, HEAD, PAY, TRAVEL
from run.world import World, program, tighten

HOUR = 3_600_000_000
SEEDS = 1_500
Made = tuple[Kind, Phase, Cause, Phase]
LISTED: set[Made] = {
    (kind, phase, cause, to) for (kind, phase, cause), targets in TRANSITIONS.items() for to in targets
}


@dataclass
class Recorder:
    made: set[Made] = field(default_factory=set)

    def __call__(self, kind: Kind, phase: Phase, cause: Cause, to: Phase) -> None:
        require(kind, phase, cause, to)
        self.made.add((kind, phase, cause, to))


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    found = Recorder()
    monkeypatch.setattr(transitions, "require", found)
    return found


def by_chance() -> None:
    """Let many runs live, each through at most 30 events."""
    for seed in range(SEEDS):
        chance = Chance(seed)
        machine, _, event = watched(*PROGRAMS[seed % len(PROGRAMS)], chance.one(PRINCIPALS))
        now = 0
        for _ in range(30):
            machine.feed(event)
            machine.commands()
            if machine.status in ("ended", "failed", "cancelled"):
                break
            now = max(now, event.at) + chance.one((0, 0, 0, 1, 1_000_000, 600_000_000))
            event = chance.event(machine, now)


def a_start_that_is_not_accepted() -> None:
    Machine(program(PAY)).feed(RunStarted(0, "r", "0" * 64, "w", {}))


def an_approval_that_has_expired_when_the_other_comes() -> None:
    text = PAY.replace("policy desk {", "policy desk { require approval by deputy within 3h for pay.issue\n")
    world = World(text, {"id": "A1", "amount": 600})
    world.approves("bob", "boss")
    world.now = 2 * HOUR
    world.approves("eve", "deputy")
    assert [ask.role for ask in world.machine.waiting_for] == ["boss"]


def a_retry_that_needs_an_approval() -> None:
    text = PAY.replace(
        "policy desk {",
        "policy desk { require approval by boss within 3h for pay.issue when calls(pay.issue).count() > 0\n",
    )
    world = World(text, {"id": "A1", "amount": 60})
    world.fails("pay.issue")
    world.wait(2_000_000)
    assert [ask.role for ask in world.machine.waiting_for] == ["boss"]


def a_resumed_call_that_needs_an_approval() -> None:
    text = PAY.replace(
        "policy desk {",
        'policy desk { require approval by boss within 3h for pay.issue when now > timestamp("1970-01-01T01:00:00Z")\n',
    )
    world = World(text, {"id": "A1", "amount": 60})
    world.feed(RunResumed(2 * HOUR))
    assert [ask.role for ask in world.machine.waiting_for] == ["boss"]


def a_lost_turn_that_was_the_last_of_its_attempt() -> None:
    text = AGENT.replace("turns 3", "turns 1  retry 1 times backoff 2s..2s")
    world = World(text, {"id": "A1", "secret": "s"})
    world.feed(RunResumed(0))
    world.wait(3_000_000)
    assert world.machine.status == "running"


def a_retry_that_finds_the_budget_used_up() -> None:
    text = AGENT.replace("tokens 1_000  turns 3", "tokens 500  turns 3  retry 2 times backoff 2s..2s")
    world = World(tighten(text, tokens=1_000), {"id": "A1", "secret": "s"})
    for _ in range(2):
        world.answers({"wrong": 1}, Usage(500, 0))
        world.wait(3_000_000)
    assert world.failed == [("work", "over budget")]


DEADLINE = (
    HEAD
    + """
workflow w(id: string max 20) {
  goal "what is left when the time is over"
  budget { steps 5  time 2h }
  step ask asks boss { question "?"  returns { ok: bool } }
  end done
  end late
  start -> ask
  ask -> done
  ask -> late on over budget CLAUSE
}
"""
)


def a_deadline_that_leads_to_an_end() -> None:
    world = World(DEADLINE.replace("CLAUSE", ""), {"id": "A1"})
    world.wait(3 * HOUR)
    assert world.finished.end == "late"


def a_deadline_that_leads_to_an_approval() -> None:
    world = World(DEADLINE.replace("CLAUSE", "after approval by boss within 1h"), {"id": "A1"})
    world.wait(2 * HOUR)
    assert [ask.role for ask in world.machine.waiting_for] == ["boss"]


def a_cancelled_run_whose_call_never_came_back() -> None:
    world = World(TRAVEL, {"id": "A1"})
    world.feed(RunCancelled(0, "ann"))
    world.feed(RunResumed(0))
    assert world.finished.status == "cancelled"


def an_approval_into_each_kind_of_step() -> None:
    world = World(GATES, {"id": "A1", "n": 7})
    world.approves()
    world.approves()
    world.approves()
    world.answers({"amount": 1})
    world.approves("bob")
    world.approves("eve")
    world.person({"ok": True})
    world.approves("bob", "boss")
    world.approves("dan", "deputy")
    world.returns("pay.issue", {"id": "R"})
    world.approves("dan", "deputy")
    assert world.finished.end == "done"


def an_event_that_ends_a_run_and_one_that_gives_it_up() -> None:
    for cents, status in ((5, "ended"), (50, "failed")):
        world = World(waits.PAID.replace("{ cents: paid.cents }", "{ cents: 10 / (50 - paid.cents) }"), {"order": "A1"})
        waits.signal(world, data={"order": "A1", "cents": cents})
        assert world.finished.status == status


RUNS: tuple[Callable[[], None], ...] = (
    a_start_that_is_not_accepted,
    an_approval_that_has_expired_when_the_other_comes,
    a_retry_that_needs_an_approval,
    a_resumed_call_that_needs_an_approval,
    a_lost_turn_that_was_the_last_of_its_attempt,
    a_retry_that_finds_the_budget_used_up,
    a_deadline_that_leads_to_an_end,
    a_deadline_that_leads_to_an_approval,
    a_cancelled_run_whose_call_never_came_back,
    an_approval_into_each_kind_of_step,
    resumed_while_undoing,
    waits.test_an_event_that_is_waited_for_is_taken,
    waits.test_an_event_that_no_where_takes_is_kept_and_named_when_the_run_is_over,
    waits.test_time_passes,
    subworkflows.test_steps_inside_are_named_by_their_path_in_notes_and_commands,
    subworkflows.test_when_the_time_inside_is_over_what_was_done_is_undone_and_the_step_fails,
    subworkflows.test_when_the_time_inside_is_over_a_route_inside_may_lead_to_an_end,
    subworkflows.test_when_the_time_inside_is_over_what_runs_further_inside_is_undone_first,
    waits.test_a_cancelled_run_names_what_it_kept,
    an_event_that_ends_a_run_and_one_that_gives_it_up,
    deadlines.test_a_model_that_takes_too_long,
    deadlines.test_an_approval_of_an_agents_call_that_takes_too_long,
    deadlines.test_a_call_under_way_is_waited_for_and_undone_where_the_run_is_given_up,
    reservations.test_a_call_that_errs_gives_back_what_was_reserved_for_all_its_attempts,
    reservations.test_what_the_ledger_refuses_is_denied_and_says_what_was_used,
    reservations.test_a_call_is_decided_again_when_the_ledger_has_answered,
    reservations.test_an_undo_is_counted_and_never_refused,
    reservations.test_a_call_that_was_under_way_keeps_what_it_holds_and_reserves_what_it_lacks,
    reservations.test_an_approval_that_expires_while_the_ledger_is_asked_gives_back,
    reservations.test_further_limits_of_a_later_attempt_are_reserved_too,
    reservations.test_what_concerns_the_call_by_the_time_of_the_answer_is_reserved_too,
    reservations.test_nothing_is_reserved_for_a_run_that_was_called_off,
    admissions.test_every_attempt_counts_and_one_beyond_the_rate_waits_for_room,
    admissions.test_an_attempt_that_was_let_through_and_is_not_sent_is_given_back,
    admissions.test_limits_are_reserved_before_the_attempt_is_let_through,
    admissions.test_an_undo_goes_on_where_the_ledger_does_not_answer,
)


def test_every_transition_of_the_table_happens(recorder: Recorder) -> None:
    by_chance()
    for run in RUNS:
        run()
    assert {str(made) for made in LISTED - recorder.made} == set()


def test_what_the_table_lacks_is_refused() -> None:
    world = World(PAY, {"id": "A1", "amount": 60})
    with pytest.raises(UndefinedTransition, match="a run that is `running` cannot be `over` by consequence"):
        transitions.change(world.machine._run, None, "over")
    assert world.machine._run.phase == "running"


def test_an_event_that_leaves_its_subject_where_it_is_needs_an_entry_too(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(PAY, {"id": "A1", "amount": 600})
    lacking = {key: tuple(to for to in targets if to != "open") for key, targets in TRANSITIONS.items()}
    monkeypatch.setattr(transitions, "TRANSITIONS", lacking)
    with pytest.raises(UndefinedTransition, match="ApprovalGiven"):
        world.approves("ann")


def test_events_are_handled_exactly_where_the_table_lists_them() -> None:
    assert HANDLERS.keys() == {key for key in TRANSITIONS if key[2] != CONSEQUENCE}


def test_nothing_but_the_table_assigns_a_phase() -> None:
    assert list(assignments(Path(interlock.run.__file__).parent)) == ["transitions.py"] * 4


def assignments(package: Path) -> Iterator[str]:
    for file in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            targets = node.targets if isinstance(node, ast.Assign) else []
            if isinstance(node, ast.AugAssign | ast.AnnAssign):
                targets = [node.target]
            named = {name.attr for target in targets for name in ast.walk(target) if isinstance(name, ast.Attribute)}
            if "phase" in named and not (file.name == "state.py" and isinstance(node, ast.AnnAssign)):
                yield file.name


def test_every_thing_begins_in_a_phase_of_its_own_and_can_end() -> None:
    for kind, first in FIRST.items():
        reached, new = set[Phase](), {first}
        while new:
            reached |= new
            new = {to for about, phase, _, to in LISTED if about == kind and phase in reached} - reached
        assert "over" in reached
        assert reached == {phase for about, phase, _, to in LISTED if about == kind} | {"over"}
