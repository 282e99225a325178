"""The settings of a project: `interlock.toml`, or `[tool.interlock]` in pyproject.toml.

Anything unknown or of the wrong kind is refused: a setting that is silently not applied is worse than none.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import TypeGuard

from interlock_cli.errors import CommandError, did_you_mean


@dataclass(frozen=True)
class Settings:
    """What a project can set. Paths are relative to the file they are written in; models are `provider:model`,
    prices what a million tokens in and out cost.
    """

    files: list[str] = field(default_factory=list)
    tools: str | None = None
    answers: str | None = None
    journal: str | None = None
    models: dict[str, str] = field(default_factory=dict)
    prices: dict[str, tuple[float, float]] = field(default_factory=dict)


def read(path: Path) -> Settings | None:
    """Read the settings of a file, or None if it is a pyproject.toml that has none.

    Raises CommandError if it is not TOML, or a setting is unknown or of the wrong kind.
    """
    try:
        table: object = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        raise CommandError(f"`{path}` is not valid TOML: {said[:1].lower()}{said[1:]}") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"`{path}` is not UTF-8 text") from error
    if path.name == "pyproject.toml":
        table = _inner(_inner(table, "tool"), "interlock")
        if table is None:
            return None
    if not isinstance(table, Mapping):
        raise CommandError(
            f"`{path}` sets `tool.interlock` to `{table}`, where a table was expected", "write [tool.interlock]"
        )
    return _settings(path, table)


def _settings(path: Path, table: Mapping[str, object]) -> Settings:
    for name, value in table.items():
        if name not in KINDS:
            raise CommandError(f"`{path}` sets `{name}`, which is not a setting", did_you_mean(name, list(KINDS)))
        fits, expected, example = KINDS[name]
        if not fits(value):
            raise CommandError(
                f"`{path}` sets `{name}` to `{value}`, where {expected} was expected", f"write {example}"
            )
    files, models, prices = table.get("files", []), table.get("models", {}), table.get("prices", {})
    texts = {name: value for name in ("tools", "answers", "journal") if _is_text(value := table.get(name))}
    return Settings(
        files if _is_texts(files) else [],
        **texts,
        models=models if _is_texts_by_name(models) else {},
        prices={name: (each[0], each[1]) for name, each in prices.items()} if _is_prices(prices) else {},
    )


def _inner(table: object, key: str) -> object:
    return table.get(key) if isinstance(table, Mapping) else None


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str)


def _is_texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_texts_by_name(value: object) -> TypeGuard[dict[str, str]]:
    return isinstance(value, dict) and all(map(_is_text, value.values()))


def _is_price(value: object) -> TypeGuard[list[float]]:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(each, int | float) and not isinstance(each, bool) and 0 <= each < inf for each in value)
    )


def _is_prices(value: object) -> TypeGuard[dict[str, list[float]]]:
    return isinstance(value, dict) and all(map(_is_price, value.values()))


KINDS: Mapping[str, tuple[Callable[[object], bool], str, str]] = {
    "files": (_is_texts, "a list of texts", '`files = ["refund.ilk"]`'),
    "tools": (_is_text, "a text", '`tools = "tools.py"`'),
    "answers": (_is_text, "a text", '`answers = "answers.yaml"`'),
    "journal": (_is_text, "a text", '`journal = ".interlock/journal.sqlite"`'),
    "models": (_is_texts_by_name, "a table of texts", '`[models]` and below it `small = "openai:gpt-5-mini"`'),
    "prices": (_is_prices, "a table of two numbers each", "`[prices]` and below it `small = [0.25, 2.0]`"),
}
"""Each setting: what is accepted, how that is called, and an example."""
