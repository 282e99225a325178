"""Arguments and options that several verbs share, so that they are called and explained the same everywhere."""

from collections.abc import Callable
from enum import StrEnum
from functools import update_wrapper
from pathlib import Path
from typing import TypeVar

import click

from interlock_cli.run_options import Format, RunOptions

Function = TypeVar("Function", bound=Callable[..., object])
Decorator = Callable[[Function], Function]
Choice = TypeVar("Choice", bound=StrEnum)

A_FILE = click.Path(path_type=Path)
A_RUN = "A run: its id, the beginning of it, or `last`"

targets: Decorator[Callable[..., int]] = click.argument(
    "targets",
    nargs=-1,
    metavar="[FILE|FOLDER]...",
    help="What to look at; `-` is standard input. Default: the project's files.",
)
target: Decorator[Callable[..., int]] = click.argument(
    "target", required=False, metavar="[FILE|FOLDER]", help="The program. Default: the project's files."
)
run_id: Decorator[Callable[..., int]] = click.argument("run", metavar="RUN", help=f"{A_RUN}.")
optional_run_id: Decorator[Callable[..., int]] = click.argument(
    "run", default="last", metavar="[RUN]", help=f"{A_RUN} (the default)."
)
which: Decorator[Callable[..., int]] = click.argument(
    "which",
    default="",
    metavar="[WHICH]",
    help="Which request, if the run has several: its id, or its step.",
)
who: Decorator[Callable[..., int]] = click.option(
    "--as", "name", required=True, metavar="NAME", envvar="INTERLOCK_AS", show_envvar=True, help="Who you are."
)
role: Decorator[Callable[..., int]] = click.option(
    "--role", default="", metavar="ROLE", help="The role you act in. Default: the one that is asked."
)
reason: Decorator[Callable[..., int]] = click.option(
    "--reason", default="", metavar="TEXT", help="Why; it is recorded."
)
project: Decorator[Callable[..., int]] = click.option(
    "--project",
    type=A_FILE,
    metavar="DIR",
    envvar="INTERLOCK_PROJECT",
    show_envvar=True,
    help="The project's folder. Default: upwards from here.",
)
journal: Decorator[Callable[..., int]] = click.option(
    "--journal",
    type=A_FILE,
    metavar="FILE",
    envvar="INTERLOCK_JOURNAL",
    show_envvar=True,
    help="The journal. Default: the project's.",
)


def output_format(
    kinds: type[Choice], help: str = "How to print.", *, default: Choice | None = None, envvar: str | None = None
) -> Decorator[Callable[..., int]]:
    """Return the option `--format`, which takes one of `kinds`; a verb gets the member, or None without a default."""

    def chosen(context: click.Context, parameter: click.Parameter, value: str | None) -> Choice | None:
        return None if value is None else kinds(value)

    return click.option(
        "--format",
        type=click.Choice([str(kind) for kind in kinds]),
        default=None if default is None else str(default),
        show_default=default is not None,
        envvar=envvar,
        show_envvar=envvar is not None,
        callback=chosen,
        help=help,
    )


def drives(verb: Callable[..., int]) -> Callable[..., int]:
    """Give a verb the options of all that drives a run. It gets them as one `RunOptions`: its parameter `options`."""

    def with_options(
        *,
        answers: Path | None,
        live: bool,
        model: tuple[str, ...],
        tools: Path | None,
        change_answers: bool,
        project: Path | None,
        journal: Path | None,
        progress: bool | None,
        format: Format,
        **own: object,
    ) -> int:
        options = RunOptions(
            project, journal, tools, answers, live or bool(model), model, change_answers, progress, format
        )
        return verb(**own, options=options)

    decorated: Callable[..., int] = update_wrapper(with_options, verb)
    for option in reversed(_RUN_OPTIONS):
        decorated = option(decorated)
    return decorated


_RUN_OPTIONS: tuple[Decorator[Callable[..., int]], ...] = (
    click.option(
        "--answers",
        type=A_FILE,
        metavar="FILE",
        help="Answers in place of models. Default: INTERLOCK_ANSWERS, the project's.",
    ),
    click.option("--live", is_flag=True, help="Ask the models of the project's settings, not recorded answers."),
    click.option(
        "--model",
        multiple=True,
        metavar="NAME=PROVIDER:MODEL",
        help="What stands behind a model's name; means `--live`.",
    ),
    click.option(
        "--change-answers",
        is_flag=True,
        help="Go on with other answers, or models, than the run was started with; it is recorded.",
    ),
    click.option(
        "--tools",
        type=A_FILE,
        metavar="FILE",
        help="The Python file with `toolbox`. Default: INTERLOCK_TOOLS, the project's.",
    ),
    project,
    journal,
    click.option(
        "--progress/--no-progress",
        default=None,
        help="Follow the run line by line. Default: if this is a terminal.",
    ),
    output_format(Format, "How to print where the run stands.", default=Format.HUMAN),
)
