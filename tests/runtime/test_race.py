"""A race in a run that is driven, recorded and taken up again, as services do it."""

import asyncio
from pathlib import Path

from interlock import Answers, ManualClock, Runtime, SqliteJournal, Toolbox, compile_text, replay, verify

TEXT = """
tool near.hold(day: string) -> { seat: string } {
  needs near.write  effect write  idempotent by day  undo near.free(seat: result.seat)
}
tool near.free(seat: string) { needs near.write  effect write  idempotent by seat }
role traveller { reach "phone" }

workflow trip(day: string) {
  step near calls near.hold(day: day)
  step sure asks traveller { question "all right?"  returns { yes: bool }  within 1h }
  step pause waits for 15m
  step given sets { yes: has(sure.yes) }
  end booked { yes: given.yes }
  start -> near, pause grant near.write
  near -> sure pass day
  sure, pause -> given merge first
  given -> booked
}
"""


def desk(tools: list[str]) -> Toolbox:
    made = Toolbox()

    @made.tool("near.hold")
    def hold(day: str) -> dict[str, str]:
        tools.append(f"hold {day}")
        return {"seat": "1A"}

    @made.tool("near.free")
    def free(seat: str) -> None:
        tools.append(f"free {seat}")

    return made


def test_a_timer_that_wins_is_recorded_and_the_loser_is_undone(tmp_path: Path) -> None:
    program, clock, done = compile_text(TEXT, "trip.ilk"), ManualClock(1_000), list[str]()

    async def story() -> None:
        with SqliteJournal(tmp_path / "runs.db") as journal:
            runtime = Runtime(journal, program, tools=desk(done), models=Answers({}), clock=clock)
            await runtime.start(program, "trip", {"day": "monday"}, run="r")
            report = await runtime.drive("r")
            assert not report.over and done == ["hold monday"]
        clock.advance(15 * 60_000_000)
        with SqliteJournal(tmp_path / "runs.db") as journal:
            report = await Runtime(journal, program, tools=desk(done), models=Answers({}), clock=clock).drive("r")
            assert (report.end, report.output) == ("booked", {"yes": False})
            assert replay(journal, "r").same and verify(journal).holds

    asyncio.run(story())
    assert done == ["hold monday", "free 1A"]
