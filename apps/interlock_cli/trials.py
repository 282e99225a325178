"""A test that was run, as the verbs and the formats hand it on."""

from dataclasses import dataclass

from interlock.run.machine import Machine
from interlock.testing.runner import TestResult
from interlock_cli.history import Told
from interlock_dsl.program.model import Program, Test


@dataclass(frozen=True)
class Outcome:
    """A test, the program it is of, how it came out, and how long that took."""

    program: Program
    test: Test
    result: TestResult
    seconds: float

    @property
    def file(self) -> str:
        """The file the test is written in."""
        return self.test.span.source.name

    def story(self) -> list[Told]:
        """Return each event of the test with what was decided on it."""
        machine = Machine(self.program)
        return [(event, tuple(machine.feed(event))) for event in self.result.events]
