"""What a change of a program permits that was not permitted, and the reverse: two versions compared by their meaning.

Conditions are compared by the values for which they hold, not by how they are written, and every such difference has
values that show it. Where nothing is found, nothing is different, unless something is unknown.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from interlock_dsl.analysis.diff.declarations import declared
from interlock_dsl.analysis.diff.difference import Difference, Direction
from interlock_dsl.analysis.diff.policies import policies
from interlock_dsl.analysis.facts import Facts
from interlock_dsl.analysis.reasoning.reasoner import Reasoner

if TYPE_CHECKING:
    from interlock_dsl.analysis.reasoning.questions import Questions

__all__ = ["Difference", "Direction", "differences"]


def differences(
    old: Facts, new: Facts, before: "Mapping[str, Questions]", now: "Mapping[str, Questions]", reasoner: Reasoner
) -> Iterator[Difference]:
    """Yield in what two programs differ. `before` and `now` answer questions about their workflows."""

    def same_calls(tool: str) -> bool:
        if not before and not now:
            return False
        from interlock_dsl.analysis.diff.arguments import same_calls

        return same_calls(tool, old, new, before, now)

    yield from declared(old, new, same_calls)
    for name in dict.fromkeys((*old.tables, *new.tables)):
        yield from _table(old, new, name, reasoner)
    yield from policies(old, new, reasoner)
    if before or now:
        from interlock_dsl.analysis.diff.workflows import workflows

        yield from workflows(before, now, reasoner)


def _table(old: Facts, new: Facts, name: str, reasoner: Reasoner) -> Iterator[Difference]:
    from interlock_dsl.analysis.diff.values import tables

    before, now = old.tables.get(name), new.tables.get(name)
    if before is not None and now is not None:
        yield from tables(reasoner, before, now, f"table {name}")
    else:
        there = now or before
        assert there is not None
        text = "is new" if before is None else "is not there any more"
        yield Difference(Direction.CHANGES, f"table {name}", text, there.decl.name.span)
