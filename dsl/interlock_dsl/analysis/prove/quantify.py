"""Macros over lists and maps, item by item; of items that are not modelled only what one of them shows is known."""

from collections.abc import Callable, Mapping

from interlock_dsl.analysis.prove import access
from interlock_dsl.analysis.prove.logic import Bool, conj, neg, pick, total
from interlock_dsl.analysis.prove.shapes import (
    Items,
    Number,
    Record,
    Rest,
    Slot,
    Term,
    Truth,
    Value,
    first_of,
    where,
)
from interlock_dsl.analysis.prove.space import Space
from interlock_dsl.analysis.prove.terms import absorbing, boolean, each, truth_of, unknown
from interlock_dsl.cel.tree import Comprehension
from interlock_dsl.cel.types import DYN, Type

Body = Callable[[Mapping[str, Term]], Term]


def over(space: Space, node: Comprehension, range_: Term, condition: Body | None, body: Body, type: Type) -> Term:
    """Return the term of a macro; `condition` and `body` give theirs for the values of its variables."""

    def apply(value: Value) -> Term:
        if isinstance(value, Record) and not value.keys:
            value = Items(())
        if not isinstance(value, Items) or condition is not None or node.kind.startswith("transform"):
            return unknown(space, type)
        if len(node.variables) == 2 and not value.packed:
            return unknown(space, type)
        results = [
            boolean(space, found) if node.kind != "map" else found
            for found in (body(_bound(node, at, slot.value)) for at, slot in enumerate(value.items))
        ]
        match node.kind:
            case "all" | "exists":
                return _quantified(space, node, value, results, body)
            case "exists_one" if value.rest is None:
                return _one(value, results)
            case "map" if value.rest is None:
                items = tuple(Slot(slot.present, term.value) for slot, term in zip(value.items, results, strict=True))
                return Term(Items(items, packed=value.packed), _strictly(value, results))
            case "filter":
                return _filtered(space, value, results)
            case _:
                return unknown(space, type)

    return each((range_,), apply)


def _bound(node: Comprehension, at: int, value: Value) -> Mapping[str, Term]:
    if len(node.variables) == 1:
        return {node.variables[0]: Term(value)}
    return {node.variables[0]: Term(Number("int", at)), node.variables[1]: Term(value)}


def _quantified(space: Space, node: Comprehension, value: Items, results: list[Term], body: Body) -> Term:
    """Return `all` or `exists`: items that are not there do not count."""
    decisive = node.kind == "exists"
    parts = [_counted(slot.present, term, decisive) for slot, term in zip(value.items, results, strict=True)]
    if value.rest is not None:
        parts.append(_of_rest(space, node, value.rest, body, decisive))
    return absorbing(parts, decisive=decisive) if parts else Term(Truth(not decisive))


def _counted(present: Bool, term: Term, decisive: bool) -> Term:
    held = conj(present, truth_of(term)) if decisive else neg(conj(present, neg(truth_of(term))))
    return Term(Truth(held), where(present, term.fails))


def _of_rest(space: Space, node: Comprehension, rest: Rest, body: Body, decisive: bool) -> Term:
    """Return what a macro says of the items that are not modelled.

    One that decides is an item for which the body decides. None that decides, and no error, holds for each item that
    was asked for.
    """
    if len(node.variables) == 2:
        found = unknown(space, DYN)
        return Term(Truth(space.truth("rest")), found.fails)

    def at(value: Value) -> Term:
        return boolean(space, body({node.variables[0]: Term(value)}))

    witness = space.fresh(rest.type)
    shown = at(witness)
    deciding = truth_of(shown) if decisive else neg(truth_of(shown))
    decided, failing = space.truth("decided"), space.truth("fails")
    holds = space.truth("witness")
    access.add_member(space, rest, witness, holds, exact=False)
    space.state(neg(conj(decided, neg(conj(holds, neg(shown.failing), deciding)))))
    space.state(neg(conj(failing, rest.size == 0)))

    def law(value: Value, held: Bool) -> None:
        term = at(value)
        met = truth_of(term) if decisive else neg(truth_of(term))
        space.state(neg(conj(held, neg(term.failing), met, neg(decided))))
        space.state(neg(conj(held, term.failing, neg(decided), neg(failing))))

    for value, held, _ in list(rest.members)[:-1]:
        law(value, held)
    rest.laws.append(law)
    return Term(Truth(decided if decisive else neg(decided)), where(neg(decided), {"*": failing}))


def _strictly(value: Items, results: list[Term]) -> Mapping[str, Bool]:
    return first_of(*(where(slot.present, term.fails) for slot, term in zip(value.items, results, strict=True)))


def _one(value: Items, results: list[Term]) -> Term:
    met = [conj(slot.present, truth_of(term)) for slot, term in zip(value.items, results, strict=True)]
    count = total(pick(each, 1, 0) for each in met)
    return Term(Truth(count == 1), _strictly(value, results))


def _filtered(space: Space, value: Items, results: list[Term]) -> Term:
    if value.rest is not None:
        size = space.whole("kept")
        space.state(conj(size >= 0, size <= value.rest.size))
        kept = Rest(space.number(), value.rest.type, size)
        return Term(Items((), kept), {"*": space.truth("fails")}) if not value.items else unknown(space, DYN)
    items = tuple(
        Slot(conj(slot.present, truth_of(term)), slot.value) for slot, term in zip(value.items, results, strict=True)
    )
    return Term(Items(items, packed=False), _strictly(value, results))
