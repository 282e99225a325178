"""`interlock test`: the tests written in the files, run without a model."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from interlock_cli.exit_codes import ExitCode
from interlock_cli.formats.findings import Format
from interlock_cli.options import output_format, targets

if TYPE_CHECKING:
    from interlock.testing.coverage import Covered
    from interlock_cli.outcomes import TestOutcome
    from interlock_dsl.diagnostics import Diagnostic
    from interlock_dsl.program.model import Program


@click.command()
@targets
@click.option("--only", "-k", default="", metavar="TEXT", help="Only tests whose title holds this text.")
@click.option("--coverage", is_flag=True, help="Also say which rule decided nothing, and which route no test took.")
@output_format(Format, default=Format.HUMAN)
def verb(*, targets: tuple[str, ...], only: str, coverage: bool, format: Format) -> int:
    """Run the tests written in the files: agents, people and tools answer as each test says, time passes at once.

    A program that does not compile is reported, the others are tested. Exit code 1 for either, 2 if there is no test.
    """
    from interlock_cli.errors import CommandError
    from interlock_cli.present.progress import progress

    if coverage and format not in (Format.HUMAN, Format.JSON):
        raise CommandError(f"`--coverage` has no form in {format}", "use `--format human` or `--format json`")
    broken: list[Diagnostic] = []
    programs: list[Program] = []
    with progress("compiling") as say:
        outcomes = list(_outcomes(targets, only.casefold(), broken, programs, say))
    if broken and format in (Format.HUMAN, Format.JSON):
        from interlock_cli.present.diagnostics import show_all

        show_all(broken)
    if not outcomes and (not broken or format in (Format.HUMAN, Format.JSON)):
        if broken:
            return ExitCode.FINDINGS
        said = f"no test has `{only}` in its title" if only else "the files hold no tests"
        raise CommandError(said, '`test "a title" { given ... expect ... }` is one')
    _print(outcomes, broken, format, _covered(programs, outcomes) if coverage else None)
    return ExitCode.CLEAN if not broken and all(outcome.result.passed for outcome in outcomes) else ExitCode.FINDINGS


def _outcomes(
    targets: Sequence[str],
    only: str,
    broken: "list[Diagnostic]",
    programs: "list[Program]",
    say: Callable[[str], None],
) -> "Iterator[TestOutcome]":
    from interlock.testing.runner import run_test
    from interlock_cli.compiling import examine
    from interlock_cli.outcomes import TestOutcome
    from interlock_cli.sources import units

    done = 0
    for unit in units(targets):
        checked = examine(unit)
        program = checked.program
        if program is None:
            broken.extend(checked.found)
            continue
        programs.append(program)
        for test in program.tests:
            if only not in test.title.casefold():
                continue
            began = time.perf_counter()
            result = run_test(program, test)
            done += 1
            say(f"{done} tests run")
            yield TestOutcome(program, test, result, time.perf_counter() - began)


def _covered(programs: "Sequence[Program]", outcomes: "Sequence[TestOutcome]") -> "list[Covered]":
    from interlock.testing.coverage import coverage

    return [
        covered
        for program in programs
        for covered in coverage(program, ((each.test, each.result) for each in outcomes if each.program is program))
    ]


def _print(
    outcomes: "Sequence[TestOutcome]",
    broken: "Sequence[Diagnostic]",
    format: Format,
    covered: "Sequence[Covered] | None",
) -> None:
    from interlock_cli.present.output import json_text, write

    match format:
        case Format.HUMAN:
            from interlock_cli.present.tests import show, show_coverage

            show(outcomes)
            if covered is not None:
                show_coverage(covered)
        case Format.JSON:
            from interlock_cli.formats.tests_json import tests_json

            write(json_text(tests_json(outcomes, covered)))
        case Format.JUNIT:
            from interlock_cli.formats.junit import Case, cases_of, junit

            cases = [Case(o.file, o.test.span.line, o.test.title, o.seconds, *_failure(o)) for o in outcomes]
            write(junit([*cases_of(broken), *cases]))
        case _:
            from interlock_cli.formats.findings import lines

            write(lines(format, [*broken, *(failed for outcome in outcomes for failed in outcome.diagnostics())]))


def _failure(outcome: "TestOutcome") -> tuple[str, str]:
    failures = [f"{span}: {message}" for span, message in outcome.result.failures]
    return (outcome.result.failures[0][1], "\n".join(failures)) if failures else ("", "")
