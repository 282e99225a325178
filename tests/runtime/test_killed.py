"""Killed in fan-outs, in races or on the way back, and taken up again, a run loses nothing and repeats nothing."""

from pathlib import Path

from runtime import back_world, inside_world, race_world, rows_world
from runtime.killing import problems


def test_killed_in_the_middle_of_fan_outs(tmp_path: Path) -> None:
    assert problems(rows_world.WORLD, tmp_path, kills=24, seed=20_261_122) == {str(run): "" for run in range(8)}


def test_killed_in_the_middle_of_workflows_in_fan_outs(tmp_path: Path) -> None:
    assert problems(inside_world.WORLD, tmp_path, kills=18, seed=20_261_122) == {str(run): "" for run in range(6)}


def test_killed_on_the_way_back(tmp_path: Path) -> None:
    assert problems(back_world.WORLD, tmp_path, kills=18, seed=20_261_122) == {str(run): "" for run in range(6)}


def test_killed_in_the_middle_of_races(tmp_path: Path) -> None:
    assert problems(race_world.WORLD, tmp_path, kills=18, seed=20_261_122) == {str(run): "" for run in range(6)}
