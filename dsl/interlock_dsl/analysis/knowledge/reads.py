"""What a workflow reads: the paths into its input and its steps' outputs that anything in it uses."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import TypeAlias

from interlock_dsl.analysis.facts import WorkflowFacts
from interlock_dsl.analysis.knowledge.handovers import ways
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.tree import Expression, Name, Present, Select, children

Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reads:
    """The paths that are read, and the beginnings of such paths."""

    paths: frozenset[Path]
    beginnings: frozenset[Path]

    def has(self, *path: str) -> bool:
        """Say whether a value is read, a part of it, or something that it is part of."""
        return path in self.beginnings or any(path[:length] in self.paths for length in range(1, len(path) + 1))


def read_by(workflow: WorkflowFacts) -> Reads:
    """Return what conditions, arguments, values, promises and rules read, and what routes pass."""
    parts = (workflow.steps, workflow.ends, workflow.routes, workflow.promises, workflow.rules)
    found = {path for part in parts for checked in _inside(part) for path in _paths(checked.expression)}
    found.update(passed.path for route in ways(workflow) for passed in route.passes)
    beginnings = {path[:length] for path in found for length in range(1, len(path))}
    return Reads(frozenset(found), frozenset(beginnings))


def _paths(node: Expression) -> Iterator[Path]:
    path = _path(node)
    if path is not None:
        yield path
        return
    for child in children(node):
        yield from _paths(child)


def _path(node: Expression) -> Path | None:
    match node:
        case Name(name=name):
            return (name,)
        case Select(operand=operand, field=field) | Present(operand=operand, field=field):
            before = _path(operand)
            return None if before is None else (*before, field)
        case _:
            return None


def _inside(value: object) -> Iterator[Checked]:
    """Yield the checked expressions inside facts."""
    match value:
        case Checked():
            yield value
        case tuple():
            for each in value:
                yield from _inside(each)
        case dict():
            yield from _inside(tuple(value.values()))
        case _ if is_dataclass(value) and not isinstance(value, type):
            for field in fields(value):
                if field.name not in ("decl", "link", "span"):
                    yield from _inside(getattr(value, field.name))
