"""The formats in which findings and results of tests are printed, and those that are the same for both."""

from collections.abc import Sequence
from enum import StrEnum

from interlock_cli.formats.remarks import Allowed
from interlock_dsl.diagnostics import Diagnostic


class Format(StrEnum):
    """How `check` and `test` print: for people in full or a line each, for programs, CI servers and pull requests."""

    HUMAN = "human"
    COMPACT = "compact"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"
    GITHUB = "github"


def lines(format: Format, found: Sequence[Diagnostic], allowed: Sequence[Allowed] = ()) -> str:
    """Return findings in one of the formats that know nothing else: compact, sarif or github."""
    match format:
        case Format.COMPACT:
            from interlock_dsl.diagnostics.render import render_compact

            return render_compact(found)
        case Format.SARIF:
            from interlock_cli.formats.sarif import sarif

            return sarif(found, allowed)
        case _:
            from interlock_cli.formats.github import github

            return github(found)
