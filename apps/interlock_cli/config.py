"""The settings of a project: `interlock.toml`, or `[tool.interlock]` in pyproject.toml.

Anything unknown or of the wrong kind is refused: a setting that is silently not applied is worse than none.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from interlock_cli.fault import Fault, did_you_mean


class Settings(BaseModel):
    """What a project can set. Paths are relative to the file they are written in; models are `provider:model`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    files: list[str] = Field(default_factory=list, description="the .ilk files that make up the program")
    tools: str | None = Field(None, description="the Python file that defines `toolbox`")
    answers: str | None = Field(None, description="recorded answers of models, for running without one")
    journal: str | None = Field(None, description="the journal's file")
    models: dict[str, str] = Field(default_factory=dict, description="what the names of models stand for")


def read(path: Path) -> Settings | None:
    """Read the settings of a file, or None if it is a pyproject.toml that has none.

    Raises Fault if it is not TOML, or a setting is unknown or of the wrong kind.
    """
    try:
        table: object = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise Fault(f"`{path}` is not valid TOML: {_lowered(str(error))}") from error
    except UnicodeDecodeError as error:
        raise Fault(f"`{path}` is not UTF-8 text") from error
    if path.name == "pyproject.toml":
        table = _inner(_inner(table, "tool"), "interlock")
        if table is None:
            return None
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        raise _complaint(path, error) from error


def _inner(table: object, key: str) -> object:
    return table.get(key) if isinstance(table, Mapping) else None


def _complaint(path: Path, error: ValidationError) -> Fault:
    first = error.errors(include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return Fault(f"`{path}` sets `{name}`, which is not a setting", did_you_mean(name, list(Settings.model_fields)))
    found = first["input"]
    kind = EXPECTED.get(first["type"], "something else")
    return Fault(f"`{path}` sets `{name}` to `{found}`, where {kind} was expected", _example(name))


EXPECTED = {
    "string_type": "a text in quotes",
    "list_type": "a list of texts",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}


def _example(name: str) -> str:
    examples = {
        "files": 'files = ["refund.ilk"]',
        "tools": 'tools = "tools.py"',
        "answers": 'answers = "answers.yaml"',
        "journal": 'journal = ".interlock/journal.sqlite"',
        "models": '[models]\nsmall = "openai:gpt-5-mini"',
    }
    return "write " + examples.get(name.split(".")[0], examples["files"]).replace("\n", " and below it ")


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]
