"""What the list of runs says while a run goes on, who is told of what others record, and who answers."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from interlock import Answers, JournalCorrupt, MemoryJournal, Principal, Runtime, SqliteJournal, compile_text
from interlock.journal.journal import Entry, Pending, RunSummary
from interlock.run.audit.outcome import sayable
from interlock.run.protocol.events import AnsweredBy, ModelReplied, PersonAnswered
from interlock.runtime.recover import recover
from interlock_dsl.analysis.declarations.policies import matches
from runtime.desk import REQUEST, Desk, refund_program, script

PROGRAM = compile_text("""
agent clerk { model "small" }
role boss { reach "x" }
workflow w(n: int in 0..9) {
  step work by clerk { task "t"  returns { k: bool } }
  step ask asks boss { question "?"  returns { k: bool } }
  end done
  start -> work, ask
  work, ask -> done merge all
}
""")


class Listing(MemoryJournal):
    """Remembers each line of the list."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str, str]] = []

    def append(self, run: str, expected: int, entries: Sequence[Pending], summary: RunSummary) -> bytes:
        self.lines.append((summary.status, summary.detail))
        return super().append(run, expected, entries, summary)

    def append_all(self, appends: object) -> Sequence[bytes]:  # type: ignore[override]
        raise AssertionError("a run that is alone does not share its writes")


def test_a_run_is_said_to_wait_for_people_only_when_nobody_else_works() -> None:
    journal = Listing()
    runtime = Runtime(journal, PROGRAM, models=Answers({"work": {"answers": {"k": True}}}))
    for _ in range(3):
        journal.lines.clear()
        report = asyncio.run(runtime.run(PROGRAM, "w", {"n": 1}))
        assert report.status == "waiting"
        assert journal.lines == [("running", ""), ("waiting", "boss at ask")]
        assert runtime._recorder.active == 0


def test_who_drives_learns_what_people_decided_elsewhere(tmp_path: Path) -> None:
    async def story() -> None:
        seen: list[object] = []
        answers = Answers({"work": {"answers": {"k": True}}})
        first = Runtime(
            SqliteJournal(tmp_path / "runs.db"), PROGRAM, models=answers, observers=[lambda *told: seen.extend(told)]
        )
        second = Runtime(SqliteJournal(tmp_path / "runs.db"), PROGRAM, models=answers)
        run = await first.start(PROGRAM, "w", {"n": 1}, principal=Principal("ann"))
        (asked,) = (await first.drive(run)).waiting_for
        async with first.holding(run):
            await second.answer(run, asked.id, by="maria", role="boss", answer={"k": True})
            assert (await first.drive(run)).end == "done"
        assert any(isinstance(each, PersonAnswered) for each in seen)

    asyncio.run(story())


def test_who_says_nothing_of_the_answers_goes_on_with_any() -> None:
    async def story() -> None:
        journal, answers = MemoryJournal(), Answers({"work": {"answers": {"k": True}}})
        by = AnsweredBy("script", "d" * 64, "answers.yaml")
        run = await Runtime(journal, PROGRAM, models=answers, answered_by=by).start(PROGRAM, "w", {"n": 1})
        assert (await Runtime(journal, PROGRAM, models=answers).resume(run)).status == "waiting"
        assert recover(journal, run).answered_by == by

    asyncio.run(story())


class Empty(MemoryJournal):
    def read(self, run: str, after: int = 0) -> Iterator[Entry]:
        return iter(())


def test_a_run_without_entries_is_corrupt() -> None:
    with pytest.raises(JournalCorrupt, match="run r1 has no entries"):
        recover(Empty(), "r1")


def test_calls_of_a_script_are_numbered_from_one() -> None:
    async def story() -> list[str]:
        program, journal = refund_program(), MemoryJournal()
        replies: list[ModelReplied] = []

        def noting(*told: object) -> None:
            replies.extend(each for each in told if isinstance(each, ModelReplied))

        runtime = Runtime(journal, program, tools=Desk().toolbox(), models=Answers(script()), observers=[noting])
        await runtime.run(program, "refund", REQUEST)
        return [call.key for reply in replies for call in reply.calls]

    assert asyncio.run(story()) == ["k1"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (2**64 - 1, 2**64 - 1), (2**64, {"integer": hex(2**64)}), (-(2**63), -(2**63)),
        (-(2**63) - 1, {"integer": hex(-(2**63) - 1)}), (float("inf"), {"double": "inf"}), (True, True), (0.5, 0.5),
    ],
)  # fmt: skip
def test_what_json_cannot_say_is_said_otherwise(value: object, said: object) -> None:
    assert sayable(value) == said


@pytest.mark.parametrize(
    ("pattern", "tool", "meant"),
    [
        ("a.read", "a.read", True), ("a.read", "a.reading", False), ("a.read", "a.real", False), ("a.*", "a.b", True),
        ("a.*", "ab.c", False), ("a.*", "a", False), ("*", "a", True),
    ],
)  # fmt: skip
def test_a_pattern_means_a_name_a_family_or_all(pattern: str, tool: str, meant: bool) -> None:
    assert matches(pattern, tool) is meant
