import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from interlock import (
    Answers,
    Diverged,
    InterlockError,
    JournalCorrupt,
    MeaningChanged,
    MemoryJournal,
    ProgramMismatch,
    Runtime,
    UnknownProgram,
    compile_sources,
    compile_text,
    history,
    replay,
    verify,
)
from interlock.journal.codec import decode, encode
from interlock.journal.journal import Entry, Pending, RunSummary
from interlock.run.protocol.events import Event, ModelReplied, RunResumed, RunStarted
from interlock.run.protocol.notes import RunEnded
from interlock.runtime.recover import recover
from runtime.desk import REQUEST, Desk, refund_program, script

PROGRAM = refund_program()


def finished() -> tuple[MemoryJournal, str]:

    journal = MemoryJournal()
    runtime = Runtime(journal, PROGRAM, tools=Desk().toolbox(), models=Answers(script()))
    return journal, asyncio.run(runtime.run(PROGRAM, "refund", REQUEST)).run


def rewritten(
    journal: MemoryJournal, run: str, change: Callable[[int, Event, bytes], tuple[Event, bytes] | None]
) -> MemoryJournal:
    """Return a journal of the same run with a sound chain, each event and outcome passed through `change`."""
    made = MemoryJournal()
    made.keep_program(PROGRAM.digest, PROGRAM.sources)
    (summary,) = journal.runs()
    for entry in journal.read(run):
        changed = change(entry.sequence, decode(entry.event), entry.outcome)
        if changed is not None:
            count = made.runs()[0].entries if made.runs() else 0
            made.append(run, count, (Pending(encode(changed[0]), changed[1]),), summary)
    return made


def test_a_replay_says_that_everything_is_decided_as_it_was() -> None:
    journal, run = finished()
    report = replay(journal, run)
    assert report.same and report.differences == ()
    assert (report.status, report.entries) == ("ended", 6)
    assert report.digest == replay(journal, run, PROGRAM).digest
    assert len(report.digest) == 64


def test_an_audit_reads_events_with_what_was_decided_on_them() -> None:
    journal, run = finished()
    read = list(history(journal, run))
    assert [entry.sequence for entry, _, _ in read] == [1, 2, 3, 4, 5, 6]
    assert isinstance(read[0][1], RunStarted)
    assert any(isinstance(note, RunEnded) and note.end == "refunded" for note in read[-1][2])


def test_an_entry_that_is_decided_differently_is_reported_and_stops_a_resume() -> None:
    journal, run = finished()

    def richer(sequence: int, event: Event, outcome: bytes) -> tuple[Event, bytes]:
        if isinstance(event, ModelReplied) and event.answered and sequence == 5:
            event = replace(event, output={"amount": 4_201, "reason": ""})
        return event, outcome

    changed = rewritten(journal, run, richer)
    report = replay(changed, run)
    assert not report.same
    assert (report.differences[0].sequence, report.differences[0].event) == (5, "ModelReplied")
    runtime = Runtime(changed, PROGRAM, tools=Desk().toolbox())
    with pytest.raises(Diverged, match=rf"run {run}, entry 5: on this ModelReplied something else is decided now"):
        asyncio.run(runtime.resume(run))


@pytest.mark.parametrize("first", [RunResumed(1), RunStarted(1, "another", PROGRAM.digest, "refund", {})])
def test_a_run_that_does_not_begin_with_its_start_is_corrupt(first: Event) -> None:
    journal = MemoryJournal()
    journal.append("r1", 0, (Pending(encode(first), bytes(32)),), RunSummary("r1", "", "", "", 0, 0, 0))
    for act in (lambda: replay(journal, "r1"), lambda: list(history(journal, "r1"))):
        with pytest.raises(JournalCorrupt, match="run r1, entry 1: a run begins with its own start"):
            act()


def test_a_run_is_pinned_to_its_program() -> None:
    journal, run = finished()
    other = compile_text("workflow w() { end done\n start -> done }")
    with pytest.raises(ProgramMismatch, match=rf"run {run} belongs to the program {PROGRAM.digest}, not to"):
        replay(journal, run, other)


def pinned(sources: dict[str, str]) -> MemoryJournal:
    """Return a journal whose program, of that digest by name, has these sources."""
    journal, run = finished()
    made = rewritten(journal, run, lambda sequence, event, outcome: (event, outcome))
    made._programs[PROGRAM.digest] = sources, b""
    return made


@pytest.mark.parametrize(
    ("sources", "error", "said"),
    [
        (
            {"a.ilk": "workflow w() { end done\n start -> done }"},
            ProgramMismatch,
            "the sources in the journal compile to",
        ),
        ({"a.ilk": "workflow {"}, ProgramMismatch, "its program does not compile with this version: a.ilk:1"),
        (None, UnknownProgram, "holds no program of the digest"),
    ],
)
def test_a_program_that_is_not_the_one_that_ran_is_refused(
    sources: dict[str, str] | None, error: type[InterlockError], said: str
) -> None:
    journal = pinned(sources or {})
    if sources is None:
        journal._programs.clear()
    (line,) = journal.runs()
    with pytest.raises(error, match=said):
        replay(journal, line.run)
    with pytest.raises(error, match=said):
        asyncio.run(Runtime(journal, tools=Desk().toolbox()).resume(line.run))


def test_reformatted_sources_are_the_same_program() -> None:
    spaced = {name: text.replace("\n", "\n\n") + "// a comment\n" for name, text in PROGRAM.sources.items()}
    assert compile_sources(spaced).digest == PROGRAM.digest
    journal = pinned(spaced)
    assert replay(journal, journal.runs()[0].run).same


# --- verifying -------------------------------------------------------------------------------------------------------


def test_exchanged_sources_are_noticed_without_resuming() -> None:
    journal, _ = finished()
    assert verify(journal).problems == ()
    (line,) = journal.runs()
    other = {"a.ilk": "tool t() { effect read }"}
    journal._programs[line.program] = other, b""
    (problem,) = verify(journal).problems
    assert line.program in problem and "are those of another one" in problem
    journal._programs[line.program] = {"a.ilk": "tool"}, b""
    (problem,) = verify(journal).problems
    assert "do not compile" in problem


class Elsewhen(MemoryJournal):
    """A journal of a version that means something else by its entries."""

    def read(self, run: str, after: int = 0) -> Iterator[Entry]:
        return (replace(entry, meaning=99) for entry in super().read(run, after))


def test_only_a_run_that_is_or_was_cancelled_is_recovered_in_another_meaning() -> None:
    journal = Elsewhen()
    run = asyncio.run(Runtime(journal, PROGRAM, tools=Desk().toolbox(), models=Answers(script(25_000))).run(
        PROGRAM, "refund", REQUEST
    )).run  # fmt: skip
    with pytest.raises(MeaningChanged):
        recover(journal, run)
    assert not recover(journal, run, to_cancel=True).cancelled
