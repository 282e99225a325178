"""Races: what loses one must not lead on beside what follows it."""

from functools import reduce
from operator import or_

from interlock_dsl.analysis.knowledge.losing import racing
from interlock_dsl.analysis.workflows.outline import Outline
from interlock_dsl.diagnostics.messages import joins as say
from interlock_dsl.diagnostics.report import Report


def check_races(outline: Outline, report: Report) -> None:
    """Report branches of a race from which something goes on at the same time as what follows the race."""
    branches, bits = outline.flow.branches, {name: 1 << at for at, name in enumerate(outline.steps)}
    told: set[tuple[str, ...]] = set()
    for link in outline.routes:
        if not link.race or link.sources in told or not outline.flow.reached.issuperset(link.sources):
            continue
        found = racing(branches, link.sources, bits)
        after = reduce(or_, (branches.after(each) for each in outline.routes if each.sources == link.sources))
        for name, bit in bits.items():
            if found & bit and name not in link.sources and branches.apart(branches.of[name], after):
                told.add(link.sources)
                merge = link.decl.merge.span if link.decl.merge is not None else link.decl.span
                report.add(say.beside_race(name, outline.steps[name].name.span, merge))
                break
