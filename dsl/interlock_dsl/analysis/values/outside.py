"""What it takes for the value of an expression not to be of a type."""

import math

from interlock_dsl.analysis.values.domain import (
    ANYTHING,
    NOTHING,
    Choice,
    Domain,
    Numbers,
    Sized,
    Text,
    domain_of,
    meet,
    numbers,
)
from interlock_dsl.analysis.values.given import Given
from interlock_dsl.analysis.values.state import Contradiction, State
from interlock_dsl.cel.tree import Expression, ListOf, Literal, MapOf
from interlock_dsl.cel.types import DYN, ListType, MapType, RecordType, Type


def outside(given: Given, node: Expression, type: Type, state: State) -> list[State]:
    """Return the states in which a node has a value that is not of a type, none where it cannot."""
    found, _ = given.evaluate(node, state)
    if found is NOTHING or given.checked.type_of(node) == type:
        return []
    match type, node:
        case RecordType(fields=fields), MapOf(entries=entries):
            named = [(entry.key.value, entry.value) for entry in entries if isinstance(entry.key, Literal)]
            cases = [
                case
                for name, value in named
                if isinstance(name, str) and name in fields
                for case in outside(given, value, fields[name].type, state.copy())
            ]
            given_names = {name for name, _ in named}
            missing = any(not field.optional and name not in given_names for name, field in fields.items())
            whole = missing or len(named) < len(entries) or any(entry.optional for entry in entries)
            return [state] if whole or not given_names <= fields.keys() else cases
        case ListType(element, most), ListOf(items=items):
            cases = [case for item in items for case in outside(given, item.value, element, state.copy())]
            return [*cases, *([state] if most is not None and len(items) > most else [])]
    cases = []
    for part in beyond(found, given.checked.type_of(node), type):
        case = state.copy()
        try:
            given.refine(node, part, case)
        except Contradiction:
            continue
        cases.append(case)
    return cases


def beyond(found: Domain, own: Type, type: Type) -> list[Domain]:
    """Return the parts of a domain that are not of a type. `own` is the type that the values are of."""
    if own == type or type == DYN:
        return []
    wanted = domain_of(type)
    match found, wanted:
        case Numbers(), Numbers() if found.kind == wanted.kind:
            return _numbers_beyond(found, wanted)
        case Choice(values), _ if not isinstance(wanted, Sized | Numbers):
            if wanted is ANYTHING:
                return [found]
            rest = frozenset(v for v in values if meet(Choice(frozenset({v})), wanted) is NOTHING)
            return [Choice(rest)] if rest else []
        case Text(), Choice(values):
            texts = frozenset(str(value) for value in values)
            return [Text(found.low, found.high, found.prefix, found.suffix, found.without | texts)]
        case Text(), Text():
            return [Text(wanted.high + 1)] if found.high > wanted.high else []
        case Sized(), Sized() if found.kind == wanted.kind:
            if not _same_items(own, type):
                return [found]
            return [Sized(found.kind, wanted.high + 1, element=found.element)] if found.high > wanted.high else []
        case _:
            if isinstance(own, RecordType) and isinstance(type, RecordType) and own.fields == type.fields:
                return []
            return [found]


def _same_items(own: Type, type: Type) -> bool:
    match own, type:
        case ListType(one), ListType(other):
            return not beyond(domain_of(one), one, other)
        case MapType(_, one), MapType(_, other):
            return not beyond(domain_of(one), one, other)
        case _:
            return own == type


def _numbers_beyond(found: Numbers, wanted: Numbers) -> list[Domain]:
    parts: list[Domain] = []
    whole = found.kind != "double"
    if found.low < wanted.low:
        below = wanted.low - 1 if whole else math.nextafter(wanted.low, -math.inf)
        parts.append(numbers(found.kind, None, below))
    if found.high > wanted.high:
        above = wanted.high + 1 if whole else math.nextafter(wanted.high, math.inf)
        parts.append(numbers(found.kind, above))
    if found.nan and not wanted.nan:
        parts.append(Numbers(found.kind, math.inf, -math.inf, nan=True))
    return parts
