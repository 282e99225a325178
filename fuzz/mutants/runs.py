"""Which test runs which line of the packages that are changed, and how long each test takes."""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import coverage
import pytest
from changes import PACKAGES, ROOT
from hypothesis import Phase, settings

KEPT: Final = ROOT / "build" / "mutants"
LONGEST: Final = 6.0
"""Seconds that a test may take to be among those that are asked."""
EXAMPLES: Final = 25
OPTIONS: Final = ("-q", "--no-header", "-p", "no:cacheprovider", "-p", "no:xdist", "-s")
IMPORT: Final = "import "
"""How the contexts begin in which a module is imported."""


@dataclass(frozen=True)
class LinesOfTests:
    """What was recorded: the seconds of each test, and the tests of each line."""

    folder: Path
    seconds: dict[str, float]
    data: coverage.CoverageData

    @cached_property
    def _read(self) -> dict[str, dict[int, list[str]]]:
        return {}

    def contexts(self, path: str, lines: Iterable[int] | None = None) -> set[str]:
        """Return the contexts that run a line of a file, or any of it."""
        if path not in self._read:
            self._read[path] = self.data.contexts_by_lineno(str(ROOT / path))
        found = self._read[path]
        return {context for line in (found if lines is None else lines) for context in found.get(line, ())}

    def tests(self, contexts: Iterable[str]) -> list[str]:
        """Return the tests among some contexts, the fastest first."""
        return sorted((context for context in contexts if context in self.seconds), key=self.seconds.__getitem__)


def last_recorded() -> LinesOfTests:
    """Return what was recorded last, though the code or the tests may have changed since."""
    return _read(max(KEPT.glob("*/tests.json"), key=lambda path: path.stat().st_mtime).parent)


def record(tests: tuple[str, ...]) -> LinesOfTests:
    """Run the tests once, in a process of their own, unless nothing has changed since the last time."""
    digest = hashlib.sha256(repr(tests).encode())
    for part in ("dsl", "engine", "apps", "policies", "tests", "examples", "docs"):
        for path in sorted((ROOT / part).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith("."):
                digest.update(str(path).encode() + path.read_bytes())
    folder = KEPT / digest.hexdigest()[:16]
    if not (folder / "tests.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        ran = subprocess.run([sys.executable, __file__, str(folder), *tests], cwd=ROOT, env=environment())
        if ran.returncode:
            raise SystemExit(f"the tests could not be recorded: exit code {ran.returncode}")
    return _read(folder)


def _read(folder: Path) -> LinesOfTests:
    data = coverage.CoverageData(str(folder / "lines"))
    data.read()
    return LinesOfTests(folder, json.loads((folder / "tests.json").read_text()), data)


def environment() -> dict[str, str]:
    """Return the environment of a process that runs tests: the order of sets is the same in all of them."""
    return {**os.environ, "PYTHONHASHSEED": "0"}


def few_examples(items: list[pytest.Item]) -> None:
    """Let each property try a few examples, the same ones in each process, and let it not reduce what it finds."""
    for item in items:
        test = getattr(item, "obj", None)
        if test is None or not getattr(test, "is_hypothesis_test", False):
            continue
        target = getattr(test, "__func__", test)
        own = getattr(target, "_hypothesis_internal_use_settings", None) or settings()
        target._hypothesis_internal_use_settings = settings(
            own, max_examples=min(own.max_examples, EXAMPLES), derandomize=True, database=None,
            phases=(Phase.explicit, Phase.generate),
        )  # fmt: skip


class _Recorder:
    """Names the context after the test that runs, and takes the times."""

    def __init__(self, lines: coverage.Coverage) -> None:
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()
        self._lines = lines

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, object, object]:
        if isinstance(collector, pytest.Module):
            self._lines.switch_context(IMPORT + collector.nodeid)
        return (yield)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        few_examples(items)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._lines.switch_context(item.nodeid)
        began, waited = time.process_time(), time.perf_counter()
        result = yield
        self.seconds[item.nodeid] = time.process_time() - began
        if max(self.seconds[item.nodeid], (time.perf_counter() - waited) / 5) > LONGEST:
            self.failed.add(item.nodeid)
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:
            self.failed.add(report.nodeid)
            if report.failed:
                print(f"fails without any change: {report.nodeid}", flush=True)


def _main(folder: Path, tests: list[str]) -> int:
    lines = coverage.Coverage(
        data_file=str(folder / "lines"), include=[f"{ROOT / package}/*" for package in PACKAGES], config_file=False
    )
    lines.start()
    lines.switch_context(IMPORT + "the rest")
    recorder = _Recorder(lines)
    code = pytest.main([*OPTIONS, *tests], plugins=[recorder])
    lines.stop()
    lines.save()
    if code not in (0, 1):
        return code
    kept = {test: seconds for test, seconds in recorder.seconds.items() if test not in recorder.failed}
    for test in sorted(recorder.seconds.keys() - kept.keys()):
        print(f"left out ({recorder.seconds[test]:.1f} s): {test}")
    (folder / "tests.json").write_text(json.dumps(kept))
    return 0


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1]), sys.argv[2:]))
