"""`interlock compile`: a program as one file, to be loaded without the compiler."""

import os
from pathlib import Path

import click

from interlock_cli.exit_codes import ExitCode
from interlock_cli.options import A_FILE, targets


@click.command()
@targets
@click.option("--output", "-o", type=A_FILE, metavar="FILE", required=True, help="The bundle to write (.ilkb).")
def verb(*, targets: tuple[str, ...], output: Path) -> int:
    """Write a program to a bundle, which verbs that need no sources take in place of its files.

    The files are compiled together. A bundle holds the program, its sources and its digest; the digest shows damage,
    not who wrote it. `diff`, `fix` and `fmt` are about files, and take none.
    """
    from interlock_cli.compiling import compiled
    from interlock_cli.errors import CommandError
    from interlock_cli.present.console import err
    from interlock_cli.sources import BUNDLE, units
    from interlock_dsl.program import bundle

    if output.suffix != BUNDLE:
        raise CommandError(f"`{output}` is not the name of a bundle", f"name one that ends in `{BUNDLE}`")
    found = units(targets)
    if any(unit.bundle is not None for unit in found):
        raise CommandError("a bundle is compiled already", "name the files that it was made of")
    first = found[0]
    first.entries = tuple(dict.fromkeys(entry for unit in found for entry in unit.entries))
    for unit in found[1:]:
        first.given.update(unit.given)
    program = compiled(first)
    try:
        data = bundle.dump(program)
    except bundle.BundleError as problem:
        raise CommandError(f"no bundle can be written: {problem}") from problem
    aside = output.with_name(f".{output.name}.{os.getpid()}.new")
    try:
        aside.write_bytes(data)
        aside.replace(output)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise CommandError(f"cannot write `{output}`: {(error.strerror or str(error)).lower()}") from error
    err().print(f"{output}: {len(data):,} bytes, program {program.digest[:12]}", style="quiet")
    return ExitCode.CLEAN
