"""What must hold for every program, whatever a model, a tool, a person or a clock says."""

import copy
from dataclasses import fields, replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interlock.journal.codec import decode, encode
from interlock.run import Machine
from interlock.run.protocol.commands import AskApproval, AskModel, AskPerson, CallTool, FinishRun, SetTimer
from interlock.run.protocol.events import (
    Event,
    Json,
    ModelFailed,
    ModelReplied,
    RunCancelled,
    RunResumed,
    RunStarted,
    TimerFired,
    ToolFailed,
)
from interlock.run.protocol.notes import Ignored
from interlock_dsl.program.model import Program
from interlock_dsl.schema import json_value
from run.chance import PRINCIPALS, PROGRAMS, Chance, allowed_now, watched
from run.texts import PAY
from run.world import World, program

MANY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
OVER = ("ended", "failed", "cancelled")
programs = st.sampled_from(PROGRAMS)
seeds = st.integers(0, 2**32)
Given = tuple[Program, dict[str, Json]]


def feed_checked(machine: Machine, event: Event) -> None:
    """Feed an event; what is ignored changes nothing."""
    before = machine.digest()
    notes = machine.feed(event)
    if len(notes) == 1 and isinstance(notes[0], Ignored):
        assert machine.digest() == before


def adventure(chance: Chance, whole: Given, length: int = 25) -> tuple[Machine, list[Event], list[str]]:
    """Let a run live through chance; return it with its events and its digest after each of them."""
    machine, watch, start = watched(*whole, chance.one(PRINCIPALS))
    lived: list[Event] = []
    digests: list[str] = []
    made: dict[str, CallTool] = {}
    now = 0
    for _ in range(chance.random.randint(1, length)):
        event = chance.event(machine, now) if lived else start
        now = max(now, event.at) + chance.one((0, 0, 0, 1, 1_000_000, 600_000_000))
        watch.allowed.clear()
        feed_checked(machine, event)
        asked = machine.commands()
        lived.append(event)
        digests.append(machine.digest())
        calls = [command for command in asked if isinstance(command, CallTool)]
        if isinstance(event, RunResumed):
            again = [call for call in calls if call.id in made]
            assert all(call == made[call.id] for call in again)
            calls = [call for call in calls if call.id not in made]
        _check_calls(machine, calls, watch.allowed)
        made |= {call.id: call for call in calls}
        _check_budget(machine)
        if machine.status in OVER:
            break
    return machine, lived, digests


def _check_calls(machine: Machine, calls: list[CallTool], allowed: list[tuple[str, object]]) -> None:
    """No new call without a decision `allow` of this very event, for this very tool and these arguments."""
    decided = allowed_now(machine._notes)
    for call in calls:
        assert (call.tool, call.args) in allowed
        assert call.id in decided
    assert len(decided) == len(set(decided))


def _check_budget(machine: Machine) -> None:
    run = machine._run
    if run.phase == "new":
        return
    budget, spent = run.root.plan.workflow.budget, run.root.spent
    assert budget.steps is None or spent.steps <= budget.steps
    if budget.tool_calls is not None and run.phase == "running":
        assert spent.tool_calls <= budget.tool_calls
    if budget.tokens is not None:
        assert spent.tokens + spent.reserved_tokens <= budget.tokens
    assert spent.reserved_tokens >= 0
    assert spent.reserved_cost >= 0
    if not run.root.active:
        assert spent.reserved_tokens == 0


@MANY
@given(seeds, programs)
def test_whatever_arrives_no_call_is_made_that_may_not_be_and_budgets_hold(seed: int, whole: Given) -> None:
    adventure(Chance(seed), whole)


@MANY
@given(seeds, programs)
def test_every_run_ends_when_the_world_gives_up(seed: int, whole: Given) -> None:
    machine, lived, _ = adventure(Chance(seed), whole, 15)
    now = max(event.at for event in lived)
    for _ in range(200):
        if machine.status in OVER:
            break
        pending = machine.pending()
        hard = [command for command in pending if isinstance(command, AskModel | CallTool)]
        timers = [command for command in pending if isinstance(command, SetTimer)]
        if hard and isinstance(hard[0], AskModel):
            machine.feed(ModelFailed(now, hard[0].id, "error", "gone"))
        elif hard:
            machine.feed(ToolFailed(now, hard[0].id, "uncertain", "gone"))
        elif timers:
            timer = min(timers, key=lambda timer: timer.at)
            now = max(now, timer.at)
            machine.feed(TimerFired(now, timer.id))
        else:
            assert all(isinstance(command, AskApproval | AskPerson) for command in pending)
            machine.feed(RunCancelled(now, "ann"))
    assert machine.status in OVER
    assert not machine.pending()
    assert not machine._run.root.active
    assert not machine._run.orphans
    assert sum(isinstance(command, FinishRun) for command in machine.commands()) <= 1


