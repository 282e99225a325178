"""Command lines as a person types them, in this process: what they print, and their exit code."""

import io
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from interlock_cli.main import run

ROOT = Path(__file__).parents[2]
INSTALLED = (sys.prefix, sys.base_prefix, *(str(ROOT / folder) for folder in ("dsl", "engine", "apps", "tests")))
RUN = re.compile(r"\br[0-9a-f]{15}\b")
TIMES = (
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}"), "MOMENT"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT[\d:.]+Z"), "INSTANT"),
    (re.compile(r"(?<![\w.])(\d+(\.\d+)?(us|ms|s)|\d+m \d+s)(?!\w)"), "TIME"),
    (re.compile(r"just now|\d+[smhd] ago"), "AGO"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "SHA256"),
    (re.compile(r"program [0-9a-f]{12}"), "program DIGEST"),
)


@dataclass(frozen=True)
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def steady(self) -> str:
        """Both streams without what differs from run to run: ids, moments, durations, digests.

        Each run of spaces is one of two; the time at the beginning of a line, which is left out where it is that of
        the line before, is left out everywhere.
        """
        text = RUN.sub("RUN", self.out + self.err)
        for pattern, name in TIMES:
            text = pattern.sub(name, text)
        lines = (re.sub(r" {2,}", "  ", line).rstrip() for line in text.splitlines())
        return "\n".join(line.removeprefix("  TIME") for line in lines)


def interlock(*args: str | Path, typed: str = "", env: Mapping[str, str] | None = None) -> Ran:
    """Run one command line; `typed` is its standard input."""
    out, err = _Stream(), _Stream()
    with _standing(env or {}), redirect_stdout(out), redirect_stderr(err):
        before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(typed.encode()))
        try:
            code = run([str(arg) for arg in args])
        finally:
            sys.stdin = before
    return Ran(code, out.text(), err.text())


def run_id(ran: Ran) -> str:
    """The id of the run that a command speaks of."""
    found = RUN.search(ran.out + ran.err)
    assert found is not None, ran
    return found[0]


class _Stream(io.TextIOWrapper):
    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def text(self) -> str:
        held = self.buffer
        assert isinstance(held, io.BytesIO)
        return held.getvalue().decode()


@contextmanager
def _standing(env: Mapping[str, str]) -> Iterator[None]:
    """Leave the process as it was: its environment, what it imported for a project, where it imports from."""
    modules, path, variables = set(sys.modules), list(sys.path), dict(os.environ)
    for name in [name for name in os.environ if name.startswith("INTERLOCK_") or name == "COLUMNS"]:
        del os.environ[name]
    os.environ.update(env)
    try:
        yield
    finally:
        for name in set(sys.modules) - modules:
            if not _installed(name):
                del sys.modules[name]
        sys.path[:] = path
        os.environ.clear()
        os.environ.update(variables)


def _installed(name: str) -> bool:
    """Say whether a module is one of Python, of an installed package or ours, rather than a project's."""
    file = getattr(sys.modules[name], "__file__", None)
    return file is None or file.startswith(INSTALLED)
