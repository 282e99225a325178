"""From the words of a command line to the values a verb takes.

Typer reads options and writes the help. Converting values it leaves to pydantic, whose import alone takes longer than
many verbs; the few kinds of values that verbs take are converted here instead.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from inspect import Parameter, signature
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, TypeAlias, get_args

import typer
from typer.core import TyperArgument, TyperOption
from typer.main import get_command

if TYPE_CHECKING:
    from typer.models import Context

HELP = ["-h", "--help"]
Convert: TypeAlias = Callable[[str], object]
Word: TypeAlias = TyperArgument | TyperOption


def call(verb: Callable[..., int], name: str, args: Sequence[str]) -> object:
    """Call a verb with what stands on the command line, and return what it returns.

    Raises typer's usage errors.
    """
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command(name, context_settings={"help_option_names": HELP})(verb)
    command = get_command(app)
    parameters = signature(verb, eval_str=True).parameters
    shown_as = f"interlock {name}"
    for word in command.get_params(typer.Context(command, info_name=shown_as, help_option_names=HELP)):
        if isinstance(word, Word):
            _convert_here(word, parameters.get(word.name or ""))
    try:
        with command.make_context(shown_as, list(args)) as context:
            result: object = command.invoke(context)
    except typer.Exit as exit:  # after `--help`
        return exit.exit_code
    return result


def _convert_here(word: Word, parameter: Parameter | None) -> None:
    """Replace the conversion of a word's value, except that of a missing one, which typer reports.

    `parameter` is the verb's; None for the option that asks for help, which is a flag.
    """
    convert = str if parameter is None else _conversion(parameter)
    otherwise = word.process_value

    def process(ctx: "Context", given: object) -> object:
        match given:
            case None | () | []:
                return otherwise(ctx, given) if word.required else given
            case str():
                return convert(given)
            case tuple() | list():
                return [convert(each) if isinstance(each, str) else each for each in given]
            case _:
                return otherwise(ctx, given) if parameter is None else given

    vars(word)["process_value"] = process


def _conversion(parameter: Parameter) -> Convert:
    kind, *_ = get_args(parameter.annotation)  # of `Annotated[kind, ...]`
    kinds = [each for each in get_args(kind) if each is not NoneType] or [kind]
    if isinstance(kinds[0], type) and issubclass(kinds[0], Enum):
        return _choice(kinds[0])
    simple: dict[object, Convert] = {Path: Path, int: _int, bool: _bool}
    return simple.get(kinds[0], str)


def _choice(choices: type[Enum]) -> Convert:
    def convert(text: str) -> Enum:
        try:
            return choices(text)
        except ValueError:
            known = [str(each.value) for each in choices]
            listed = ", ".join(f"`{each}`" for each in known)
            raise typer.BadParameter(f"`{text}` is none of {listed}") from None

    return convert


def _int(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(f"`{text}` is not a whole number") from None


def _bool(text: str) -> bool:
    return text.casefold() not in ("", "0", "false", "no", "off")
