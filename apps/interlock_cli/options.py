"""Options that several verbs share, so that they are called and explained the same everywhere."""

from pathlib import Path
from typing import Annotated

import typer

Targets = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FILE|FOLDER]...", help="What to look at; `-` is standard input. Default: the project's files."
    ),
]
Target = Annotated[
    str | None, typer.Argument(metavar="[FILE|FOLDER]", help="The program. Default: the project's files.")
]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run: its id, the beginning of it, or `last`.")]
ProjectFolder = Annotated[
    Path | None,
    typer.Option(
        "--project", metavar="DIR", envvar="INTERLOCK_PROJECT", help="The project's folder. Default: upwards from here."
    ),
]
Journal = Annotated[
    Path | None,
    typer.Option("--journal", metavar="FILE", envvar="INTERLOCK_JOURNAL", help="The journal. Default: the project's."),
]
Who = Annotated[str, typer.Option("--as", metavar="NAME", envvar="INTERLOCK_AS", help="Who you are.")]
Role = Annotated[str, typer.Option("--role", metavar="ROLE", help="The role you act in.")]
Tools = Annotated[
    Path | None,
    typer.Option("--tools", metavar="FILE", help="The Python file that defines `toolbox`. Default: the project's."),
]
Answers = Annotated[
    Path | None,
    typer.Option("--answers", metavar="FILE", help="Recorded answers in place of models. Default: the project's."),
]
Live = Annotated[bool, typer.Option("--live", help="Ask the models of the project's settings, not recorded answers.")]
Models = Annotated[
    list[str] | None,
    typer.Option("--model", metavar="NAME=PROVIDER:MODEL", help="What stands behind a model's name; means `--live`."),
]
Progress = Annotated[
    bool | None,
    typer.Option("--progress/--no-progress", help="Follow the run line by line. Default: if this is a terminal."),
]
