"""The lines of a `test` block, and values as they are written there."""

from typing import Final

from interlock_dsl.analysis.facts import AgentStepFacts, CallStepFacts, RunStepFacts, WorkflowFacts
from interlock_dsl.cel.tree import KEYWORDS, RESERVED
from interlock_dsl.cel.types import Type
from interlock_dsl.diagnostics import witness
from interlock_dsl.schema import encode

FAILING: Final = {"failure": 'fails "no answer"', "timeout": "times out"}
"""How a test says that a model fails, by what the step's route is taken on."""


class Unrehearsed(Exception):
    """Something on the way is beyond a rehearsal."""


def hurried(workflow: WorkflowFacts) -> bool:
    """Say whether some step may be late: then a test in which time passes is not told."""
    steps = workflow.steps.values()
    timed = (AgentStepFacts, CallStepFacts, RunStepFacts)
    return any(isinstance(step, timed) and step.decl.within is not None for step in steps)


def shown(value: object) -> str:
    """Return a JSON value as it is written in a test."""
    return witness.written(value, KEYWORDS | RESERVED)


def written(type: Type, value: object) -> str:
    """Return a value of a type as it is written in a test."""
    return shown(encode(type, value))


class Script:
    """The lines of one test: what is given, what is answered (the scene), and what happens, in order (the acts)."""

    def __init__(self, hurried: bool) -> None:
        self._hurried = hurried
        self.given: list[str] = []
        self.scene: list[str] = []
        self.acts: list[str] = []
        self._replies: dict[str, list[str]] = {}
        self._spoken: set[str] = set()

    def says(self, line: str) -> None:
        """Add a line of the scene as it is."""
        self.scene.append(line)

    def act(self, line: str) -> None:
        """Something happens."""
        if line.endswith(" pass"):
            self.waits()
        self.acts.append(line)

    def waits(self) -> None:
        """Time passes. Raises `Unrehearsed` where a step may be late then."""
        if self._hurried:
            raise Unrehearsed("a step may be late")

    def replies(self, tool: str, reply: str, *, plain: bool) -> None:
        """A tool replies; `plain`: as it does without a line."""
        self._replies.setdefault(tool, []).append(reply)
        if not plain:
            self._spoken.add(tool)

    def lines(self) -> tuple[str, ...]:
        """Return the lines; of a tool that replies as it does by itself there are none."""
        tools = [
            f"tool {tool} {reply}"
            for tool, replies in self._replies.items()
            if tool in self._spoken
            for reply in _last_once(replies)
        ]
        return (*self.given, *self.scene, *tools, *self.acts)


def _last_once(replies: list[str]) -> list[str]:
    """Return replies without repetitions of the last one, which stays."""
    end = len(replies)
    while end > 1 and replies[end - 1] == replies[end - 2]:
        end -= 1
    return replies[:end]