@MANY
@given(seeds, programs)
def test_replay_reaches_the_same_state(seed: int, whole: Given) -> None:
    machine, lived, digests = adventure(Chance(seed), whole)
    again = Machine(whole[0])
    for event, digest in zip(lived, digests, strict=True):
        again.feed(event)
        assert again.digest() == digest
    assert again.outcome == machine.outcome


@MANY
@given(seeds, programs)
def test_what_a_journal_gives_back_decides_the_same(seed: int, whole: Given) -> None:
    _, lived, _ = adventure(Chance(seed), whole)
    one, other = Machine(whole[0]), Machine(whole[0])
    for event in lived:
        try:
            clean = cleaned(event)
        except ValueError:
            return
        one.feed(clean)
        other.feed(decode(encode(clean)))
        assert one.outcome == other.outcome
        assert one.digest() == other.digest()


def cleaned(event: Event) -> Event:
    """Return an event as a runtime would record it; ValueError if it could not."""
    changed = {
        field.name: json_value(getattr(event, field.name))
        for field in fields(event)
        if field.name in ("output", "result", "answer", "input")
    }
    if isinstance(event, ModelReplied):
        changed["calls"] = tuple(replace(call, args=json_value(call.args)) for call in event.calls)  # type: ignore[assignment]
    return replace(event, **changed)  # type: ignore[arg-type]


@MANY
@given(seeds, programs)
def test_crash_at_any_point_recovers(seed: int, whole: Given) -> None:
    """Of a run only its events survive. From them come the same state and the same open questions, and it goes on."""
    chance = Chance(seed)
    machine, lived, digests = adventure(chance, whole)
    at = chance.random.randint(1, len(lived))
    recovered = Machine.replay(whole[0], lived[:at])
    assert recovered.digest() == digests[at - 1]
    assert recovered.commands() == ()
    for event in lived[at:]:
        recovered.feed(event)
    assert recovered.digest() == digests[-1]
    assert recovered.pending() == machine.pending()


@MANY
@given(seeds, programs)
def test_after_a_crash_nothing_uncertain_is_repeated(seed: int, whole: Given) -> None:
    _, lived, _ = adventure(Chance(seed), whole)
    recovered = Machine.replay(whole[0], lived)
    before = {c.id: c for c in recovered.pending()}
    recovered.feed(RunResumed(lived[-1].at))
    for command in recovered.commands():
        if isinstance(command, CallTool) and command.id in before:
            assert whole[0].tools[command.tool].repeatable
            assert command == before[command.id]


@MANY
@given(seeds, programs)
def test_an_event_does_not_change_what_it_holds(seed: int, whole: Given) -> None:
    chance = Chance(seed)
    machine, _, start = watched(*whole, chance.one(PRINCIPALS))
    machine.feed(start)
    for _ in range(20):
        event = chance.event(machine, 5)
        kept = copy.deepcopy(event)
        machine.feed(event)
        assert repr(event) == repr(kept)


def test_a_run_is_started_only_with_its_own_program_and_input_that_fits() -> None:
    whole, given_ = PROGRAMS[0]
    right = RunStarted(0, "r", whole.digest, "w", given_)
    for wrong in (
        RunStarted(0, "r", "0" * 64, "w", given_),
        RunStarted(0, "r", whole.digest, "v", given_),
        RunStarted(0, "r", whole.digest, "w", {"id": 5}),
    ):
        machine = Machine(whole)
        (note,) = machine.feed(wrong)
        assert isinstance(note, Ignored)
        assert machine.status == "new"
        assert not machine.commands()
        machine.feed(right)
        assert machine.status == "running"


def test_the_digest_of_a_state_tells_apart_what_waits() -> None:
    """A machine that has seen nothing has one too; the first of two approvals changes it, and so does each attempt."""
    seen = {Machine(program(PAY)).digest()}
    two = World(PAY.replace("approval by boss", "approval by 2 of boss"), {"id": "A1", "amount": 600})
    seen.add(two.machine.digest())
    two.approves("bob")
    seen.add(two.machine.digest())
    two.approves("eve")
    seen.add(two.machine.digest())
    two.fails("pay.issue")
    seen.add(two.machine.digest())
    two.wait(3_600_000_000)
    seen.add(two.machine.digest())
    assert len(seen) == 6
