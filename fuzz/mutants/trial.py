"""Running the tests of a mutant: in a fork of a process that has collected them, or in a fresh one."""

import contextlib
import gc
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType
from typing import Final

import pytest
from changes import ROOT, Mutant, mutants
from runs import IMPORT, OPTIONS, LinesOfTests, environment, few_examples

PASSED, FAILED, NOT_HERE = 0, 1, 3
"""Exit codes of a trial; the last says that the change needs a fresh process."""
ORACLES: Final = ("tests/reference/", "tests/decide/test_agreement.py", "tests/decide/test_fused.py")
"""Tests that compare whole results with a second implementation."""
MEMORY: Final = 3 << 30


@dataclass(frozen=True)
class Result:
    """What came of one mutant; `how` is the test that failed, or words."""

    mutant: Mutant
    died: bool
    how: str
    fresh: bool = False


@dataclass(frozen=True)
class _Trial:
    mutant: Mutant
    tests: list[str]
    folder: str
    began: float
    limit: float
    fresh: bool


class Trials:
    """Tries mutants, some at a time."""

    def __init__(self, lines: LinesOfTests, jobs: int, seconds: float) -> None:
        self._lines = lines
        self._jobs = jobs
        self._seconds = seconds
        self._results: list[Result] = []
        self._running: dict[int, _Trial] = {}
        self._again: list[Mutant] = []

    def run(self, chosen: list[Mutant]) -> list[Result]:
        """Try all of them; return what came of each."""
        files = sorted({test.partition("::")[0] for test in self._lines.seconds})
        if pytest.main([*OPTIONS, *files], plugins=[_Forking(self, chosen)]) not in (0, 5):
            raise SystemExit("the tests could not be collected")
        for mutant in self._again:
            self._wait(self._jobs)
            self._fresh(mutant)
        self._wait(1)
        return self._results

    def forked(self, chosen: list[Mutant], trial: Callable[[CodeType, str, list[str]], int]) -> None:
        """Try in forks what can be tried there; the others are kept for later."""
        for mutant in chosen:
            self._wait(self._jobs)
            contexts = self._lines.contexts(mutant.path, mutant.lines)
            tests = self._asked(contexts)
            if not mutant.called or (not tests and contexts):
                self._again.append(mutant)
            elif not contexts:
                self._ended(mutant, False, "no test runs it")
            else:
                code, folder = mutant.code(), tempfile.mkdtemp(prefix="mutant-")
                child = os.fork()
                if child == 0:
                    _alone(folder)
                    status = FAILED
                    try:
                        status = trial(code, mutant.path, tests)
                    finally:
                        os._exit(status)
                self._started(child, mutant, tests, folder, False)
        self._wait(1)

    def unsound(self, trial: Callable[[list[str]], int]) -> list[Mutant]:
        """Return the mutants that died of a test which fails in a fork without any change, too; it is asked no more."""
        failing = set(
            self._failing(sorted({how.how for how in self._results if how.how in self._lines.seconds}), trial)
        )
        for test in failing:
            print(f"fails in a fork without any change: {test}", flush=True)
            del self._lines.seconds[test]
        again = [result.mutant for result in self._results if result.how in failing]
        self._results = [result for result in self._results if result.how not in failing]
        return again

    def _failing(self, left: list[str], trial: Callable[[list[str]], int]) -> list[str]:
        failing: list[str] = []
        while left:
            folder = tempfile.mkdtemp(prefix="mutant-")
            child = os.fork()
            if child == 0:
                _alone(folder)
                os._exit(trial(left))
            _, status = os.waitpid(child, 0)
            failed, now = Path(folder) / "failed", Path(folder) / "now"
            failing += failed.read_text().splitlines() if failed.exists() else []
            left = left[left.index(now.read_text()) + 1 :] if status else []
            failing += [now.read_text()] if status else []
            _end_group(child)
            shutil.rmtree(folder)
        return failing

    def _asked(self, contexts: set[str]) -> list[str]:
        """Return the fastest of the tests of some contexts, as many as half of the time allows, then the oracles."""
        tests = self._lines.tests(contexts)
        fast = self._within(self._seconds / 2, tests)
        oracles = [test for test in tests if test.startswith(ORACLES) and test not in fast]
        return [*fast, *self._within(self._seconds / 2, oracles)]

    def _within(self, left: float, tests: list[str]) -> list[str]:
        found: list[str] = []
        for test in tests:
            left -= self._lines.seconds[test]
            if left < 0 and found:
                break
            found.append(test)
        return found

    def _fresh(self, mutant: Mutant) -> None:
        """Try a mutant in a process that imports the changed file: with the tests of its lines, or else of its file."""
        contexts = self._lines.contexts(mutant.path, mutant.lines)
        modules = {context.removeprefix(IMPORT) for context in contexts if context.startswith(IMPORT)}
        tests = self._asked(contexts | {test for test in self._lines.seconds if test.partition("::")[0] in modules})
        tests = tests if mutant.called and tests else self._asked(self._lines.contexts(mutant.path))
        folder = tempfile.mkdtemp(prefix="mutant-")
        number = [other.key for other in mutants(mutant.path)].index(mutant.key)
        (Path(folder) / "tests").write_text("\n".join(tests))
        command = [sys.executable, __file__, mutant.path, str(number), folder]
        self._started(os.posix_spawn(sys.executable, command, environment()), mutant, tests, folder, True)

    def _started(self, child: int, mutant: Mutant, tests: list[str], folder: str, fresh: bool) -> None:
        limit = 120 + 10 * sum(self._lines.seconds[test] for test in tests)
        self._running[child] = _Trial(mutant, tests, folder, time.monotonic(), limit, fresh)

    def _wait(self, fewer: int) -> None:
        """Wait until fewer trials are running than this."""
        while len(self._running) >= fewer:
            child, status = os.waitpid(-1, os.WNOHANG)
            if child == 0:
                time.sleep(0.005)
                for late in [pid for pid, one in self._running.items() if time.monotonic() - one.began > one.limit]:
                    os.kill(late, signal.SIGKILL)
                continue
            trial = self._running.pop(child, None)
            if trial is None:
                continue
            _end_group(child)
            failed = Path(trial.folder) / "failed"
            by = failed.read_text().strip() if failed.exists() else ""
            shutil.rmtree(trial.folder, ignore_errors=True)
            code = os.waitstatus_to_exitcode(status)
            at_import = any(c.startswith(IMPORT) for c in self._lines.contexts(trial.mutant.path, trial.mutant.lines))
            if not trial.fresh and (code == NOT_HERE or (code == PASSED and at_import)):
                self._again.append(trial.mutant)
            else:
                self._ended(trial.mutant, code != PASSED, by or _how(code, len(trial.tests)), trial.fresh)

    def _ended(self, mutant: Mutant, died: bool, how: str, fresh: bool = False) -> None:
        self._results.append(Result(mutant, died, how, fresh))
        if not died or len(self._results) % 50 == 0:
            print(f"{len(self._results):4}  {'died ' if died else 'LIVES'}  {mutant}  ({how})", flush=True)


