"""From the use of a pack to a policy: the pack's rules, in which each parameter is what it is given.

The rules stay where they stand in the pack's file, the policy stands where the pack is used, and what was given stays
where it was written. So a finding in a rule names the pack, and one in what was given names the use.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from itertools import count
from typing import Any, TypeVar

from interlock_dsl.analysis.expressions import free_names
from interlock_dsl.analysis.uses import Given
from interlock_dsl.cel.tree import (
    Bind,
    Call,
    Comprehension,
    Expression,
    Index,
    ListItem,
    ListOf,
    Literal,
    MapEntry,
    MapOf,
    Name,
    Present,
    Select,
)
from interlock_dsl.syntax.tree import Duration, Ident, NamedNumber, Node, PackDecl, PolicyDecl, UsePack

AnyNode = TypeVar("AnyNode", bound=Node)


def expand(use: UsePack, pack: PackDecl, given: Mapping[str, Given]) -> PolicyDecl:
    """Return the policy that the rules of a pack become where it is used."""
    filling = _Filling({**given, pack.calls.text: use.patterns})
    rules = tuple(filling.node(rule) for rule in pack.rules)
    return PolicyDecl(use.name or replace(pack.name, span=use.span), rules, span=use.span)


class _Filling:
    """Puts what is given in the places of parameters."""

    def __init__(self, given: Mapping[str, Given]) -> None:
        self._given = given

    def node(self, node: AnyNode) -> AnyNode:
        """Return a node of a rule with everything in it filled in."""
        changed: dict[str, Any] = {}
        for each in fields(node):
            value = getattr(node, each.name)
            filled = self._part(value)
            if filled is not value:
                changed[each.name] = filled
        return replace(node, **changed) if changed else node

    def _part(self, value: object) -> object:
        match value:
            case NamedNumber():
                return self._number(value)
            case Duration(name=Ident() as name):
                given = self._given.get(name.text)
                return given if isinstance(given, Duration) else self._renamed(value, name, given)
            case Ident():
                names = self._names(value)
                return names[0] if len(names) == 1 else value
            case tuple():
                parts = [self._names(each) if isinstance(each, Ident) else (self._part(each),) for each in value]
                return tuple(part for several in parts for part in several)
            case Node():
                return self.node(value)
            case _ if isinstance(value, Expression):
                return self.expression(value, frozenset())
            case _:
                return value

    def _number(self, number: NamedNumber) -> int:
        match self._given.get(number.ident.text):
            case Literal(value=int() as value) if not isinstance(value, bool):
                return value
            case Name(name=name, span=span):
                return NamedNumber(Ident(name, span=span))
            case _:
                return number

    def _renamed(self, duration: Duration, name: Ident, given: Given | None) -> Duration:
        """Return a duration that a constant of the file which uses the pack gives, if one does."""
        return replace(duration, name=Ident(given.name, span=given.span)) if isinstance(given, Name) else duration

    def _names(self, name: Ident) -> tuple[Ident, ...]:
        given = self._given.get(name.text)
        return given if isinstance(given, tuple) else (name,)

    def expression(self, node: Expression, bound: frozenset[str]) -> Expression:
        """Return an expression with its free names filled in; `bound` are the names that macros around it bind."""

        def filled(inner: Expression) -> Expression:
            return self.expression(inner, bound)

        match node:
            case Literal():
                return node
            case Name(name=name):
                given = None if name in bound else self._given.get(name)
                return node if given is None else _as_expression(given, node)
            case Select() | Present():
                return replace(node, operand=filled(node.operand))
            case Index():
                return replace(node, operand=filled(node.operand), index=filled(node.index))
            case Call():
                receiver = None if node.receiver is None else filled(node.receiver)
                return replace(node, receiver=receiver, arguments=tuple(map(filled, node.arguments)))
            case ListOf():
                return replace(node, items=tuple(ListItem(filled(i.value), i.optional) for i in node.items))
            case MapOf():
                entries = (MapEntry(filled(e.key), filled(e.value), e.optional) for e in node.entries)
                return replace(node, entries=tuple(entries))
            case Comprehension():
                return self._comprehension(node, bound)
            case Bind():
                (name,), body = self._apart((node.name,), (node.body,), bound)
                inner = self.expression(body[0], bound | {name})
                return replace(node, name=name, value=filled(node.value), body=inner)

    def _comprehension(self, node: Comprehension, bound: frozenset[str]) -> Comprehension:
        parts = (node.body,) if node.condition is None else (node.body, node.condition)
        names, renamed = self._apart(node.variables, parts, bound)
        body, *rest = (self.expression(part, bound | set(names)) for part in renamed)
        range_ = self.expression(node.range, bound)
        return replace(node, range=range_, variables=names, body=body, condition=rest[0] if rest else None)

    def _apart(
        self, names: tuple[str, ...], parts: Sequence[Expression], bound: frozenset[str]
    ) -> tuple[tuple[str, ...], Sequence[Expression]]:
        """Rename what a macro binds, where what is given for a parameter inside it reads something of that name."""
        used = {read.name for part in parts for read in free_names(part, bound | set(names))}
        taken = {
            read.name
            for name in used
            if not isinstance(given := self._given.get(name), tuple | Duration | None)
            for read in free_names(given)
        }
        renamed = {name: next(f"{name}_{n}" for n in count(1) if f"{name}_{n}" not in taken | used) for name in names}
        changes = {name: new for name, new in renamed.items() if name in taken}
        if not changes:
            return names, parts
        within = _Filling({old: Name(new, parts[0].span) for old, new in changes.items()})
        return tuple(changes.get(name, name) for name in names), [within.expression(p, frozenset()) for p in parts]


def _as_expression(given: Given, place: Name) -> Expression:
    """Return what is given as it stands in an expression: names are texts, times are durations."""
    match given:
        case tuple():
            return Literal(given[0].text, given[0].span) if len(given) == 1 else place
        case Duration(micros=micros):
            text = Literal(f"{micros}us", given.span)
            return Call("duration", (text,), given.span, given.span)
        case _:
            return given
