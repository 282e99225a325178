"""The settings of a project: `interlock.toml`, or `[tool.interlock]` in pyproject.toml.

Anything unknown or of the wrong kind is refused: a setting that is silently not applied is worse than none.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from interlock_cli.documents import toml_document
from interlock_cli.errors import CommandError, did_you_mean
from interlock_cli.text_files import MOST_SETTINGS, read_text

Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Settings(BaseModel):
    """What a project can set. Paths are relative to the file they are written in."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, title="interlock.toml")

    files: list[str] = Field([], description="The .ilk files of the program. Without it, each is a program.")
    tools: str | None = Field(None, description="The Python file that defines `toolbox`. Default: tools.py.")
    answers: str | None = Field(None, description="Recorded answers in place of models. Default: answers.yaml.")
    journal: str | None = Field(None, description="The journal's file. Default: .interlock/journal.sqlite.")
    strict: bool = Field(False, description="Whether `check` reports what is neither certain nor shown with a witness.")
    models: dict[str, str] = Field({}, description="What models' names stand for, as `provider:model`.")
    prices: dict[str, Annotated[list[Price], Field(min_length=2, max_length=2)]] = Field(
        {}, description="What a million tokens in, and out, of a model cost, in the file's currency."
    )


EXPECTED: Final[Mapping[str, tuple[str, str]]] = {
    "files": ("a list of texts", '`files = ["refund.ilk"]`'),
    "tools": ("a text", '`tools = "tools.py"`'),
    "answers": ("a text", '`answers = "answers.yaml"`'),
    "journal": ("a text", '`journal = ".interlock/journal.sqlite"`'),
    "strict": ("true or false", "`strict = true`"),
    "models": ("a table of texts", '`[models]` and below it `small = "openai:gpt-5-mini"`'),
    "prices": ("a table of two numbers each", "`[prices]` and below it `small = [0.25, 2.0]`"),
}
"""What each setting takes, and an example: the words of its error."""


def read(path: Path) -> Settings | None:
    """Read the settings of a file, or None if it is a pyproject.toml that has none.

    Raises CommandError if it cannot be read, is not TOML, or a setting is unknown or of the wrong kind.
    """
    table = toml_document(read_text(path, MOST_SETTINGS, f"`{path}`"), f"`{path}`")
    if path.name == "pyproject.toml":
        table = _inner(_inner(table, "tool"), "interlock")
        if table is None:
            return None
    if not isinstance(table, Mapping):
        said = f"`{path}` sets `tool.interlock` to {_described(table)}, where a table was expected"
        raise CommandError(said, "write [tool.interlock]")
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
    name, *inner = map(str, first["loc"])
    if name not in EXPECTED:
        raise CommandError(f"`{path}` sets `{name}`, which is not a setting", did_you_mean(name, list(EXPECTED)))
    expected, example = EXPECTED[name]
    given: object = first["input"]
    said = f"`{path}` sets `{'.'.join([name, *inner])}` to {_described(given)}, where "
    said += f"`{name}` is {expected}" if inner else f"{expected} was expected"
    raise CommandError(said, f"write {example}")


def _inner(table: object, key: str) -> object:
    return table.get(key) if isinstance(table, Mapping) else None


def _described(value: object) -> str:
    """Return a value in few words, however large it is."""
    match value:
        case bool() | float():
            return f"`{value}`".lower()
        case int():
            return f"`{value}`" if abs(value) < 10**18 else "a number"
        case str():
            return f"`{value}`" if len(value) <= 60 else "a long text"
        case list():
            return "a list"
        case Mapping():
            return "a table"
        case _:
            return "something else"
