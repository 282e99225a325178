"""Which steps may run at the same time as a node: those of other branches, and after a join those still under way."""

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_

from networkx import descendants

from interlock_dsl.analysis.facts import WorkflowFacts
from interlock_dsl.analysis.knowledge.groups import Group, called_off
from interlock_dsl.analysis.workflows.flow import Flow


def beside(workflow: WorkflowFacts, flow: Flow, bits: Mapping[str, int], groups: Iterable[Group]) -> dict[str, int]:
    """Return, for each node in a branch, the steps that may run at the same time, as the sum of their `bits`."""
    found = flow.branches.beside(bits)
    for group in groups:
        if group.needed < len(group.sources) and not group.race:
            _add_racing(workflow, bits, group, found)
    return {name: steps for name, steps in found.items() if steps}


def _add_racing(workflow: WorkflowFacts, bits: Mapping[str, int], group: Group, found: dict[str, int]) -> None:
    """Add what runs at the same time after a join that does not wait for all: branches that are still under way."""
    after = {target for route in group.routes for target in route.link.targets}
    after |= {name for target in after for name in descendants(workflow.graph, target)}
    racing = reduce(or_, (found.get(source, 0) | bits.get(source, 0) for source in group.sources))
    for name, bit in bits.items():
        if racing & bit and called_off(workflow, group, name):
            racing &= ~bit
    later = sum(bits.get(name, 0) for name in after)
    for name, bit in bits.items():
        if racing & bit:
            found[name] = found.get(name, 0) | later & ~bit
        if later & bit:
            found[name] = found.get(name, 0) | racing & ~bit
    for end in after - bits.keys():
        found[end] = found.get(end, 0) | racing
