"""Processes that share sessions and are killed at any moment: what was allowed is on record, no limit is exceeded."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from guard import dying
from interlock import SqliteJournal, history, replay, verify
from interlock.run.protocol.notes import CallDecided
from repository.page import environment

WORKER = Path(dying.__file__)
PROCESSES, KILLS, ENOUGH = 3, 5, 90


def lines(world: Path) -> list[str]:
    return world.read_text().splitlines() if world.exists() else []


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_processes_killed_in_the_middle_of_sessions_exceed_no_limit_and_lose_nothing(tmp_path: Path) -> None:
    journal, world, dice = tmp_path / "runs.db", tmp_path / "world", random.Random(5)

    def begun() -> "subprocess.Popen[str]":
        command = [sys.executable, WORKER, journal, world, str(dice.random())]
        return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment())

    processes = [begun() for _ in range(PROCESSES)]
    ends, kills = time.monotonic() + 120, 0
    try:
        while time.monotonic() < ends and (kills < KILLS or len(lines(world)) < ENOUGH or "denied" not in lines(world)):
            before = len(lines(world))
            while time.monotonic() < ends and len(lines(world)) < before + 3:
                time.sleep(0.01)
            time.sleep(dice.random() * 0.1)
            victim = dice.randrange(PROCESSES)
            assert processes[victim].poll() is None, processes[victim].communicate()[1]
            processes[victim].kill()
            processes[victim].communicate()
            processes[victim], kills = begun(), kills + 1
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    assert kills >= KILLS

    told = [line.split() for line in lines(world) if line != "denied"]
    kept = SqliteJournal(journal)
    allowed: dict[tuple[str, str], int] = {}
    for summary in kept.runs():
        for _, _, notes in history(kept, summary.run):
            for note in notes:
                if isinstance(note, CallDecided) and note.call:
                    allowed[summary.run, note.call] = int(str(note.args["cents"]))
        assert replay(kept, summary.run).same
    assert len({(session, call) for session, call, _ in told}) == len(told), "no call was allowed twice"
    assert all(allowed.get((session, call)) == int(cents) for session, call, cents in told), "allowed and not on record"
    assert len(allowed) - len(told) <= kills + PROCESSES, "only who was killed in between could not tell"
    rated = [held.claim.amount for held in kept.held() if held.claim.rule == "money.send rate"]
    assert len(rated) == len(allowed), "each call that was allowed is counted, and no other"
    assert sum(allowed.values()) == sum(held.claim.amount for held in kept.held()) - len(rated) <= dying.MOST
    assert "denied" in lines(world)
    assert verify(kept).holds
