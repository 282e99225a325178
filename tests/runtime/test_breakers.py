"""What `verify` says of breakers, and how they are made again from the runs."""

import asyncio
from pathlib import Path

from interlock import Runtime, SqliteJournal, Toolbox, compile_text, verify
from interlock.run.breakers import BreakerState
from interlock.runtime.ledger import rebuild_ledger
from interlock.runtime.toolbox import ToolError

PROGRAM = compile_text(
    """
tool shaky.ask() { needs use  effect read  timeout 5s  rate 9 per 1h  breaker opens after 2 failures within 1h for 1h }
workflow w() {
  step one calls shaky.ask()
  step two calls shaky.ask()
  step three calls shaky.ask()
  end done
  start -> one grant use
  one -> two on failure grant use
  one -> done
  two -> three on failure grant use
  two -> done
  three -> done
  three -> done on failure
}
"""
)


def test_a_breaker_is_as_the_runs_say_and_can_be_made_again(tmp_path: Path) -> None:
    tools, asked = Toolbox(), list[str]()

    @tools.tool("shaky.ask")
    async def ask() -> None:
        asked.append("ask")
        raise ToolError("down")

    with SqliteJournal(tmp_path / "runs.db") as journal:
        runtime = Runtime(journal, PROGRAM, tools=tools)

        async def twice() -> None:
            for _ in range(2):
                await runtime.resume(await runtime.start(PROGRAM, "w", {}))

        asyncio.run(twice())
        assert len(asked) == 2 and len(journal.held()) == 2
        (state,) = journal.breakers().values()
        assert state.opened is not None and verify(journal).problems == ()
        journal.replace_ledger(journal.held())
        assert verify(journal).problems == ("the breaker of shaky.ask is missing from the ledger",)
        rebuild_ledger(journal)
        assert dict(journal.breakers()) == {"shaky.ask": state} and verify(journal).problems == ()
        journal.replace_ledger(journal.held(), {"shaky.ask": BreakerState(((5, "r:a1"),), 5, "r:a2", 9, 5)})
        problems = verify(journal).problems
        assert [problem.partition(" is ")[0] for problem in problems] == [
            "attempt r:a1", "attempt r:a2", "the breaker of shaky.ask"
        ]  # fmt: skip
