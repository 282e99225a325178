"""Scripts of answers: their form as types, from which pydantic validates them and publishes a JSON Schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias, cast

from annotated_types import MinLen

from interlock.errors import InvalidInput
from interlock_dsl.diagnostics.spelling import nearest
from interlock_dsl.schema import json_value
from interlock_dsl.schema.json_value import Json

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SOMEONE: Final = "someone"
"""Who answers in place of a person whom the script does not name."""

Text: TypeAlias = Annotated[str, MinLen(1)]
Calls: TypeAlias = Annotated[dict[Text, Json], MinLen(1)]


@dataclass(frozen=True, slots=True)
class AnswersTurn:
    """The step's answer, and by whom, where a person is asked."""

    answers: Json
    by: Text = SOMEONE


@dataclass(frozen=True, slots=True)
class CallsTurn:
    """Calls of tools: arguments by the tool's name; a list of such, for one tool twice."""

    calls: Calls | Annotated[list[Calls], MinLen(1)]


@dataclass(frozen=True, slots=True)
class FailsTurn:
    """No reply, and why."""

    fails: Text


Turn: TypeAlias = AnswersTurn | CallsTurn | FailsTurn
Script: TypeAlias = dict[str, Turn | list[Turn]]

_KINDS: Final[Mapping[str, type[Turn]]] = {"answers": AnswersTurn, "calls": CallsTurn, "fails": FailsTurn}
_FIELDS: Final = ("answers", "calls", "fails", "by")


@cache
def _adapter() -> "TypeAdapter[Turn]":
    """Return what validates turns. pydantic loads slowly, so it is imported when the first turn is there."""
    from pydantic import ConfigDict, TypeAdapter

    return TypeAdapter(Turn, config=ConfigDict(extra="forbid"))


def script_schema() -> dict[str, object]:
    """Return the JSON Schema (2020-12) of scripts."""
    from pydantic import ConfigDict, TypeAdapter

    return TypeAdapter(Script, config=ConfigDict(extra="forbid")).json_schema()


def decode(script: object) -> dict[str, tuple[Turn, ...]]:
    """Return the turns of each step. Raises `InvalidInput`, naming the step and the turn."""
    decoded: dict[str, tuple[Turn, ...]] = {}
    for step, given in _mapping(script, "a script").items():
        listed = cast("list[object]", given) if isinstance(given, list | tuple) else [given]
        decoded[str(step)] = tuple(_turn(f"`{step}`, turn {at}", each) for at, each in enumerate(listed, 1))
    return decoded


def _turn(place: str, given: object) -> Turn:
    fields = _mapping(given, place)
    kinds = [kind for kind in _KINDS if kind in fields]
    surplus = [str(name) for name in fields if name not in _FIELDS]
    if len(kinds) != 1 or surplus or ("by" in fields and kinds != ["answers"]):
        near = next(filter(None, (nearest(name, _FIELDS) for name in surplus)), None)
        hint = f"; did you mean `{near}`?" if near else ""
        raise InvalidInput(
            f"scripted answers: {place}: expected one of `answers` (with `by`, for a person), `calls` or `fails`, "
            f"got {', '.join(str(name)[:40] for name in fields) or 'nothing'}{hint}"
        )
    try:
        plain = json_value(fields)
    except ValueError as problem:
        raise InvalidInput(f"scripted answers: {place}: {problem}") from None
    return _validated(place, kinds[0], cast("dict[str, Json]", plain))


def _validated(place: str, kind: str, fields: dict[str, Json]) -> Turn:
    from pydantic import ValidationError

    try:
        return _adapter().validate_python(fields)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
    # A union reports what is wrong with each of its members; the last one is about the innermost place.
    found = [each for each in found if each["loc"][0] == _KINDS[kind].__name__]
    first = next((each for each in found if each["type"] == "too_short"), found[-1])
    field = str(first["loc"][1])
    if field != "calls":
        raise InvalidInput(f"scripted answers: {place}, {field}: expected text, got {_described(first['input'])}")
    if first["type"] == "too_short":
        raise InvalidInput(f"scripted answers: {place}: `calls` names no tool")
    raise InvalidInput(f"scripted answers: {place}, calls: expected a mapping, got {_described(first['input'])}")


def _mapping(given: object, place: str) -> Mapping[object, object]:
    if not isinstance(given, Mapping):
        raise InvalidInput(f"scripted answers: {place}: expected a mapping, got {_described(given)}")
    return cast("Mapping[object, object]", given)


def _described(given: object) -> str:
    match given:
        case None:
            return "nothing"
        case str() | int() | float() | bool():
            return f"`{str(given)[:60]}`"
        case list() | tuple():
            return "a list"
        case _:
            return "a mapping" if isinstance(given, Mapping) else f"a {type(given).__name__}"
