"""Options that several verbs share, so that they are called and explained the same everywhere."""

from collections.abc import Callable
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated

import typer

from interlock_cli.manner import Format, Manner

Targets = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FILE|FOLDER]...", help="What to look at; `-` is standard input. Default: the project's files."
    ),
]
Target = Annotated[
    str | None, typer.Argument(metavar="[FILE|FOLDER]", help="The program. Default: the project's files.")
]
Workflow = Annotated[
    str, typer.Option("--workflow", "-w", metavar="NAME", help="Which workflow. Default: the only one.")
]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run: its id, the beginning of it, or `last`.")]
OptionalRunId = Annotated[
    str, typer.Argument(metavar="[RUN]", help="A run: its id, the beginning of it, or `last` (the default).")
]
Which = Annotated[
    str, typer.Argument(metavar="[WHICH]", help="Which request, if the run has several: its id, or its step.")
]
Who = Annotated[str, typer.Option("--as", metavar="NAME", envvar="INTERLOCK_AS", help="Who you are.")]
Role = Annotated[
    str, typer.Option("--role", metavar="ROLE", help="The role you act in. Default: the one that is asked.")
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is recorded.")]
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
Tools = Annotated[
    Path | None,
    typer.Option(
        "--tools",
        metavar="FILE",
        help="The Python file with `toolbox`. Default: INTERLOCK_TOOLS, the project's.",
    ),
]
Answers = Annotated[
    Path | None,
    typer.Option(
        "--answers",
        metavar="FILE",
        help="Answers in place of models. Default: INTERLOCK_ANSWERS, the project's.",
    ),
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
How = Annotated[Format, typer.Option("--format", help="How to print where the run stands.")]


def drives(verb: Callable[..., int]) -> Callable[..., int]:
    """Give a verb the options of all that drives a run. It gets them as one `Manner`: its parameter `manner`."""
    own = [each for name, each in signature(verb).parameters.items() if name != "manner"]
    shared = signature(_manner).parameters.values()

    def with_options(**given: object) -> int:
        manner = _manner(**{each.name: given.pop(each.name) for each in shared})  # type: ignore[arg-type]
        return verb(**given, manner=manner)

    both = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in (*own, *shared)]
    with_options.__dict__["__signature__"] = signature(verb).replace(parameters=both)
    with_options.__doc__ = verb.__doc__
    return with_options


def _manner(
    answers: Answers = None,
    live: Live = False,
    model: Models = None,
    tools: Tools = None,
    project: ProjectFolder = None,
    journal: Journal = None,
    progress: Progress = None,
    format: How = Format.HUMAN,
) -> Manner:
    return Manner(project, journal, tools, answers, live or bool(model), tuple(model or ()), progress, format)
