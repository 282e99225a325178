"""What a step of a rehearsed run gives: what it is given, or what leads along the way."""

from collections.abc import Callable, Mapping
from typing import Final

from interlock_dsl.analysis.knowledge.computed import cases
from interlock_dsl.analysis.knowledge.groups import Group
from interlock_dsl.analysis.rehearsal.choosing import Stopped, choose
from interlock_dsl.analysis.rehearsal.itinerary import Course, Itinerary
from interlock_dsl.analysis.rehearsal.script import Unrehearsed
from interlock_dsl.cel.types import Type
from interlock_dsl.schema import sample

MOST_TRIED: Final = 4
"""Routes that a value is looked for, to be led along."""


class Answers:
    """What models, tools and people give."""

    def __init__(self, course: Course, way: Itinerary) -> None:
        self._questions = course.questions
        self._bindings = course.bindings
        self._way = way

    def own(self, source: str) -> Group | None:
        """Return the group of the ordinary routes that leave a step or `start` alone."""
        return next(iter(self._questions.arrivals.own(source)), None)

    def stops(self, name: str, values: Mapping[str, object]) -> bool:
        """Say whether the value that is given for a step leaves its routes without a value, which is a failure too."""
        own = self.own(name)
        if name not in self._bindings or own is None:
            return False
        return isinstance(choose(own, {**values, name: self._bindings[name]}), Stopped)

    def event(
        self, name: str, type: Type, visits: int, values: Mapping[str, object], fits: Callable[[object], bool]
    ) -> object:
        """Return the data of an event that a step takes, as `fits` says. Raises `Unrehearsed` where none is found."""
        value = self.of(name, type, visits, values)
        if fits(value):
            return value
        (taken,) = cases(name, self._questions.workflow, self._questions.facts)
        own = self.own(name)
        after = [own.taken(route) for route in own.routes[:MOST_TRIED]] if own is not None else []
        for statements in (*after, ()):
            found = self._questions.answer(name, type, (*taken, *statements), values)
            if found is not None and fits(found):
                return found
        raise Unrehearsed("no event is found that the step takes")

    def of(self, name: str, type: Type, visits: int, values: Mapping[str, object]) -> object:
        """Return what a step gives: as it is given for the last time on the way, else what leads along the way."""
        if name in self._bindings and visits >= self._way.visits(name):
            return self._bindings[name]
        own, wanted = self.own(name), self._way.next(name)
        value = sample(type)
        if own is None or (wanted is not None and wanted.link.decl.trigger is not None):
            return value
        routes = own.routes if wanted is None else [route for route in own.routes if wanted in (route, route.out)]
        if not routes or choose(own, {**values, name: value}) in routes:
            return value
        for route in routes[:MOST_TRIED]:
            found = self._questions.answer(name, type, own.taken(route), values)
            if found is not None and choose(own, {**values, name: found}) is route:
                return found
        return value
