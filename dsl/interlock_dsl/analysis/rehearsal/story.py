"""From an answer to a witness: the values that are read, the way there, and the run told as a test."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from interlock_dsl.analysis.knowledge.arrivals import Arrival
from interlock_dsl.analysis.knowledge.groups import Group
from interlock_dsl.analysis.knowledge.wording import ends
from interlock_dsl.analysis.reasoning.questions import Found, Questions
from interlock_dsl.analysis.rehearsal.itinerary import Astray, Course
from interlock_dsl.analysis.rehearsal.run import Rehearsal
from interlock_dsl.analysis.rehearsal.script import Unrehearsed
from interlock_dsl.analysis.values.problem import Bound, Claim, Possible, Statement, Unknown
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.tree import Expression, Name, Present, Select, children
from interlock_dsl.cel.types import DYN
from interlock_dsl.diagnostics import Certainty, Diagnostic
from interlock_dsl.diagnostics.witness import Waypoint, Witness
from interlock_dsl.schema import encode

Rehearsing: TypeAlias = Callable[[Course], Rehearsal]
"""How a run is rehearsed: `Rehearsal`, or one that looks out for more."""


def witness(questions: Questions, found: Found, place: str | Group, statements: Sequence[Statement]) -> Witness | None:
    """Return the witness of an answer at a place (a step or an end that begins, or routes that are considered).

    It has a story if the run can be rehearsed. None where the answer is not `Possible`, or where its values do not
    lead to the place: then nothing was shown.
    """
    if not isinstance(found.answer, Possible) or found.arrival is None:
        return None
    return story(questions, found.arrival, found.answer.bindings, place, statements)


def evidenced(
    diagnostic: Diagnostic, questions: Questions, found: Found, place: str | Group, statements: Sequence[Statement]
) -> Diagnostic:
    """Return a diagnostic with the witness of an answer, and how certain it is.

    Proved where a run was rehearsed that does what the diagnostic says, possible where the values were confirmed but
    not how a run comes to them, unknown where there is no answer, or its values do not lead there.
    """
    shown = witness(questions, found, place, statements)
    if shown is None:
        reason = found.answer.reason if isinstance(found.answer, Unknown) else "no run was found that leads there"
        notes = (*diagnostic.notes, f"not decided: {reason}")
        return replace(diagnostic, stated=Certainty.UNKNOWN, notes=notes)
    stated = Certainty.PROVED if shown.rehearsed else Certainty.POSSIBLE
    return replace(diagnostic, stated=stated, witness=shown)


def story(
    questions: Questions,
    arrival: Arrival,
    bindings: Mapping[str, object],
    place: str | Group,
    statements: Sequence[Statement],
    rehearse: Rehearsing = Rehearsal,
) -> Witness | None:
    """Return the witness that some values are, told along the way of an arrival; None where they do not lead there."""
    routes = arrival.routes
    path = tuple(
        Waypoint(ends(route), f"{', '.join(route.link.sources)} -> {', '.join(route.link.targets)}") for route in routes
    )
    values = values_read(statements, bindings)
    try:
        rehearsal = rehearse(Course(questions, routes, bindings, place, statements))
        rehearsal.run()
    except Unrehearsed:
        return Witness(values, path)
    except Astray:
        return None
    expects = [f"expect denied {tool}" for tool in dict.fromkeys(rehearsal.denied)]
    expects += [rehearsal.outcome] if rehearsal.outcome else []
    return Witness(values, path, questions.workflow.decl.name.text, rehearsal.script.lines(), tuple(expects))


def values_read(statements: Sequence[Statement], bindings: Mapping[str, object]) -> dict[str, object]:
    """Return the values that statements read, by the path that an author would write, as JSON values."""
    found: dict[str, object] = {}
    for statement in statements:
        checked = statement.condition if isinstance(statement, Claim) else statement.expression
        if isinstance(statement, Bound):
            _add(statement.path, bindings, found)
        for path in paths(checked, checked.expression):
            _add(path, bindings, found)
    return found


def _add(path: tuple[str, ...], bindings: Mapping[str, object], found: dict[str, object]) -> None:
    value: object = bindings
    for name in path:
        if not isinstance(value, Mapping) or name not in value:
            return
        value = value[name]
    try:
        found[".".join(path)] = encode(DYN, value)
    except TypeError:
        return


def paths(checked: Checked, node: Expression) -> Iterator[tuple[str, ...]]:
    """Yield the chains of fields of variables that an expression reads, the longest of each."""
    chain = _chain(node)
    if chain is not None:
        if chain[0] in checked.variables:
            yield chain
        return
    if isinstance(node, Present):
        chain = _chain(node.operand)
        if chain is not None and chain[0] in checked.variables:
            yield (*chain, node.field)
            return
    for child in children(node):
        yield from paths(checked, child)


def _chain(node: Expression) -> tuple[str, ...] | None:
    match node:
        case Name(name=name):
            return (name,)
        case Select(operand=operand, field=field):
            head = _chain(operand)
            return None if head is None else (*head, field)
        case _:
            return None
