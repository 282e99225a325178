"""What a service hands in, as a journal can hold it."""

from collections.abc import Mapping
from typing import cast

from interlock.errors import InvalidInput, abridged
from interlock.run.protocol.events import Json
from interlock.runtime.bounds import bounded_json, check_bounds
from interlock.runtime.values import to_json
from interlock_dsl.schema import json_value


def recorded_arguments(given: object) -> tuple[Json, str]:
    """Return raw arguments as JSON, and why they cannot be (empty if they can): then the call is denied."""
    try:
        return bounded_json("the arguments", given), ""
    except ValueError as problem:
        return None, f"the arguments cannot be recorded: {problem}"


def recorded_result(given: object) -> Json:
    """Return what a tool's function returned as JSON. Raises ValueError for what JSON cannot say, or is too large."""
    try:
        check_bounds("the result", given)
        converted = to_json(given)
    except ValueError:
        raise
    except Exception as error:
        # What a value of the author's own raises while it is read may say anything.
        raise ValueError(f"reading it raised {type(error).__name__}") from None
    return json_value(converted)


def recorded_context(given: Mapping[str, object] | None) -> Mapping[str, Json] | None:
    """Return the context of a session as JSON. Raises `InvalidInput` for what JSON cannot say, or is too large."""
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise InvalidInput(f"the context is no mapping from fields to values: {abridged(given)}")
    try:
        return cast("dict[str, Json]", bounded_json("the context", dict(given)))
    except ValueError as problem:
        raise InvalidInput(f"the context cannot be recorded: {problem}") from None
