"""`interlock check`: what is wrong with a file, before it runs."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from interlock_cli.exit_codes import ExitCode
from interlock_cli.formats.findings import Format
from interlock_cli.formats.remarks import Allowed
from interlock_cli.options import A_FILE, output_format, targets

if TYPE_CHECKING:
    from interlock_cli.formats.json_models import BoundsJson
    from interlock_dsl.diagnostics import Diagnostic
    from interlock_dsl.program.model import Program


@click.command()
@targets
@output_format(Format, default=Format.HUMAN, envvar="INTERLOCK_FORMAT")
@click.option(
    "--strict/--no-strict",
    default=None,
    help="Report also what is neither certain nor shown with a witness. Default: what the settings say.",
)
@click.option("--proofs/--no-proofs", default=True, help="Whether the solver is asked about values. Default: it is.")
@click.option("--save-tests", type=A_FILE, metavar="FILE", help="Write the runs that witnesses tell as tests.")
@click.option("--certificate", type=A_FILE, metavar="FILE", help="Write what was shown of the promises.")
@click.option("--certificate-of", type=A_FILE, metavar="FILE", help="Show the promises of a certificate again.")
@click.option("--bounds", is_flag=True, help="Say what a run of each workflow comes to at most.")
@click.option("--timings", is_flag=True, help="Say on standard error what each part of checking took.")
def verb(
    *,
    targets: tuple[str, ...],
    format: Format,
    strict: bool | None,
    proofs: bool,
    bounds: bool,
    timings: bool,
    save_tests: Path | None,
    certificate: Path | None,
    certificate_of: Path | None,
) -> int:
    """Say what is wrong with files before they run: mistakes, and in files without any, what the rules of lint find.

    Human findings go to standard error, the machine formats to standard output. Exit code 1 if there is an error or a
    warning; notes do not count. Exit code 3 if all that is left are questions that nobody could answer.

    A certificate says which promises were proved, of which program; `--certificate-of` proves them again, and exits
    with 1 if the program or an answer differs. `--save-tests` writes a test for every run that breaks something.
    `--bounds` prints the worst case of each workflow, every retry and every deadline counted, in `human` and `json`.
    """
    from interlock_cli.compiling import Stopwatch, examine
    from interlock_cli.proofs import Keeping
    from interlock_cli.sources import units
    from interlock_cli.worst_cases import worst_cases
    from interlock_dsl.compiler.stages import Lint

    clock = Stopwatch() if timings else None
    found: dict[Diagnostic, None] = {}
    allowed: dict[Allowed, None] = {}
    files: dict[str, None] = {}
    worst: list[BoundsJson] = []
    keeping = Keeping(save_tests, certificate, certificate_of)
    with _progress(format):
        for unit in units(targets):
            lint = Lint(unit.project.strict if strict is None else strict, proofs, untaken=_untaken)
            checked = examine(unit, clock, lint)
            found.update(dict.fromkeys(checked.found))
            allowed.update(dict.fromkeys(Allowed(each, reason) for each, reason in checked.allowed))
            files.update(dict.fromkeys(unit.given))
            worst.extend(worst_cases(checked) if bounds else ())
            keeping.add(unit, checked)
    _print(list(found), list(allowed), list(files), worst if bounds else None, format)
    if clock is not None:
        _timings(clock.parts)
    return keeping.keep() or _code(found)


def _untaken(program: "Program") -> frozenset[tuple[str, str]]:
    from interlock.testing.coverage import untaken

    return untaken(program)


def _code(found: "Iterable[Diagnostic]") -> ExitCode:
    from interlock_dsl.diagnostics import Certainty, Severity

    counted = [each for each in found if each.severity is not Severity.NOTE]
    if any(each.certainty is not Certainty.UNKNOWN for each in counted):
        return ExitCode.FINDINGS
    return ExitCode.INCONCLUSIVE if counted else ExitCode.CLEAN


def _progress(format: Format) -> AbstractContextManager[object]:
    if format is not Format.HUMAN:
        return nullcontext()
    from interlock_cli.present.progress import progress

    return progress("checking")


def _timings(parts: Mapping[str, float]) -> None:
    from interlock_cli.present.console import err

    for part, seconds in parts.items():
        err().print(f"  {part.ljust(10)} {seconds * 1000:7.1f} ms", style="quiet")


def _print(
    found: "Sequence[Diagnostic]",
    allowed: Sequence[Allowed],
    files: Sequence[str],
    worst: "Sequence[BoundsJson] | None",
    format: Format,
) -> None:
    from interlock_cli.present.output import write

    match format:
        case Format.HUMAN:
            from interlock_cli.present.console import err
            from interlock_cli.present.diagnostics import show, tally

            show(found)
            err().print(tally(found, len(files)))
            if worst:
                from interlock_cli.worst_cases import told

                write("\n".join(map(told, worst)))
        case Format.JSON:
            from interlock_cli.formats.diagnostics_json import diagnostics_json

            write(diagnostics_json(found, files, allowed, worst))
        case Format.JUNIT:
            from interlock_cli.formats.junit import cases_of, junit

            write(junit(cases_of(found, files)))
        case _:
            from interlock_cli.formats.findings import lines

            write(lines(format, found, allowed))
