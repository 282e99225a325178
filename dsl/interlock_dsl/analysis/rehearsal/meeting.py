"""Where branches of a rehearsed run meet: who has arrived, and which branches are no longer needed."""

from collections.abc import Collection
from dataclasses import dataclass, field

from interlock_dsl.analysis.facts import WorkflowFacts
from interlock_dsl.analysis.knowledge.groups import Group, called_off, groups, onward
from interlock_dsl.analysis.rehearsal.script import Unrehearsed


@dataclass
class _Join:
    """Who has arrived at a join, and who comes too late to be counted."""

    arrived: set[str] = field(default_factory=set)
    late: set[str] = field(default_factory=set)


class Meeting:
    """The joins of one run."""

    def __init__(self, workflow: WorkflowFacts) -> None:
        self._workflow = workflow
        self._joins: dict[int, _Join] = {}

    def arrive(self, group: Group, source: str) -> list[str] | None:
        """Note that a source is done; return the sources that are no longer waited for if the join is decided now.

        Raise `Unrehearsed` where branches race: what loses is undone.
        """
        if group.race:
            raise Unrehearsed("what is undone after a race is not rehearsed")
        join = self._joins.setdefault(id(group), _Join())
        if source in join.late:
            join.late.discard(source)
            return None
        join.arrived.add(source)
        if len(join.arrived) < group.needed:
            return None
        missing = [name for name in group.sources if name not in join.arrived]
        join.arrived.clear()
        return missing

    def lack(self) -> None:
        """Note that a step has failed for which there is no route; raise `Unrehearsed` where a race may go on."""
        if any(group.race for group in groups(self._workflow)):
            raise Unrehearsed("a step that fails may leave a race that goes on")

    def expect(self, group: Group, missing: Collection[str], under_way: Collection[str]) -> None:
        """Do not count those who may still arrive at a join that is decided."""
        reached = {name for step in under_way for name in onward(self._workflow, step)}
        self._joins[id(group)].late = reached.intersection(missing)

    def called_off(self, group: Group, step: str) -> bool:
        """Say whether a step is no longer needed once a join is decided."""
        return called_off(self._workflow, group, step)
