"""What an expression of a workflow may read, depending on where it stands."""

import re
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

from interlock_dsl.analysis.expressions import Expressions, free_names, walk
from interlock_dsl.analysis.links import Link, arriving
from interlock_dsl.analysis.workflows.failing import failure_of
from interlock_dsl.analysis.workflows.outline import Outline
from interlock_dsl.analysis.workflows.racing import Racing
from interlock_dsl.cel.check import Checked, Scope
from interlock_dsl.cel.tree import Expression, Name, Present
from interlock_dsl.cel.types import BOOL, DYN, ERROR, NULL, RecordType, Type
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.messages import routes as say
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.builtins import FAILURE
from interlock_dsl.program.graph import START

READ_OF = re.compile(r"(\w+)\s*\.\??\s*\Z")
"""The name that stands before a field."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a workflow: the steps that have certainly run, those that may have, and how to speak of it.

    Sets of steps are bits, as in `workflows.assignment`. `nodes` are the steps that the place belongs to, for telling
    what runs beside them. `without` gives the steps that have certainly run where others have not. `failure` is the
    type of what has failed, where every way there is taken on a trigger.
    """

    definite: int
    possible: int
    nodes: tuple[str, ...]
    words: str
    without: Callable[[frozenset[str]], int] | None = None
    link: Link | None = None
    failure: Type | None = None


def _said(name: str) -> tuple[str, str]:
    """Return what the checker says of a name that is not there, and of one that may be absent."""
    return f"there is no `{name}` here", f"`{name}` may be absent"


def _lasting(outline: Outline, every: int) -> int:
    """Return the steps whose output stays once it is there: no race and no route that backtracks discards it."""
    if not outline.complete or any(link.race for link in outline.routes):
        return 0
    bits = outline.flow.assigned.bits
    return every & ~reduce(or_, (part.bits(bits) for part in outline.flow.parts.values()), 0)


