"""Joins that do not wait for all their sources: because of them it is open which of the sources have run.

Whatever is read of those sources afterwards may be absent, at many places. That is one mistake, if it is one, and the
join is where it stands; so it is reported once, at the first place, together with the join.
"""

from dataclasses import replace
from typing import TypeAlias

from interlock_dsl.analysis.links import Link
from interlock_dsl.analysis.workflows.assignment import Assignment
from interlock_dsl.analysis.workflows.outline import Outline
from interlock_dsl.diagnostics import Diagnostic, Label

Join: TypeAlias = frozenset[str]
"""The ids of the routes of one join."""


class Racing:
    """The joins of one workflow that do not wait for all, and which of them have been reported."""

    def __init__(self, outline: Outline) -> None:
        self._assigned = outline.flow.assigned
        self._waiting: dict[Join, Assignment] = {}
        self._told: set[Join] = set()
        joins: dict[tuple[str, ...], list[Link]] = {}
        for link in outline.routes:
            if link.merge < len(link.sources):
                joins.setdefault(link.sources, []).append(link)
        self._joins = {frozenset(link.id for link in group): group[0] for group in joins.values()}

    def blamed(self, step: int, nodes: tuple[str, ...], link: Link | None, found: Diagnostic) -> Diagnostic | None:
        """Return the finding that a step (its bit) may be absent, with the join that makes it so, if one does.

        `nodes` or the `link` are the place. None if the join has been reported.
        """
        for join, first in self._joins.items():
            if not nodes or not self._definite(join, nodes, link) & step:
                continue
            if join in self._told:
                return None
            self._told.add(join)
            merge = first.decl.sources[0].span if first.decl.merge is None else first.decl.merge.span
            help = "write `merge all`" + (f", or {found.help}" if found.help else "")
            return replace(found, labels=(*found.labels, Label(merge, "this does not wait for all")), help=help)
        return found

    def _definite(self, join: Join, nodes: tuple[str, ...], link: Link | None) -> int:
        """Return the steps that would certainly have run at a place if a join waited for all."""
        if join not in self._waiting:
            self._waiting[join] = self._assigned.waiting(join)
        assigned = self._waiting[join]
        if link is None:
            return assigned.definite[nodes[0]]
        return assigned.written(replace(link, merge=len(link.sources)) if link.id in join else link)
