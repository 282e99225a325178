"""`interlock fmt`: the one format."""

import sys

import click

from interlock_cli.exit_codes import ExitCode
from interlock_cli.options import targets


@click.command()
@targets
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file is not formatted.")
@click.option("--diff", is_flag=True, help="Write nothing; print what would change; exit 1 if anything.")
def verb(*, targets: tuple[str, ...], check: bool, diff: bool) -> int:
    """Put files into the one format. With `-`, read standard input and write the result to standard output.

    A file that does not parse is left alone and reported. A byte order mark that a file has stays.
    """
    from interlock_cli.sources import STDIN, display, files, text
    from interlock_cli.text_files import read_stdin, write_in_place
    from interlock_dsl.diagnostics import Diagnostic, DiagnosticError
    from interlock_dsl.formatter.format import format

    if targets == ("-",):
        source = read_stdin()
        return _one(STDIN, source, format(source, STDIN), check, diff)
    wrong: list[Diagnostic] = []
    changed: list[str] = []
    count = 0
    for path in files(targets):
        name, source = display(path), text(path)
        try:
            formatted = format(source, name)
        except DiagnosticError as error:
            wrong.extend(error.diagnostics)
            continue
        count += 1
        if formatted == source:
            continue
        changed.append(name)
        if diff:
            _print_diff(name, source, formatted)
        elif not check:
            write_in_place(path, formatted)
    if wrong:
        from interlock_cli.present.diagnostics import show_all

        show_all(wrong)
    _say(changed, count, check or diff)
    return ExitCode.FINDINGS if wrong or (changed and (check or diff)) else ExitCode.CLEAN


def _one(name: str, source: str, formatted: str, check: bool, diff: bool) -> int:
    if diff:
        _print_diff(name, source, formatted)
    elif not check:
        sys.stdout.write(formatted)
    return ExitCode.FINDINGS if formatted != source and (check or diff) else ExitCode.CLEAN


def _print_diff(name: str, source: str, formatted: str) -> None:
    from interlock_cli.present.difference import show_difference

    show_difference(name, source, formatted, "formatted")


def _say(changed: list[str], count: int, dry: bool) -> None:
    from rich.text import Text

    from interlock_cli.present.console import err
    from interlock_cli.present.marks import mark
    from interlock_cli.present.quantity import count as counted

    console = err()
    for name in changed:
        sign, style = ("bad", "bad") if dry else ("done", "good")
        console.print(Text.assemble((f"{mark(sign)} ", style), name))
    what = "not formatted" if dry else "formatted"
    if changed:
        console.print(f"{counted(len(changed), 'file')} {what}, {counted(count - len(changed), 'file')} unchanged")
    elif count:
        console.print(Text.assemble((f"{mark('done')} ", "good"), f"{counted(count, 'file')} in the one format"))
