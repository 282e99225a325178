"""`interlock fix`: applies the edits of findings that have one right edit."""

import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from interlock_cli.exit_codes import ExitCode
from interlock_cli.options import targets

if TYPE_CHECKING:
    from interlock_cli.sources import Unit
    from interlock_dsl.compiler.fix import Fixed
    from interlock_dsl.diagnostics import Diagnostic


@click.command()
@targets
@click.option("--diff", is_flag=True, help="Write nothing; print what would change; exit 1 if anything.")
@click.option(
    "--strict/--no-strict",
    default=None,
    help="Put right also what only `check --strict` reports. Default: what the settings say.",
)
def verb(*, targets: tuple[str, ...], diff: bool, strict: bool | None) -> int:
    """Put right what has one right edit, and say what is left. With `-`, read standard input and write standard output.

    Everything is checked again after the edits; an edit that would make it worse is left out. A file that was in the
    one format is in it afterwards. Exit code 1 if an error or a warning is left.
    """
    from interlock_cli.sources import units
    from interlock_dsl.compiler.fix import fix
    from interlock_dsl.compiler.stages import Lint
    from interlock_dsl.diagnostics import Severity

    fixed = []
    for unit in units(targets):
        if unit.bundle is None:
            wanted = Lint(unit.project.strict if strict is None else strict)
            fixed.append(fix(unit.entries, unit.read, wanted))
            _put(unit, fixed[-1], diff=diff)
    if diff:
        return ExitCode.FINDINGS if any(each.texts for each in fixed) else ExitCode.CLEAN
    left = list(dict.fromkeys(found for each in fixed for found in each.left))
    _say(fixed, left)
    return ExitCode.FINDINGS if any(each.severity is not Severity.NOTE for each in left) else ExitCode.CLEAN


def _put(unit: "Unit", fixed: "Fixed", *, diff: bool) -> None:
    """Write the files that changed, or print what would change."""
    from interlock_cli.sources import STDIN
    from interlock_cli.text_files import write_in_place

    if diff:
        from interlock_cli.present.difference import show_difference

        for name, text in fixed.texts.items():
            show_difference(name, unit.read(name), text, "fixed")
    elif unit.entries == (STDIN,):
        sys.stdout.write(fixed.texts.get(STDIN, unit.read(STDIN)))
    else:
        for name, text in fixed.texts.items():
            write_in_place(unit.base / name, text)


def _say(fixed: "Sequence[Fixed]", left: "Sequence[Diagnostic]") -> None:
    from rich.text import Text

    from interlock_cli.present.console import err
    from interlock_cli.present.diagnostics import show, tally
    from interlock_cli.present.marks import mark
    from interlock_cli.present.quantity import count

    show(left)
    done = Counter(found.span.source.name for each in fixed for found in each.done)
    for name, times in done.items():
        err().print(Text.assemble((f"{mark('done')} ", "good"), f"{name}  {count(times, 'finding')} put right"))
    for found in (found for each in fixed for found in each.refused):
        said = f"{found.span}  {found.code}: left as it is: its edit would make the file worse"
        err().print(Text.assemble((f"{mark('bad')} ", "bad"), said))
    err().print(tally(left, len({name for each in fixed for name in each.files})))
