"""Killed in the middle of fan-outs and taken up again, a run loses nothing and repeats nothing."""

from pathlib import Path

from runtime.rows_world import problem, program, strike


def test_killed_in_the_middle_of_fan_outs(tmp_path: Path) -> None:
    compiled, runs = program(), 0
    for folder in strike(tmp_path, compiled, kills=24, seed=20_261_122):
        runs += 1
        assert problem(folder, compiled) == "", folder.name
    assert runs == 8
