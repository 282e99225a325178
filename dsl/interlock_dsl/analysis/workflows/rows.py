"""Steps that are taken for each row of a list: what the rows are, and what all of them give together."""

from typing import Final

from interlock_dsl.analysis.facts import FanOutFacts
from interlock_dsl.analysis.workflows.places import Reader
from interlock_dsl.cel.types import BOOL, DYN, ERROR, NULL, STRING, Cases, Field, ListType, RecordType, Type
from interlock_dsl.diagnostics.messages import rows as say
from interlock_dsl.syntax.tree import AgentStep, AskStep, CallStep, FanOut, RunStep, StepNode, TableStep

FANNED: Final = (AgentStep, CallStep, AskStep, TableStep, RunStep)
"""The kinds of steps that can be taken for each row of a list."""

MOST_ROWS: Final = 10_000
"""How many rows a fan-out may have."""

FAILURE: Final = Field(STRING, optional=True, labels=frozenset({"untrusted"}))
"""Why a row has no output: in words that may be a model's or a tool's."""


def fan_out(step: StepNode) -> FanOut | None:
    """Return what says that a step is taken for each row of a list; None for one that is taken once."""
    return step.rows if isinstance(step, FANNED) else None


def output_of(step: StepNode, one: Type) -> Type:
    """Return the type of what a step gives that gives `one`, or gives it for each row."""
    rows = fan_out(step)
    return one if rows is None else _list(rows, one)


def _list(rows: FanOut, one: Type) -> ListType:
    if rows.collects:
        value = {} if one == NULL else {"value": Field(one, optional=True)}
        cases = Cases("ok", ((True, frozenset(value)), (False, frozenset({"failure"}))))
        return ListType(RecordType("", {"ok": Field(BOOL), **value, "failure": FAILURE}, cases), rows.max)
    count = None if rows.merge is None else rows.merge.count
    return ListType(one, rows.max if count is None else min(count, rows.max))


def fan_out_facts(reader: Reader, name: str, decl: FanOut, one: Type) -> FanOutFacts:
    """Judge the rows of a step, each of which gives `one`."""
    checked = reader.check(decl.list, reader.step(name))
    match checked.type:
        case ListType(element=element):
            pass
        case _:
            element = ERROR
            if checked.type not in (ERROR, DYN):
                reader.expressions.report.add(say.over_no_list(checked.type, decl.list.span))
    return FanOutFacts(decl, checked, element, _list(decl, one))


def row_variable(rows: FanOutFacts | None) -> dict[str, Type]:
    """Return the variable that the expressions of a step read beside those of its place."""
    return {} if rows is None else {rows.decl.row.text: rows.element}
