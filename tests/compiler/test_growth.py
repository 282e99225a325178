"""Checking does work in proportion to the file: calls are counted, which no busy machine changes."""

import cProfile
import importlib.util
import pstats
from types import ModuleType

import pytest

from compiler.programs import ROOT
from interlock_dsl import check_text


def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_check", ROOT / "bench" / "check.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BENCH = bench()


def calls(text: str) -> int:
    profile = cProfile.Profile()
    program, diagnostics = profile.runcall(check_text, text)
    assert program is not None, diagnostics
    total: int = pstats.Stats(profile).total_calls  # type: ignore[attr-defined]
    return total


@pytest.mark.parametrize("shape", BENCH.SHAPES)
def test_four_times_the_steps_are_about_four_times_the_work(shape: str) -> None:
    check_text(BENCH.text_of(shape, 8))
    assert calls(BENCH.text_of(shape, 240)) < 4.4 * calls(BENCH.text_of(shape, 60))
