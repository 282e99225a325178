"""Which route is taken on a failure, as far as it depends on what is certain of it: where, and in which way.

What a tool, a model or a person would say, and after how many attempts, is not rehearsed.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from interlock_dsl.analysis.expressions import walk
from interlock_dsl.analysis.facts import RouteFacts
from interlock_dsl.analysis.knowledge.groups import Group
from interlock_dsl.analysis.rehearsal.choosing import Choice, choose
from interlock_dsl.analysis.rehearsal.script import Unrehearsed
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.tree import Name, Select
from interlock_dsl.program.builtins import FAILURE
from interlock_dsl.syntax.tree import Trigger

CERTAIN: Final = ("step", "kind")
_WAYS: Final[tuple[Trigger, ...]] = ("failure", "timeout")


def chosen(group: Group, values: Mapping[str, object], step: str, kind: str) -> Choice:
    """Return the route of a group that is taken when a step has failed; raise `Unrehearsed` where that is not known."""
    if all(route.when is None or _reads_certain(route.when) for route in group.routes):
        values = {**values, FAILURE: {"step": step, "kind": kind}}
    return choose(group, values)


def _reads_certain(condition: Checked) -> bool:
    """Say whether a condition reads nothing of the failure but what is certain."""
    nodes = list(walk(condition.expression))
    read = sum(isinstance(node, Name) and node.name == FAILURE for node in nodes)
    certain = sum(
        isinstance(node, Select)
        and node.field in CERTAIN
        and not node.optional
        and isinstance(node.operand, Name)
        and node.operand.name == FAILURE
        for node in nodes
    )
    return read == certain


def way_of_failing(wanted: RouteFacts, groups: Sequence[Group], values: Mapping[str, object]) -> Trigger | None:
    """Return how a step has to fail for a route on a trigger to be taken: what comes too late is a failure as well."""
    trigger = wanted.link.decl.trigger
    group = next((each for each in groups if wanted in each.routes and each.trigger == trigger), None)
    if trigger != "failure" or group is None or len(group.sources) != 1:
        return trigger
    if any(each.sources == group.sources and each.trigger == "timeout" for each in groups):
        return trigger
    try:
        for kind in _WAYS:
            if chosen(group, values, group.sources[0], kind) is wanted:
                return kind
    except Unrehearsed:
        return trigger
    return trigger
