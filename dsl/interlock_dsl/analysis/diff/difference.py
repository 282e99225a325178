"""What two versions of a program differ in, and the question that most of it comes down to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from interlock_dsl.analysis.facts import Facts
from interlock_dsl.analysis.knowledge.statements import failure_in, mentioned
from interlock_dsl.analysis.reasoning.reasoner import Reasoner, meaning
from interlock_dsl.analysis.rehearsal.story import values_read
from interlock_dsl.analysis.values.problem import Case, Impossible, Possible, Problem, Unknown
from interlock_dsl.cel.types import DYN, Basic, ListType, MapType, RecordType, Type
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.builtins import FAILURE, everywhere


class Direction(StrEnum):
    """What a difference does: `permits` more than before, `refuses` what was permitted, `changes` something else.

    `states`: something else is said of the program, and the same is permitted. `unknown`: whether there is a difference
    was not shown.
    """

    PERMITS = "permits"
    REFUSES = "refuses"
    CHANGES = "changes"
    STATES = "states"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: in what (`policy desk`, `workflow refund`), what it is, and values that show it, by path.

    `span` is its place: in the new version, or in the old one for what is gone.
    """

    direction: Direction
    subject: str
    text: str
    span: Span | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Region:
    """When something is so: in one of some cases. `inexact` are cases in which it may be so."""

    cases: tuple[Case, ...]
    inexact: bool = False


@dataclass(frozen=True, slots=True)
class Terrain:
    """The variables that regions are about, and those of them that may be absent."""

    types: Mapping[str, Type]
    optional: frozenset[str] = frozenset()


ANYWHERE: Final = (Case(()),)


def grown(
    reasoner: Reasoner, new: Region, old: Region, terrain: Terrain, reached: Sequence[Case] = ANYWHERE
) -> Possible | Unknown | None:
    """Return values that are in the new region and not in the old one, in one of the `reached` cases; None if none are.

    A case that both have is in both. Where the old region is inexact, values outside of it are still outside; that
    there are none is then not shown, unless its cases are the same.
    """
    known = {_key(case) for case in old.cases}
    unknown: Unknown | None = None
    for case in new.cases:
        if _key(case) in known:
            continue
        for place in reached:
            answer = reasoner.ask(_problem(_both(place, case), old.cases, terrain))
            if isinstance(answer, Possible) and not new.inexact:
                return answer
            if isinstance(answer, Possible) or (isinstance(answer, Impossible) and old.inexact):
                unknown = unknown or Unknown("there are too many rules to tell exactly")
            elif isinstance(answer, Unknown):
                unknown = unknown or answer
    return unknown


def _both(one: Case, other: Case) -> Case:
    statements = (*one.statements, *other.statements)
    return Case(statements, one.present | other.present, one.absent | other.absent)


def _problem(case: Case, without: Sequence[Case], terrain: Terrain) -> Problem:
    statements = [*case.statements, *(statement for each in without for statement in each.statements)]
    read = {name for statement in statements for name in mentioned(statement)}
    for each in (case, *without):
        read |= each.present | each.absent
    failure = failure_in(statements) if FAILURE in read else None
    failed = {} if failure is None else {FAILURE: failure}
    return Problem(
        case.statements,
        {name: type for name, type in terrain.types.items() if name in read} | failed,
        (terrain.optional & frozenset(read)) - case.present - case.absent,
        case.absent & frozenset(terrain.types),
        tuple(without),
    )


def _key(case: Case) -> object:
    return frozenset(map(meaning, case.statements)), case.present, case.absent


@dataclass(frozen=True, slots=True)
class Comparing:
    """What is compared: in which program part, over which variables, and where (in the old and in the new version)."""

    reasoner: Reasoner
    subject: str
    terrain: Terrain
    span: Span | None = None
    before: Sequence[Case] = ANYWHERE
    now: Sequence[Case] = ANYWHERE


def compared(about: Comparing, regions: Iterable[Region], gained: str, lost: str) -> Iterator[Difference]:
    """Yield what a region (the old and the new) gained, so that more is permitted, and what it lost, with witnesses."""
    old, new = regions
    subject, span = about.subject, about.span
    ways = ((new, old, Direction.PERMITS, gained, about.now), (old, new, Direction.REFUSES, lost, about.before))
    for more, less, direction, text, reached in ways:
        found = grown(about.reasoner, more, less, about.terrain, reached)
        if isinstance(found, Possible):
            read = [statement for case in (*more.cases, *less.cases) for statement in case.statements]
            yield Difference(direction, subject, text, span, values_read(read, found.bindings))
        elif found is not None:
            yield Difference(Direction.UNKNOWN, subject, f"whether {text}", span, reason=found.reason)


def contexts(old: Facts, new: Facts) -> Mapping[str, Type]:
    """Return what the conditions of two versions see everywhere; a context that is of another kind can be anything."""
    if old.context is None or new.context is None:
        return everywhere(new.context or old.context)
    return {**everywhere(new.context), "context": new.context if alike(old.context, new.context) else DYN}


def alike(one: Type, other: Type) -> bool:
    """Say whether what an expression reads of values of two types is of one kind."""
    match one, other:
        case RecordType(fields=fields), RecordType(fields=others):
            return all(alike(fields[name].type, others[name].type) for name in fields.keys() & others.keys())
        case ListType(element), ListType(another):
            return alike(element, another)
        case MapType(key, value), MapType(another, held):
            return alike(key, another) and alike(value, held)
        case _:
            return one == other if isinstance(one, Basic) else type(one) is type(other)