class Reader:
    """Checks the expressions of one workflow, each for its place. `outputs` are the types of the steps' outputs."""

    def __init__(self, outline: Outline, expressions: Expressions) -> None:
        self.outline = outline
        self.outputs: dict[str, Type] = {}
        self.expressions = expressions
        self._parameters: dict[str, Type] = {n: f.type for n, f in outline.parameters.fields.items()}
        self._optional = frozenset(name for name, field in outline.parameters.fields.items() if field.optional)
        self._bits = outline.flow.assigned.bits
        self._every = (1 << len(self._bits)) - 1
        self._racing = Racing(outline)
        self._lasting = _lasting(outline, self._every)

    def step(self, name: str) -> Place:
        """Return the place at the beginning of a step or an end."""
        flow = self.outline.flow
        if not self._known(name):
            return self._anything(name)
        what = "end" if name in self.outline.ends else "step"
        assigned = flow.assigned
        words = f"when the {what} `{name}` begins"
        return Place(
            assigned.definite[name], assigned.possible[name], (name,), words,
            lambda absent: assigned.without(absent).definite[name],
            failure=failure_of(arriving(self.outline.flow.graph, name), self.outline.routes),
        )  # fmt: skip

    def route(self, link: Link) -> Place:
        """Return the place where a route is considered."""
        assigned = self.outline.flow.assigned
        sources = tuple(source.text for source in link.decl.sources)
        if not all(self._known(source) for source in sources):
            return self._anything(*sources)
        named = " and ".join(f"`{source}`" for source in sources)
        words = f"when the route from {named} is considered"
        return Place(
            assigned.written(link), assigned.perhaps(link), sources, words,
            lambda absent: assigned.without(absent).written(link), link,
            failure_of((link,), self.outline.routes),
        )  # fmt: skip

    def afterwards(self, place: Place) -> Place:
        """Return the place where the grants of a route are read: what it discards is gone then, and no step has failed.

        The clauses that its way out takes over are read alike, whatever is there then.
        """
        link, assigned = place.link, self.outline.flow.assigned
        part = None if link is None else self.outline.flow.parts.get(link.id)
        if link is None or part is None:
            return replace(place, failure=None)
        gone = part.bits(self._bits)
        words = place.words.replace("is considered", "has been taken back")
        return replace(
            place,
            definite=place.definite & ~gone,
            possible=place.possible & ~gone if part.whole else place.possible,
            words=words,
            without=lambda absent: assigned.without(absent).written(link) & ~gone,
            failure=None,
        )

    def anywhere(self) -> Place:
        """Return the place of a rule that holds at every step: nothing has certainly run."""
        return Place(0, self._every, (), "")

    def unplaced(self) -> Place:
        """Return the place of a route that cannot be followed: anything may have run."""
        return self._anything()

    def _known(self, name: str) -> bool:
        return self.outline.complete and (name in self.outline.flow.reached or name == START)

    def _anything(self, *nodes: str) -> Place:
        return Place(self._every, self._every, nodes, "")

    def certain(self, name: str, place: Place) -> bool:
        """Say whether a step has certainly given its output at a place."""
        return bool(place.definite & self._bits[name])

    def scope(self, place: Place, extra: Mapping[str, Type], names: Set[str]) -> Scope:
        """Return the scope of a place: parameters, outputs, what every condition sees, and the given variables.

        Outputs that cannot be there are in it too, as what has been reported already. Of the outputs only those that
        are read (`names`) are in it, as long as nothing else is read: there may be thousands.
        """
        known = {**self._parameters, **self.expressions.everywhere, **extra}
        steps = self.outline.steps
        read = names if all(n in known or n in steps for n in names) else steps.keys()
        outputs = {n: self.outputs.get(n, DYN) if place.possible & self._bits[n] else ERROR for n in read if n in steps}
        absent = frozenset(n for n in outputs if place.possible & ~place.definite & self._bits[n])
        variables = {**self._parameters, **outputs, **self.expressions.everywhere, **extra}

        def certain(without: frozenset[str], given: frozenset[str]) -> frozenset[str]:
            steps_there = self._before(given)
            if without and place.without is not None:
                steps_there |= place.without(without)
            return frozenset(name for name in absent if steps_there & self._bits[name])

        return self.expressions.scope(variables, self._optional | absent, certain if absent else None)

    def _before(self, given: frozenset[str]) -> int:
        """Return the steps whose output is there wherever that of some others is: they ran before these could begin.

        Not those whose output can be discarded.
        """
        definite = self.outline.flow.assigned.definite
        return reduce(or_, (definite.get(name, 0) for name in given), 0) & self._lasting

    def check(
        self, tree: Expression, place: Place, expected: Type | None = None, extra: Mapping[str, Type] | None = None
    ) -> Checked:
        """Return an expression checked for its place."""
        names = list(free_names(tree))
        for name in names:
            self.check_read(name.name, name.span, place)
        scope = self.scope(place, {**(extra or {}), **self._failure(names, place)}, {name.name for name in names})

        def told(found: Diagnostic) -> Diagnostic | None:
            said = self._told(self._guarded(found, {name.name for name in names}), place, {n.name for n in names})
            return None if said is None else self._asked_before(said, place)

        return self.expressions.check(tree, scope, expected, told)

    def _failure(self, names: Iterable[Name], place: Place) -> Mapping[str, Type]:
        """Return `failure` with its type, if it is among the names that are read; report it where it may not be."""
        read = next((name for name in names if name.name == FAILURE), None)
        return {} if read is None else {FAILURE: self.failure(place, read.span)}

    def failure(self, place: Place, span: Span) -> Type:
        """Return the type of `failure` at a place; report it where nothing, or perhaps nothing, has failed."""
        if place.failure is None:
            if self.outline.complete:  # else a route that cannot be followed may be one on a trigger
                self.expressions.report.add(say.no_failure(span, *self._without_failure(place)))
            return ERROR
        return place.failure

    def _without_failure(self, place: Place) -> tuple[Span | None, bool]:
        """Return a route to a place on which nothing has failed, and whether something has on another."""
        if place.link is not None or len(place.nodes) != 1 or not self._known(place.nodes[0]):
            return None, False
        links = [link for link in arriving(self.outline.flow.graph, place.nodes[0]) if not link.way_out]
        ordinary = next((link.decl for link in links if link.decl.trigger is None), None)
        span = None if ordinary is None else ordinary.sources[0].span.to(ordinary.targets[-1].span)
        return span, any(link.decl.trigger is not None for link in links)

    def _guarded(self, found: Diagnostic, names: Set[str]) -> Diagnostic:
        """Return what was found, with the way to ask for an output that has no fields."""
        name = next((name for name in names if found.message == _said(name)[1] and name in self.outputs), None)
        if name is None or isinstance(self.outputs[name], RecordType) or self.outputs[name] in (DYN, ERROR):
            return found
        return replace(found, help=say.kept(name, empty=self.outputs[name] == NULL))

    def _asked_before(self, found: Diagnostic, place: Place) -> Diagnostic:
        """Return what was found; where a route to the place asked for it, with the note that this is not enough."""
        if found.code != "unguarded-optional" or place.link is not None or len(place.nodes) != 1:
            return found
        path = found.message.split("`")[1]
        for link in arriving(self.outline.flow.graph, place.nodes[0]) if self._known(place.nodes[0]) else ():
            when = link.decl.when
            asked = () if when is None else (node for node in walk(when) if isinstance(node, Present))
            if any(node.span.text.removeprefix("has(").startswith((f"{path})", f"{path}.")) for node in asked):
                return replace(found, notes=(*found.notes, say.ASKED_ON_ROUTE))
        return found

    def _told(self, found: Diagnostic, place: Place, names: Set[str]) -> Diagnostic | None:
        """Return what to say of what was found in an expression; None if it has been said of something else.

        What an output of an unknown type guards is not known: where one is read, nothing may be absent.
        """
        if found.code == "unguarded-optional" and any(self.outputs.get(name) == ERROR for name in names):
            return None
        name = next((name for name in names if found.message in _said(name)), None)
        if name is None:
            return found if self._new_field(found) else None
        if found.code == "undefined-reference":
            return found if self.expressions.report.first_of("step", name) else None
        return self.absent(name, place, found) if name in self._bits else found

    def _new_field(self, found: Diagnostic) -> bool:
        """Say whether a field is missing for the first time, of the record that is read under this name."""
        if found.code != "unavailable-field":
            return True
        before = READ_OF.search(found.span.source.text, max(0, found.span.start - 80), found.span.start)
        return self.expressions.report.first_of(f"field of {before[1] if before else ''}", found.message)

    def absent(self, name: str, place: Place, found: Diagnostic) -> Diagnostic | None:
        """Return what to say where an output may be absent; None if it was said of the join that makes it so."""
        return self._racing.blamed(self._bits[name], place.nodes, place.link, found)

    def check_present(self, tree: Expression, names: Set[str]) -> tuple[Checked, frozenset[str]]:
        """Return a condition over parameters and outputs checked for the states in which what it needs is there.

        What it needs are the names that may be absent and that it reads without a guard: it is those without which the
        condition does not check.
        """
        steps, fits = self.outline.steps.keys(), self.expressions.fits
        outputs = {name: self.outputs.get(name, DYN) for name in names if name in steps}
        variables = {**self._parameters, **outputs, **self.expressions.everywhere}

        def without(absent: frozenset[str]) -> Scope:
            return self.expressions.scope(variables, absent)

        perhaps = frozenset(name for name in names if name in steps or name in self._optional)
        whole = without(frozenset())
        if not fits(tree, whole, BOOL):
            return self.expressions.check(tree, whole, BOOL), perhaps
        guarded = frozenset(name for name in perhaps if fits(tree, without(frozenset({name})), BOOL))
        if not fits(tree, without(guarded), BOOL):  # guards of each other: one of them is there if the other is not
            guarded = frozenset()
        return self.expressions.check(tree, without(guarded), BOOL), perhaps - guarded

    def check_read(self, name: str, span: Span, place: Place) -> bool:
        """Say whether a step's output may be there at a place, and report it if it never is."""
        if name not in self.outline.steps or place.possible & self._bits[name]:
            return True
        beside = next((node for node in place.nodes if self.outline.flow.branches.at_once(node, name)), None)
        declared = self.outline.place(name)
        if beside is not None:
            self.expressions.report.add(say.parallel_read(f"`{beside}`", name, span, declared))
        else:
            self.expressions.report.add(say.not_yet(name, span, declared, place.words))
        return False
