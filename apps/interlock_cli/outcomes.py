"""A test written in the language that was run: the test, its result and how long it took."""

from dataclasses import dataclass

from interlock.run.machine import Machine
from interlock.run.session import SessionMachine
from interlock.testing.result import TestResult
from interlock_cli.recorded_run import EventNotes
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.program.cases import Test
from interlock_dsl.program.model import Program


@dataclass(frozen=True)
class TestOutcome:
    """A test, the program it is of, how it came out, and how long that took."""

    program: Program
    test: Test
    result: TestResult
    seconds: float

    @property
    def file(self) -> str:
        """The file the test is written in."""
        return self.test.span.source.name

    def diagnostics(self) -> list[Diagnostic]:
        """Return what failed, each at the line that expected it."""
        note = f"in the test `{self.test.title}`"
        return [Diagnostic("failed-test", said, (Label(span),), (note,)) for span, said in self.result.failures]

    def events(self) -> list[EventNotes]:
        """Return each event of the test with what was decided on it."""
        machine = Machine(self.program) if self.test.workflow else SessionMachine(self.program)
        return [(event, tuple(machine.feed(event))) for event in self.result.events]
