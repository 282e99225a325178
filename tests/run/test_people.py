"""One person is one person, however the name is spelt: nobody approves twice, for two roles, or what they asked for."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock import Answers, MemoryJournal, Principal, Refused, Runtime, compile_text
from interlock.journal.codec import decode
from interlock.run.protocol.commands import AskApproval, Cancel, SetTimer
from interlock.run.protocol.events import ApprovalGiven, RunStarted
from interlock.run.protocol.notes import ApprovalCounted, ApprovalSettled
from interlock_dsl.schema.person import UnusableName, entered, normalised
from run.texts import HEAD
from run.world import World, ignored

QUORUM = (
    HEAD
    + """
workflow w(id: string max 20) {
  goal "two of one role, and one of another"
  budget { steps 10  tool_calls 10 }
  step pay calls pay.issue(id: id, amount: 10)
  end paid
  start -> pay grant pay.write after approval by 2 of boss within 1h
  pay -> paid
}
policy desk { require approval by deputy within 1h for pay.issue }
"""
)


def test_the_first_of_two_approvals_leaves_a_note() -> None:
    world = World(QUORUM, {"id": "A1"})
    asked = next(ask for ask in world.open(AskApproval) if ask.role == "boss")
    assert world.approves("bob", "boss") == (ApprovalCounted(asked.id, "bob", "boss", 1, 2),)
    assert isinstance(world.approves("eve", "boss")[0], ApprovalSettled)


def test_nobody_approves_one_thing_for_two_roles() -> None:
    world = World(QUORUM, {"id": "A1"})
    world.approves("bob", "boss")
    assert "somebody else must for deputy" in ignored(world.approves("bob", "deputy"))
    world.approves("eve", "boss")
    assert "somebody else must for deputy" in ignored(world.approves("eve", "deputy")), "though that role is settled"
    world.approves("dan", "deputy")
    assert world.called == ["pay.issue"]


def test_an_approval_that_is_settled_is_not_cancelled_but_its_timer_is() -> None:
    world = World(QUORUM, {"id": "A1"})
    timers = {timer.id for timer in world.open(SetTimer)}
    world.approves("bob", "boss")
    world.approves("eve", "boss")
    world.approves("dan", "deputy")
    cancelled = {command.command for command in world.commands if isinstance(command, Cancel)}
    assert cancelled == timers


SAME = ("alice", "Alice", " ALICE\t", "\uff41lice", "al\u0131ce".replace("\u0131", "i"), "ALICE\u00a0")


@pytest.mark.parametrize("name", SAME)
def test_spellings_of_one_name_are_one_name(name: str) -> None:
    assert normalised(name) == "alice"


def test_space_inside_a_name_is_one_space() -> None:
    assert {normalised(name) for name in ("Mary Ann", "mary  ann", "mary\u00a0\u2003ann", "mary\u3000 ann")} == {
        "mary ann"
    }


@pytest.mark.parametrize(
    "name", ["al\u200bice", "alice\u202e", "\u2066alice", "ali\u00adce", "alice\ufe0f", "a\u3164b", "a\x85b", "a\ud800"]
)
def test_a_character_that_nobody_sees_is_refused(name: str) -> None:
    with pytest.raises(UnusableName, match=r"U\+"):
        normalised(name)


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=12))
def test_a_normalised_name_is_its_own_form(name: str) -> None:
    try:
        once = normalised(name)
    except UnusableName:
        return
    assert normalised(once) == once
    assert entered(once) == (once, "")


GATED = """
role boss { reach "boss" }
workflow w(id: string max 20) {
  goal "two agree, and it is written down"
  step note sets { id: id }
  end done
  start -> note after approval by 2 of boss within 1h
  note -> done
}
"""


def test_names_are_normalised_where_they_enter_and_the_event_keeps_what_was_typed() -> None:
    program = compile_text(GATED, "gated.ilk")
    journal = MemoryJournal()

    async def go() -> None:
        runtime = Runtime(journal, program, models=Answers({}))
        run = await runtime.start(program, "w", {"id": "A1"}, principal=Principal("Ann "), run="r1")
        report = await runtime.drive(run)
        boss = next(ask for ask in report.waiting_for if ask.role == "boss").id
        for own in ("ann", "ANN", "\uff21nn"):
            with pytest.raises(Refused, match="started the run"):
                await runtime.approve(run, boss, by=own, role="boss")
        await runtime.approve(run, boss, by="Bob", role="boss")
        for again in ("bob", " BOB "):
            with pytest.raises(Refused, match="already approved"):
                await runtime.approve(run, boss, by=again, role="boss")
        with pytest.raises(Refused, match=r"U\+200B"):
            await runtime.approve(run, boss, by="bob\u200b", role="boss")

    asyncio.run(go())
    events = [decode(entry.event) for entry in journal.read("r1")]
    started, approved = (
        events[0],
        next(event for event in events if isinstance(event, ApprovalGiven) and event.by == "bob"),
    )
    assert isinstance(started, RunStarted)
    assert (started.principal, started.typed) == ("ann", "Ann ")
    assert (approved.by, approved.typed) == ("bob", "Bob")
