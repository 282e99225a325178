"""Reloading while others decide: a session keeps the program it began with, and is resumed under that one."""

import threading
from pathlib import Path

import pytest

from guard.conftest import POLICY
from interlock import Guard, NotReloaded, SqliteJournal, replay, verify

SMALL = {"account": "a", "cents": 1}
CLOSED = POLICY.replace('== "blocked"', '== "a"')
BROKEN = POLICY.replace("permit money.* by teller", "permit money.* by nobody")


def test_sessions_begun_while_others_reload_keep_their_program(policy_file: Path, tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "runs.db")
    guard = Guard.load(policy_file, journal)
    open_digest = guard.program.digest
    policy_file.write_text(CLOSED)
    assert guard.reload()
    answers = {open_digest: "allow", guard.program.digest: "deny"}
    done, wrong = threading.Event(), []
    seen: dict[str, tuple[str, str]] = {}

    def reload() -> None:
        turn = 0
        while not done.is_set():
            turn += 1
            policy_file.write_text((POLICY, BROKEN, CLOSED, "")[turn % 4])
            try:
                guard.reload()
            except NotReloaded:
                assert guard.stale

    def decide() -> None:
        try:
            for _ in range(15):
                session = guard.session()
                given = [session.decide("money.send", SMALL, agent="teller").answer for _ in range(2)]
                digest = session.program.digest
                if digest in answers and given != [answers[digest]] * 2:
                    wrong.append((digest, given))
                seen[session.id] = digest, given[-1]
        except Exception as problem:
            wrong.append(("", [repr(problem)]))

    deciders = [threading.Thread(target=decide) for _ in range(3)]
    reloading = threading.Thread(target=reload)
    for thread in (reloading, *deciders):
        thread.start()
    for thread in deciders:
        thread.join(60)
    done.set()
    reloading.join(60)
    assert wrong == []
    assert len(seen) == 45

    policy_file.write_text(POLICY)
    guard.reload()
    again = Guard.load(policy_file, journal)
    for id, (digest, answer) in seen.items():
        session = again.resume(id)
        assert session.program.digest == digest
        assert session.decide("money.send", SMALL, agent="teller").answer == answer
        assert replay(journal, id).same
    assert verify(journal).holds


def test_what_was_good_last_stays_in_force_while_others_reload(policy_file: Path) -> None:
    guard = Guard.load(policy_file)
    before = guard.program.digest
    policy_file.write_text(BROKEN)
    refused: list[NotReloaded] = []

    def reload() -> None:
        with pytest.raises(NotReloaded) as raised:
            guard.reload()
        refused.append(raised.value)

    threads = [threading.Thread(target=reload) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert guard.session().decide("money.send", SMALL, agent="teller")
    for thread in threads:
        thread.join(60)
    assert len(refused) == 4
    assert guard.program.digest == before
    assert "stays in force" in guard.stale
