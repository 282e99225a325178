"""How long races take: undoing what loses, waiting for calls under way, and the timers that branches race against."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from interlock_dsl.analysis.facts import TimeStepFacts, WorkflowFacts
from interlock_dsl.analysis.knowledge.consumption import Amount, add, greatest, total
from interlock_dsl.analysis.knowledge.losing import racing
from interlock_dsl.analysis.links import Link
from interlock_dsl.analysis.workflows.flow import Flow


class Races:
    """The races of a workflow. `steps` are those in branches that race."""

    def __init__(self, workflow: WorkflowFacts, flow: Flow, joins: Iterable[Link]) -> None:
        self._workflow = workflow
        bits = {name: 1 << at for at, name in enumerate(workflow.steps)}
        self._races: dict[tuple[str, ...], frozenset[str]] = {}
        for link in joins:
            found = racing(flow.branches, link.sources, bits)
            self._races[link.sources] = frozenset(name for name, bit in bits.items() if bit & found)
        self.steps = frozenset[str]().union(*self._races.values())
        self._undoing: dict[tuple[str, ...], Amount] = {}
        self._left: dict[tuple[str, ...], Amount] = {}

    def settle(self, undoing: Mapping[str, Amount], left: Mapping[str, Amount]) -> None:
        """Say how long undoing all that a step did takes, and how long a call of it may be left under way."""
        for sources, steps in self._races.items():
            self._undoing[sources] = total(undoing[name] for name in steps)
            self._left[sources] = greatest(left[name] for name in steps)

    def settling(self, link: Link) -> Amount:
        """Return how long a route waits until what lost its race is undone."""
        return self._undoing.get(link.sources, 0) if link.race else 0

    def timed(self, link: Link, leaving: Mapping[str, Sequence[Link]]) -> Iterator[tuple[tuple[str, ...], Amount]]:
        """Yield the sources of races against a timer that begins when a route is taken, and how long they take.

        All branches that the route opens race. When the timer is over, what is under way is called off, and calls are
        waited for.
        """
        for sources, steps in self._races.items():
            timers = [
                step.decl.pause.micros
                for name in link.targets
                if name in sources and isinstance(step := self._workflow.steps.get(name), TimeStepFacts)
                if step.decl.pause is not None and all(way.sources == sources for way in leaving[name])
            ]
            if timers and steps.issuperset(link.targets):
                yield sources, add(min(timers), self._left.get(sources, 0))
