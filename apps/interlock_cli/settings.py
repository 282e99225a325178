"""The settings of a project: `interlock.toml`, or `[tool.interlock]` in pyproject.toml.

Anything unknown or of the wrong kind is refused: a setting that is silently not applied is worse than none. What is
checked here by hand takes no library, since nearly every verb reads the settings before anything else.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from interlock_cli.documents import toml_document
from interlock_cli.errors import CommandError, did_you_mean
from interlock_cli.text_files import MOST_SETTINGS, read_text

Wrong: TypeAlias = tuple[tuple[str, ...], object]
"""The keys that lead to what is wrong in a setting (none: all of it), and what stands there."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a project can set. Paths are relative to the file they are written in."""

    files: list[str] = field(default_factory=list)
    tools: str | None = None
    answers: str | None = None
    journal: str | None = None
    strict: bool = False
    models: dict[str, str] = field(default_factory=dict)
    prices: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a setting takes: in words, how it is checked, and as JSON Schema."""

    words: str
    wrong: Callable[[object], Wrong | None]
    schema: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its kind, its default, an example, and what it is for."""

    kind: Kind
    default: object
    example: str
    description: str


def _text(value: object) -> Wrong | None:
    return None if isinstance(value, str) else ((), value)


def _texts(value: object) -> Wrong | None:
    if not isinstance(value, list):
        return (), value
    return next((((str(at),), each) for at, each in enumerate(value) if not isinstance(each, str)), None)


def _flag(value: object) -> Wrong | None:
    return None if isinstance(value, bool) else ((), value)


def _table_of_texts(value: object) -> Wrong | None:
    if not isinstance(value, dict):
        return (), value
    return next((((key,), each) for key, each in value.items() if not isinstance(each, str)), None)


def _table_of_prices(value: object) -> Wrong | None:
    if not isinstance(value, dict):
        return (), value
    for key, each in value.items():
        if not isinstance(each, list):
            return (key,), each
        for at, price in enumerate(each):
            if isinstance(price, bool) or not isinstance(price, int | float) or not 0 <= price < math.inf:
                return (key, str(at)), price
        if len(each) != 2:
            return (key,), each
    return None


_PRICES: Final = {"items": {"minimum": 0, "type": "number"}, "maxItems": 2, "minItems": 2, "type": "array"}
A_TEXT: Final = Kind("a text", _text, {"anyOf": [{"type": "string"}, {"type": "null"}]})
TEXTS: Final = Kind("a list of texts", _texts, {"items": {"type": "string"}, "type": "array"})
A_FLAG: Final = Kind("true or false", _flag, {"type": "boolean"})
TABLE_OF_TEXTS: Final = Kind(
    "a table of texts", _table_of_texts, {"additionalProperties": {"type": "string"}, "type": "object"}
)
TABLE_OF_PRICES: Final = Kind(
    "a table of two numbers each", _table_of_prices, {"additionalProperties": _PRICES, "type": "object"}
)

SETTINGS: Final[Mapping[str, Setting]] = {
    "files": Setting(
        TEXTS, [], '`files = ["refund.ilk"]`', "The .ilk files of the program. Without it, each is a program."
    ),
    "tools": Setting(
        A_TEXT, None, '`tools = "tools.py"`', "The Python file that defines `toolbox`. Default: tools.py."
    ),
    "answers": Setting(
        A_TEXT, None, '`answers = "answers.yaml"`', "Recorded answers in place of models. Default: answers.yaml."
    ),
    "journal": Setting(
        A_TEXT,
        None,
        '`journal = ".interlock/journal.sqlite"`',
        "The journal's file. Default: .interlock/journal.sqlite.",
    ),
    "strict": Setting(
        A_FLAG,
        False,
        "`strict = true`",
        "Whether `check` reports what is neither certain nor shown with a witness.",
    ),
    "models": Setting(
        TABLE_OF_TEXTS,
        {},
        '`[models]` and below it `small = "openai:gpt-5-mini"`',
        "What models' names stand for, as `provider:model`.",
    ),
    "prices": Setting(
        TABLE_OF_PRICES,
        {},
        "`[prices]` and below it `small = [0.25, 2.0]`",
        "What a million tokens in, and out, of a model cost, in the file's currency.",
    ),
}
"""Every setting by its name."""


def read(path: Path) -> Settings | None:
    """Read the settings of a file, or None if it is a pyproject.toml that has none.

    Raises CommandError if it cannot be read, is not TOML, or a setting is unknown or of the wrong kind.
    """
    table = toml_document(read_text(path, MOST_SETTINGS, f"`{path}`"), f"`{path}`")
    if path.name == "pyproject.toml":
        table = _inner(_inner(table, "tool"), "interlock")
        if table is None:
            return None
    if not isinstance(table, dict):
        said = f"`{path}` sets `tool.interlock` to {_described(table)}, where a table was expected"
        raise CommandError(said, "write [tool.interlock]")
    check(path, table)
    return Settings(**table)


def schema() -> dict[str, object]:
    """Return the JSON Schema of the settings."""
    return {
        "additionalProperties": False,
        "description": (Settings.__doc__ or "").strip(),
        "properties": {name: _described_as_schema(name, setting) for name, setting in SETTINGS.items()},
        "title": "interlock.toml",
        "type": "object",
    }


def _described_as_schema(name: str, setting: Setting) -> dict[str, object]:
    said = {"default": setting.default, "description": setting.description, "title": name.capitalize()}
    return dict(sorted({**setting.kind.schema, **said}.items()))


def check(path: Path, table: Mapping[str, object]) -> None:
    """Raise CommandError if a setting of a file is unknown or of the wrong kind."""
    for name, setting in SETTINGS.items():
        wrong = setting.kind.wrong(table[name]) if name in table else None
        if wrong is not None:
            inner, given = wrong
            said = f"`{path}` sets `{'.'.join([name, *inner])}` to {_described(given)}, where "
            said += f"`{name}` is {setting.kind.words}" if inner else f"{setting.kind.words} was expected"
            raise CommandError(said, f"write {setting.example}")
    for name in table:
        if name not in SETTINGS:
            raise CommandError(f"`{path}` sets `{name}`, which is not a setting", did_you_mean(name, list(SETTINGS)))


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
