"""The options of the verbs that drive a run: its project, its tools, who answers, and the printing."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from interlock_cli.project import Project, find


class Format(StrEnum):
    """The two output formats of most verbs: for people, for programs."""

    HUMAN = "human"
    JSON = "json"


@dataclass(frozen=True)
class RunOptions:
    """The options that everything which drives a run has in common. None is: as the project says."""

    folder: Path | None = None
    journal: Path | None = None
    tools: Path | None = None
    answers: Path | None = None
    live: bool = False
    models: Sequence[str] = ()
    change_answers: bool = False
    progress: bool | None = None
    format: Format = Format.HUMAN

    @cached_property
    def project(self) -> Project:
        """The project the run is in."""
        return find(self.folder)

    @property
    def again(self) -> str:
        """The options that a later command on the same run needs too, as they would be typed."""
        said = again(self.folder, self.journal, tools=self.tools, answers=self.answers)
        return (
            said + (" --live" if self.live else "") + "".join(f" --model {shlex.quote(each)}" for each in self.models)
        )

    @property
    def where(self) -> str:
        """The options by which a later command finds the run's journal, as they would be typed."""
        return again(self.folder, self.journal)


def again(project: Path | None, journal: Path | None, **others: Path | None) -> str:
    """Return the options that were given, as a later command needs them too."""
    given = {"project": project, "journal": journal, **others}
    return "".join(f" --{name} {shlex.quote(str(path))}" for name, path in given.items() if path is not None)
