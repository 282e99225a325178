"""Workflows that steps of others run: in which order they are judged, and what such a step gives."""

from collections.abc import Iterator, Mapping

from interlock_dsl.analysis.facts import WorkflowFacts
from interlock_dsl.cel.check.unify import Bindings
from interlock_dsl.cel.types import ERROR, Cases, Field, RecordType, StringType, Type
from interlock_dsl.diagnostics.messages import workflows as say
from interlock_dsl.diagnostics.report import Report
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.syntax.tree import RunStep, WorkflowDecl

REACHED = "end"
"""The field of the output of a step that runs a workflow which names the end that was reached."""


def in_order(workflows: Mapping[str, WorkflowDecl], report: Report) -> list[str]:
    """Return the names of workflows, each behind those that its steps run; report those that run themselves.

    A workflow that runs itself stands at the place where the cycle was found, so that the rest can still be judged.
    """
    ordered: dict[str, None] = {}
    told: set[frozenset[str]] = set()
    for name in workflows:
        # Depth first without recursion: a chain of workflows may be longer than the stack of Python.
        way: dict[str, Iterator[RunStep]] = {}
        _push(way, name, workflows, ordered)
        while way:
            at, steps = next(reversed(way.items()))
            step = next(steps, None)
            if step is None:
                del way[at]
                ordered[at] = None
            elif step.workflow.text in way:
                names = list(way)
                cycle = names[names.index(step.workflow.text) :]
                if frozenset(cycle) not in told:
                    told.add(frozenset(cycle))
                    report.add(say.runs_itself([*cycle, cycle[0]], step.workflow.span))
            else:
                _push(way, step.workflow.text, workflows, ordered)
    return list(ordered)


def _push(
    way: dict[str, Iterator[RunStep]], name: str, workflows: Mapping[str, WorkflowDecl], ordered: Mapping[str, None]
) -> None:
    if name in workflows and name not in ordered:
        way[name] = iter([step for step in workflows[name].steps if isinstance(step, RunStep)])


def result(inner: WorkflowFacts, place: Span, report: Report) -> RecordType:
    """Return what a step gives that runs a workflow: the end that was reached, and the fields of the ends.

    An end that gives the workflow up fails the step. A field that not every other end has is optional. Reports fields
    that two ends give in types that have nothing in common.
    """
    # By name: the order in which ends are written means nothing.
    ends = {name: end for name, end in sorted(inner.ends.items()) if not end.decl.gives_up}
    if inner.ends and not ends:
        report.add(say.no_way_on(inner.decl.name.text, place))
    fields = {REACHED: Field(StringType(tuple(ends)))}
    for name, end in ends.items():
        for key, value in end.values.items():
            if key == REACHED:
                report.add(say.end_is_taken(inner.decl.name.text, name, place, end.decl.span))
                continue
            given = sum(key in other.values for other in ends.values())
            before = fields.get(key)
            type = value.type if before is None else _joined(before.type, value.type)
            if type is None:
                first = next(other for other in ends.values() if key in other.values)
                report.add(say.ends_disagree(key, inner.decl.name.text, place, first.decl.span, end.decl.span))
                type = ERROR
            fields[key] = Field(type, optional=given < len(ends))
    optional = {key for key, field in fields.items() if field.optional}
    cases = Cases(REACHED, tuple((name, frozenset(optional & end.values.keys())) for name, end in ends.items()))
    return RecordType("", fields, cases)


def _joined(one: Type, other: Type) -> Type | None:
    """Return the type that covers two; None if they have nothing in common."""
    if ERROR in (one, other):
        return ERROR
    bindings = Bindings()
    return bindings.join(one, other) if bindings.fits((one, other)) or bindings.fits((other, one)) else None
