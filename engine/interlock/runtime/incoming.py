"""What comes in from outside, in the form in which it is recorded: inputs, answers, names of people."""

from collections.abc import Mapping
from typing import cast

from interlock.errors import InvalidInput, Refused, abridged
from interlock.run.protocol.events import Json
from interlock.runtime.bounds import check_bounds
from interlock_dsl.schema import json_value
from interlock_dsl.schema.person import UnusableName, entered


def recorded_input(given: Mapping[str, object], what: str = "the input") -> Mapping[str, Json]:
    """Return the input of a run (or `what` it is) as JSON.

    Raises `InvalidInput` for what JSON cannot say, or is too large.
    """
    if not isinstance(given, Mapping):
        raise InvalidInput(f"{what} is no mapping from names to values: {abridged(given)}")
    try:
        check_bounds(what, given)
        return cast("dict[str, Json]", json_value(dict(given)))
    except ValueError as problem:
        raise InvalidInput(f"{what} cannot be recorded: {problem}") from None


def recorded_context(given: Mapping[str, object] | None) -> Mapping[str, Json] | None:
    """Return what is said of the circumstances of a run as JSON; raises `InvalidInput` like `recorded_input`."""
    return None if given is None else recorded_input(given, "the context")


def recorded_answer(given: object) -> Json:
    """Return a person's answer as JSON. Raises `Refused` for what JSON cannot say, or is too large."""
    try:
        check_bounds("the answer", given)
        return json_value(given)
    except ValueError as problem:
        raise Refused(f"the answer cannot be recorded: {problem}") from None


def recorded_name(by: str) -> tuple[str, str]:
    """Return a person's name as names are compared, and as typed where that differs.

    Raises `Refused` for a name with a character that cannot be seen.
    """
    try:
        return entered(by)
    except UnusableName as unusable:
        raise Refused(str(unusable)) from None
