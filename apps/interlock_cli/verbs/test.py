"""`interlock test`: the tests written in the files, run without a model."""

import time
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

import click

from interlock_cli.exit_codes import ExitCode
from interlock_cli.options import output_format, targets

if TYPE_CHECKING:
    from interlock_cli.test_outcome import TestOutcome
    from interlock_dsl.diagnostics import Diagnostic


class Format(StrEnum):
    """How results are printed."""

    HUMAN = "human"
    JSON = "json"
    JUNIT = "junit"
    GITHUB = "github"


@click.command()
@targets
@click.option("--only", "-k", default="", metavar="TEXT", help="Only tests whose title holds this text.")
@output_format(Format, default=Format.HUMAN)
def verb(*, targets: tuple[str, ...], only: str, format: Format) -> int:
    """Run the tests written in the files: agents, people and tools answer as each test says, time passes at once.

    A program that does not compile is reported, the others are tested. Exit code 1 for either, 2 if there is no test.
    """
    from interlock_cli.errors import CommandError
    from interlock_cli.present.progress import progress

    broken: list[Diagnostic] = []
    with progress("compiling") as say:
        outcomes = list(_outcomes(targets, only.casefold(), broken, say))
    if broken:
        from interlock_cli.present.diagnostics import show_all

        show_all(broken)
    if not outcomes:
        if broken:
            return ExitCode.FINDINGS
        said = f"no test has `{only}` in its title" if only else "the files hold no tests"
        raise CommandError(said, '`test "a title" { given ... expect ... }` is one')
    _print(outcomes, format)
    return ExitCode.CLEAN if not broken and all(outcome.result.passed for outcome in outcomes) else ExitCode.FINDINGS


def _outcomes(
    targets: Sequence[str], only: str, broken: "list[Diagnostic]", say: Callable[[str], None]
) -> "Iterator[TestOutcome]":
    from interlock.testing.runner import run_test
    from interlock_cli.compiling import examine
    from interlock_cli.sources import units
    from interlock_cli.test_outcome import TestOutcome

    done = 0
    for unit in units(targets):
        program, diagnostics = examine(unit)
        if program is None:
            broken.extend(diagnostics)
            continue
        for test in program.tests:
            if only not in test.title.casefold():
                continue
            began = time.perf_counter()
            result = run_test(program, test)
            done += 1
            say(f"{done} tests run")
            yield TestOutcome(program, test, result, time.perf_counter() - began)


def _print(outcomes: "Sequence[TestOutcome]", format: Format) -> None:
    from interlock_cli.present.output import json_text, write

    match format:
        case Format.HUMAN:
            from interlock_cli.present.tests import show

            show(outcomes)
        case Format.JSON:
            from interlock_cli.formats.tests_json import tests_json

            write(json_text(tests_json(outcomes)))
        case Format.JUNIT:
            from interlock_cli.formats.junit import Case, junit

            write(junit([Case(o.file, o.test.span.line, o.test.title, o.seconds, *_failure(o)) for o in outcomes]))
        case Format.GITHUB:
            from interlock_cli.formats.github import annotation

            for outcome in outcomes:
                for span, message in outcome.result.failures:
                    place, end = (span.line, span.column), span.source.place(span.end)
                    write(annotation("error", outcome.file, place, end, f"test: {outcome.test.title}", message))


def _failure(outcome: "TestOutcome") -> tuple[str, str]:
    failures = [f"{span}: {message}" for span, message in outcome.result.failures]
    return (failures[0].split(": ", 1)[1], "\n".join(failures)) if failures else ("", "")
