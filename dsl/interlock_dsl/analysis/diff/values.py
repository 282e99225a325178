"""Expressions of two versions: whether one gives a value that the other does not."""

from collections.abc import Iterator, Sequence

from interlock_dsl.analysis.diff.difference import Difference, Direction, Region, Terrain, grown
from interlock_dsl.analysis.facts import TableFacts, Values
from interlock_dsl.analysis.reasoning.reasoner import Reasoner
from interlock_dsl.analysis.rehearsal.story import values_read
from interlock_dsl.analysis.values.problem import Bound, Case, Claim, Outcome, Possible, Statement
from interlock_dsl.cel.check import Checked
from interlock_dsl.diagnostics.source import Span

GIVEN = "$given"
"""The variable that stands for the value of an expression; no author can write its name."""


def values(
    reasoner: Reasoner, old: Values, new: Values, terrain: Terrain, subject: str, what: str, span: Span | None,
    known: Sequence[Case] = (Case(()),),
) -> Iterator[Difference]:  # fmt: skip
    """Yield which of several named values differ, where one of the `known` cases holds."""
    for name in (*old, *(each for each in new if each not in old)):
        if name not in old or name not in new:
            gone = "is not there any more" if name not in new else "is new"
            yield Difference(Direction.CHANGES, subject, f"`{name}` of {what} {gone}", span)
        elif old[name].expression != new[name].expression:
            found = _differ(reasoner, old[name], new[name], terrain, known)
            text = f"`{name}` of {what} is another value"
            if isinstance(found, Difference):
                yield Difference(found.direction, subject, text, new[name].expression.span, found.values, found.reason)


def _differ(
    reasoner: Reasoner, old: Checked, new: Checked, terrain: Terrain, known: Sequence[Case]
) -> Difference | None:
    types = {**terrain.types, GIVEN: new.type}
    for one, other in ((new, old), (old, new)):
        cases = tuple(Case((*c.statements, Bound((GIVEN,), one)), c.present, c.absent) for c in known)
        without = Region((Case((Bound((GIVEN,), other),)),))
        found = grown(reasoner, Region(cases), without, Terrain(types, terrain.optional))
        if isinstance(found, Possible):
            read: list[Statement] = [Claim(new, Outcome.TRUE), Claim(old, Outcome.TRUE)]
            return Difference(Direction.CHANGES, "", "", None, values_read(read, found.bindings))
        if found is not None:
            return Difference(Direction.UNKNOWN, "", "", reason=found.reason)
    return None


def tables(reasoner: Reasoner, old: TableFacts, new: TableFacts, subject: str) -> Iterator[Difference]:
    """Yield in what two versions of a table differ: the rows that are chosen, and what they give."""
    if old.decl == new.decl and old.parameters == new.parameters and old.result == new.result:
        return
    if old.parameters != new.parameters or old.result != new.result or "collect" in (old.decl.hit, new.decl.hit):
        yield Difference(Direction.CHANGES, subject, "the table is another one", new.decl.name.span)
        return
    terrain = Terrain({name: field.type for name, field in new.parameters.fields.items()})
    whole = [Region(tuple(Case(_chosen(table, at)) for at in range(len(table.rows)))) for table in (old, new)]
    for more, less, text in (
        (whole[1], whole[0], "a row is chosen where none was"),
        (whole[0], whole[1], "no row is chosen where one was"),
    ):
        found = grown(reasoner, more, less, terrain)
        if found is not None:
            yield _told(found, subject, text, more, new.decl.name.span)
    for at, row in enumerate(new.rows):
        for other, before in enumerate(old.rows):
            both = Case((*_chosen(new, at), *_chosen(old, other)))
            yield from values(reasoner, before.outputs, row.outputs, terrain, subject, "the table", row.span, [both])


def _told(found: object, subject: str, text: str, region: Region, span: Span) -> Difference:
    if isinstance(found, Possible):
        read = [statement for case in region.cases for statement in case.statements]
        return Difference(Direction.CHANGES, subject, text, span, values_read(read, found.bindings))
    return Difference(Direction.UNKNOWN, subject, f"whether {text}", span, reason=getattr(found, "reason", ""))


def _chosen(table: TableFacts, at: int) -> tuple[Statement, ...]:
    """Return what holds where a row is the one that is chosen."""
    rows, row = table.rows, table.rows[at]
    if row.condition is None:
        others = [each for each in rows if each is not row]
    elif table.decl.hit == "first":
        others = list(rows[:at])
    else:
        others = [each for each in rows if each is not row]
    refused = tuple(Claim(each.condition, Outcome.FALSE) for each in others if each.condition is not None)
    return (*((Claim(row.condition),) if row.condition is not None else ()), *refused)
