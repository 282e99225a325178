"""What comes in from outside, in the form in which it is recorded: inputs, answers, names of people."""

from collections.abc import Mapping
from typing import Final, cast

from interlock.errors import InvalidInput, Refused, abridged
from interlock.run.protocol.events import Json
from interlock.runtime.bounds import bounded_json, check_bounds
from interlock_dsl.schema import json_value
from interlock_dsl.schema.person import UnusableName, entered

_SHORT: Final = 1_000
"""Characters of text that is recorded as it is, if they are ASCII."""


def recorded_input(given: Mapping[str, object], what: str = "the input") -> Mapping[str, Json]:
    """Return the input of a run (or `what` it is) as JSON.

    Raises `InvalidInput` for what JSON cannot say, or is too large.
    """
    if not isinstance(given, Mapping):
        raise InvalidInput(f"{what} is no mapping from names to values: {abridged(given)}")
    try:
        return cast("dict[str, Json]", bounded_json(what, dict(given)))
    except ValueError as problem:
        raise InvalidInput(f"{what} cannot be recorded: {problem}") from None


def recorded_context(given: Mapping[str, object] | None) -> Mapping[str, Json] | None:
    """Return what is said of the circumstances of a run as JSON; raises `InvalidInput` like `recorded_input`."""
    return None if given is None else recorded_input(given, "the context")


def recorded_answer(given: object, what: str = "the answer") -> Json:
    """Return a person's answer (or `what` it is) as JSON.

    Raises `Refused` for what JSON cannot say, or is too large.
    """
    try:
        return bounded_json(what, given)
    except ValueError as problem:
        raise Refused(f"{what} cannot be recorded: {problem}") from None


def recorded_text(what: str, given: object) -> str:
    """Return a text. Raises TypeError for another type, `InvalidInput` for what is too large or no valid Unicode."""
    if not isinstance(given, str):
        raise TypeError(f"{what}: expected text, got {abridged(given)}")
    if given.__class__ is str and len(given) <= _SHORT and given.isascii():
        return given
    try:
        check_bounds(what, given)
        return cast(str, json_value(given))
    except ValueError as problem:
        raise InvalidInput(f"{what} cannot be recorded: {problem}") from None


def recorded_name(by: str, *said: str) -> tuple[str, str]:
    """Return a person's name as names are compared, and as typed where that differs.

    `said` is what else is recorded of what they did. Raises `Refused` for a name with a character that cannot be seen,
    and like `recorded_text` for what is no text.
    """
    for each in said:
        recorded_text("an answer", each)
    if not isinstance(by, str):
        raise TypeError(f"a person's name: expected text, got {abridged(by)}")
    try:
        return entered(by)
    except UnusableName as unusable:
        raise Refused(str(unusable)) from None
