"""`reaches E`: whether from every step that a run can be at some answers still lead to the end.

It is shown by runs: each is rehearsed with answers that lead to the end, and shows it of all steps it comes by. For
a step that no run so far came by, a way to it is continued by the shortest way on to the end. A step from which no
routes lead there refutes the promise, with a run that comes to that step.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from networkx import ancestors

from interlock_dsl.analysis.facts import ReachesFacts, RouteFacts
from interlock_dsl.analysis.knowledge.arrivals import Arrival
from interlock_dsl.analysis.knowledge.inside import inner_steps
from interlock_dsl.analysis.knowledge.known import Way
from interlock_dsl.analysis.promises.judgement import Finding, evidence, is_known
from interlock_dsl.analysis.promises.keeping import kept
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.analysis.rehearsal.story import story
from interlock_dsl.analysis.values.problem import Impossible, Possible
from interlock_dsl.diagnostics.witness import Witness

MOST_RUNS: Final = 30
"""Runs that are rehearsed in search of a way to the end."""


def not_reached(questions: Questions, promise: ReachesFacts) -> list[Finding]:
    """Return the steps from which the end cannot be reached, or may not be."""
    search = _Search(questions, promise.decl.end.text)
    found: list[Finding] = []
    for name in questions.workflow.steps:
        if name not in search.leading:
            found.extend(_astray(questions, promise, name))
    for name, step in tuple(questions.workflow.steps.items())[::-1]:
        if name in search.leading and not search.leads(name):
            reason = f"no answers were found that lead from `{name}` to `{promise.decl.end.text}`"
            found.append(Finding(reason + _why(questions, promise.decl.end.text), step.decl.name.span))
    return found


def _why(questions: Questions, end: str) -> str:
    """Return why a way to the end may not have been found; nothing where the ways as such are known."""
    inside = [name for name in inner_steps(questions.workflow) if name in ancestors(questions.workflow.graph, end)]
    if inside:
        return f"; what `{inside[0]}` gives is known by its type alone"
    if not all(arrival.exact for arrival in questions.arrivals.at(end)):
        return "; more ways lead there than are told apart: fewer rows of tables, or routes side by side, may help"
    return ""


def _astray(questions: Questions, promise: ReachesFacts, name: str) -> list[Finding]:
    """Return a step from which no routes lead to the end, if a run can come to it."""
    workflow = questions.workflow
    if isinstance(questions.ask(questions.arrivals.at(name), ()).answer, Impossible):
        return []
    shown: Witness | None = None
    for arrival in questions.arrivals.at(name):
        asked = questions.ask((arrival,), tuple(kept(workflow, arrival.written)))
        if shown is not None or not isinstance(asked.answer, Possible) or asked.arrival is None:
            continue
        told = story(questions, asked.arrival, asked.answer.bindings, name, ())
        shown = evidence(told, exact=is_known(workflow, asked.arrival))
    reason = f"no routes lead from `{name}` to `{promise.decl.end.text}`"
    return [Finding(reason, questions.workflow.steps[name].decl.name.span, shown)]


class _Search:
    """Runs that come to an end, and the steps that they come by."""

    def __init__(self, questions: Questions, end: str) -> None:
        self._questions = questions
        self._end = end
        self._runs = 0
        self._shown: set[str] = set()
        self.leading = frozenset(ancestors(questions.workflow.graph, end))
        self._onward = self._ways_on()
        for arrival in questions.arrivals.at(end):
            self._try(arrival, ())

    def leads(self, step: str) -> bool:
        """Say whether a run comes by a step, and to the end; a step that no run comes to need not lead there."""
        arrivals = self._questions.arrivals.at(step)
        for arrival in arrivals if step not in self._shown else ():
            if self._try(arrival, self._continuation(step)):
                break
        if step in self._shown:
            return True
        return isinstance(self._questions.ask(arrivals, ()).answer, Impossible) if self._runs < MOST_RUNS else False

    def _try(self, arrival: Arrival, onward: Sequence[RouteFacts]) -> bool:
        """Rehearse a run along a way and on to the end; note the steps that it comes by if it gets there."""
        names = {name for route in (*arrival.routes, *onward) for name in (*route.link.sources, *route.link.targets)}
        if names <= self._shown or self._runs >= MOST_RUNS:
            return False
        self._runs += 1
        ways, claims = arrival.ways, [*kept(self._questions.workflow, frozenset(names))]
        for route in onward:
            ways = (Way(route, ways),)
            if not route.link.way_out:
                claims.extend(self._questions.arrivals.group(route).taken(route))
        asked = self._questions.ask((replace(arrival, ways=ways),), claims)
        if not isinstance(asked.answer, Possible):
            return False
        whole = replace(arrival, ways=ways)
        shown = story(self._questions, whole, asked.answer.bindings, self._end, ())
        if shown is None or not shown.rehearsed:
            return False
        self._shown |= names
        return True

    def _ways_on(self) -> dict[str, RouteFacts]:
        """Return, for each step, the route of its own that is the first of a shortest way to the end."""
        found: dict[str, RouteFacts] = {}
        waiting = deque([self._end])
        seen = {self._end}
        into: dict[str, list[RouteFacts]] = {}
        for route in self._questions.workflow.routes:
            if len(route.link.sources) == 1 and route.link.decl.trigger is None and not route.link.bounded:
                for target in route.link.targets:
                    into.setdefault(target, []).append(route)
        while waiting:
            for route in into.get(waiting.popleft(), ()):
                (source,) = route.link.sources
                if source not in seen:
                    seen.add(source)
                    found[source] = route
                    waiting.append(source)
        return found

    def _continuation(self, step: str) -> list[RouteFacts]:
        ways: list[RouteFacts] = []
        while step != self._end and step in self._onward and len(ways) <= len(self._onward):
            route = self._onward[step]
            ways.append(route)
            step = next((t for t in route.link.targets if t == self._end or t in self._onward), self._end)
        return ways
