"""The errors that expressions can end in, by the types of what they read alone."""

from collections.abc import Iterable, Iterator

from interlock_dsl.analysis.knowledge.places import Place
from interlock_dsl.analysis.values.clocks import SHOWN_BY_CLOCKS
from interlock_dsl.analysis.values.failing import Failing
from interlock_dsl.analysis.values.state import State
from interlock_dsl.cel.types import DYN

CLOCKS = (("now",), ("run", "started"))

KINDS = frozenset({"value", "rule", "grant", "event"})
"""What fails the step, the call or the event it belongs to, where it ends in an error."""


def failing(places: Iterable[Place]) -> Iterator[tuple[Place, frozenset[str]]]:
    """Yield the values, and conditions of rules, grants and events, that can end in an error, with the errors."""
    for place in places:
        errors = errors_of(place) if place.kind in KINDS else frozenset[str]()
        if errors:
            yield place, errors


def errors_of(place: Place) -> frozenset[str]:
    """Return the errors that an expression can end in, by the types of what it reads alone.

    None where the type of something is not known: the arguments of whichever of several tools is called.
    """
    if any(place.checked.scope.variables.get(name) == DYN for name in place.checked.variables):
        return frozenset()
    failing = Failing(place.checked)
    return failing.evaluate(failing.root, start(place))[1]


def start(place: Place) -> State:
    """Return what is known of the variables of an expression, by their types and what clocks show."""
    state = State(place.checked.scope.variables, place.checked.scope.optional_variables)
    for path in CLOCKS:
        if path[0] in place.checked.variables:
            state.narrow(path, SHOWN_BY_CLOCKS)
    return state
