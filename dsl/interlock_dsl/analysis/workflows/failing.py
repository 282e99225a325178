"""What `failure` is where it can be read: on routes taken on a trigger, and where all routes that lead there are."""

from collections.abc import Iterable, Mapping
from typing import Final

from interlock_dsl.analysis.links import Link
from interlock_dsl.cel.types import RecordType
from interlock_dsl.program.builtins import failure_type
from interlock_dsl.syntax.tree import Trigger

_GENERAL: Final[Mapping[Trigger, Trigger]] = {"timeout": "failure", "expiry": "denied"}
"""The trigger whose route is taken where a step has none for what happened."""


def failure_of(arriving: Iterable[Link], links: Iterable[Link]) -> RecordType | None:
    """Return the type of `failure` where some of the links of a workflow arrive; None if it may not be there."""
    steps: dict[str, None] = {}
    kinds: dict[str, None] = {}
    own: dict[str, set[Trigger]] | None = None
    for link in arriving:
        trigger = link.decl.trigger
        if trigger is None:
            return None
        if own is None:
            own = _triggers(links)
        for source in link.sources:
            steps.setdefault(source)
            kinds.update(dict.fromkeys(_kinds(trigger, own.get(source, set()))))
    return failure_type(tuple(sorted(steps)), tuple(sorted(kinds))) if steps else None


def _triggers(links: Iterable[Link]) -> dict[str, set[Trigger]]:
    found: dict[str, set[Trigger]] = {}
    for link in links:
        if link.decl.trigger is not None:
            for source in link.sources:
                found.setdefault(source, set()).add(link.decl.trigger)
    return found


def _kinds(trigger: Trigger, own: set[Trigger]) -> Iterable[str]:
    """Return what has happened to a step whose route on a trigger is taken, given the triggers it has routes for."""
    yield trigger
    yield from (each for each, general in _GENERAL.items() if general == trigger and each not in own)
    if trigger == "failure":
        yield "no-value"
