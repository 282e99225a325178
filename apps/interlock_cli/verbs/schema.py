"""`interlock schema`: the JSON Schemas of what the command line reads and prints."""

import click

from interlock_cli.exit_codes import ExitCode


@click.command()
@click.argument("name", default="", metavar="[NAME]", help="Which schema. Default: list all.")
def verb(*, name: str) -> int:
    """Print the JSON Schema of a file that is read, or of an output.

    Without a name, every schema is listed with what it is of.
    """
    from interlock_cli.errors import CommandError, did_you_mean
    from interlock_cli.formats.schemas import SCHEMAS, schema
    from interlock_cli.present.output import json_text, write

    if not name:
        write("".join(f"{each:<12}{of}\n" for each, of in SCHEMAS.items()))
    elif name in SCHEMAS:
        write(json_text(schema(name)))
    else:
        raise CommandError(f"there is no schema `{name}`", did_you_mean(name, list(SCHEMAS)))
    return ExitCode.CLEAN