def _how(code: int, tests: int) -> str:
    if code == PASSED:
        return f"{tests} tests run it"
    return "a test fails" if code == FAILED else "no end" if code < 0 else f"exit code {code}"


def _end_group(child: int) -> None:
    """End what a trial has left behind: it was the leader of a group of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)


def _alone(folder: str) -> None:
    """Make this process the leader of a group, silent, with a folder and limits of its own."""
    os.setpgid(0, 0)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    tempfile.tempdir = folder
    os.environ["TMPDIR"] = os.environ["PYTEST_DEBUG_TEMPROOT"] = folder
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit(seconds: float) -> None:
    """End this process by a signal when a test takes much more of the processor than it took, or waits for long."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, 5 + 8 * seconds)
    signal.setitimer(signal.ITIMER_REAL, 60 + 20 * seconds)


class _Plugin:
    """Runs chosen tests in the order given, and ends the process with the first that fails."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self._seconds = seconds
        self._trying = False
        self._to_the_end = False

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        few_examples(items)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if self._trying and report.failed:
            with (Path(os.environ["TMPDIR"]) / "failed").open("a") as failed:
                failed.write(f"{report.nodeid}\n")
            if not self._to_the_end:
                os._exit(FAILED)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            print(report.longrepr, flush=True)
            os._exit(FAILED)

    def _ask(self, session: pytest.Session, tests: list[str], to_the_end: bool = False) -> int:
        self._trying, self._to_the_end = True, to_the_end
        items = {item.nodeid: item for item in session.items}
        chosen = [items[test] for test in tests]
        for item, following in zip(chosen, [*chosen[1:], None], strict=True):
            if to_the_end:
                (Path(os.environ["TMPDIR"]) / "now").write_text(item.nodeid)
            _limit(self._seconds.get(item.nodeid, 1.0))
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        return PASSED


class _Forking(_Plugin):
    """In place of running the tests that were collected, tries mutants with them."""

    def __init__(self, trials: Trials, chosen: list[Mutant]) -> None:
        super().__init__(trials._lines.seconds)
        self._trials = trials
        self._chosen = chosen

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        from interlock_dsl import check_text

        check_text("")  # Loads the parser, once for all.
        functions: dict[str, list[FunctionType]] = {}
        for found in gc.get_objects():
            if isinstance(found, FunctionType):
                functions.setdefault(found.__code__.co_filename, []).append(found)
        gc.collect()
        gc.freeze()

        def trial(code: CodeType, path: str, tests: list[str]) -> int:
            if not _replaced(functions.get(str(ROOT / path), []), code):
                return NOT_HERE
            return self._ask(session, tests)

        chosen = self._chosen
        while chosen:
            self._trials.forked(chosen, trial)
            chosen = self._trials.unsound(lambda tests: self._ask(session, tests, to_the_end=True))
        return True


def _replaced(functions: list[FunctionType], code: CodeType) -> bool:
    """Give functions of a module the code that another version of the module has for them."""
    new: dict[tuple[str, int], list[CodeType]] = {}
    more = [code]
    while more:
        one = more.pop()
        new.setdefault((one.co_qualname, one.co_firstlineno), []).append(one)
        more += [inner for inner in one.co_consts if isinstance(inner, CodeType)]
    for function in functions:
        old = function.__code__
        same = new.get((old.co_qualname, old.co_firstlineno), [])
        if old in same:
            continue
        if len(same) != 1 or same[0].co_freevars != old.co_freevars:
            return False
        function.__code__ = same[0]
    return bool(functions)


class _Fresh(_Plugin):
    """Runs chosen tests in a process of their own."""

    def __init__(self, tests: list[str]) -> None:
        super().__init__({})
        self._tests = tests

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        os._exit(self._ask(session, self._tests))


def _main(path: str, number: int, folder: str) -> int:
    """Try the mutant of this number in this file: import the changed file, run the tests listed in the folder."""
    tests = (Path(folder) / "tests").read_text().split("\n")
    os.chdir(ROOT)
    _alone(folder)
    _limit(10)
    code = list(mutants(path))[number].code()
    loaded = SourceFileLoader.get_code

    def get_code(self: SourceFileLoader, name: str) -> CodeType | None:
        return code if self.path == str(ROOT / path) else loaded(self, name)

    setattr(SourceFileLoader, "get_code", get_code)  # noqa: B010
    files = sorted({test.partition("::")[0] for test in tests})
    pytest.main([*OPTIONS, *files], plugins=[_Fresh(tests)])
    return FAILED


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
