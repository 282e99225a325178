"""How runs name steps: a step of the run's own workflow by its name, one of a workflow inside by a path.

`pay/issue` is the step `issue` of the workflow that the step `pay` runs; `pay#2/issue` is the same at the second visit
of `pay`. `look[2]` is the third row of the step `look`. Names hold none of these characters.
"""

import re
from collections.abc import Iterator
from itertools import combinations

from interlock_dsl.program.model import Program, RunStep, Step, Workflow

_VISITS = re.compile(r"#\d+(?=/|\Z)")
_ROWS = re.compile(r"\[\d+\]")


def written(path: str) -> str:
    """Return a path as authors write it: without the numbers of visits."""
    return _VISITS.sub("", path)


def without_rows(path: str) -> str:
    """Return a path without the places of rows."""
    return _ROWS.sub("", path)


def rows_of_parts(path: str) -> Iterator[tuple[str, int | None]]:
    """Yield the names of a path, each with its row if it says one."""
    for part in written(path).split("/"):
        name, is_row, row = part.partition("[")
        yield name, int(row.rstrip("]")) if is_row else None


def visit_zero(path: str) -> bool:
    """Say whether a path speaks of a visit that there is none: they are counted from 1."""
    return any(int(found[0][1:]) == 0 for found in _VISITS.finditer(path))


def numbered(path: str, visit: int) -> str:
    """Return a path of a run, at a visit of the step, with the numbers of all visits: `pay#1/issue#2`."""
    *before, last = path.split("/")
    return "/".join([*(part if "#" in part else f"{part}#1" for part in before), f"{last}#{visit}"])


def spoken(path: str) -> Iterator[str]:
    """Yield what a path with the numbers of all visits may be called: the most numbers first, then as `meant_by`."""
    found = list(_VISITS.finditer(path))
    for count in range(len(found) + 1):
        for out in combinations(reversed(found), count):
            left = path
            for visit in sorted(out, key=lambda each: -each.start()):
                left = left[: visit.start()] + left[visit.end() :]
            yield from meant_by(left)


def meant_by(path: str) -> Iterator[str]:
    """Yield what a path of a run may be called: with all of its rows, then with ever fewer, the last left out first."""
    found = list(_ROWS.finditer(path))
    for count in range(len(found) + 1):
        for out in combinations(reversed(found), count):
            left = path
            for row in out:
                left = left[: row.start()] + left[row.end() :]
            yield left


def workflow_at(program: Program, workflow: str, path: str) -> Workflow | None:
    """Return the workflow that runs at a path; the run's own where the path is empty, None where there is none."""
    found: Workflow | None = program.workflows.get(workflow)
    for name in without_rows(written(path)).split("/") if path else ():
        step = None if found is None else found.steps.get(name)
        found = program.workflows.get(step.workflow) if isinstance(step, RunStep) else None
    return found


def step_at(program: Program, workflow: str, path: str) -> Step | None:
    """Return the step of a path in runs of a workflow; None where there is none."""
    before, _, name = without_rows(written(path)).rpartition("/")
    found = workflow_at(program, workflow, before)
    return None if found is None else found.steps.get(name)


def workflows_in(program: Program, workflow: str) -> Iterator[Workflow]:
    """Yield a workflow and those that its runs run at any depth, each once."""
    waiting, seen = [workflow], {workflow}
    while waiting:
        found = program.workflows[waiting.pop()]
        yield found
        inner = [step.workflow for step in found.steps.values() if isinstance(step, RunStep)]
        waiting += [name for name in dict.fromkeys(inner) if name not in seen]
        seen.update(inner)


def workflows_run(program: Program) -> frozenset[str]:
    """Return the names of the workflows that some workflow's step runs."""
    steps = [step for each in program.workflows.values() for step in each.steps.values()]
    return frozenset(step.workflow for step in steps if isinstance(step, RunStep))
