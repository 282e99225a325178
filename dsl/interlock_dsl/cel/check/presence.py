"""What is known to be present at a place in an expression, from the guards passed on the way there.

A path is a variable and the fields selected from it. A guard that came out true (or false) makes a set of paths
known; `&&`, `||`, `!` and `?:` combine these sets. Only guards to the left count, though the logical operators are
commutative: what a reader checks first should come first. That a variable is absent is known in the same way, as a path
of its own kind (`absence`): where one of two variables is always there, the other one is then. So is that a record is
none of its cases (`told`): what all cases have that are left is there (`concluded`).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

from interlock_dsl.cel.check.scope import LocalReference, Reference, VariableReference
from interlock_dsl.cel.tree import Call, Expression, Index, ListOf, Literal, Present, Select
from interlock_dsl.cel.types import Cases, RecordType, Type

Path: TypeAlias = tuple[str | int, ...]
"""The name of a variable of the scope or the number of a local one, then names of fields."""

ABSENT = ""
"""The first name of a path that says that a variable, its second name, is absent; no variable is called so."""

EXCLUDED = "!"
"""The first name of a path that says what a record is not: then the number of a case, and the path of the record."""

Paths: TypeAlias = frozenset[Path]
NONE: Paths = frozenset()
Facts: TypeAlias = tuple[Paths, Paths]
"""The paths known to be present when an expression is true, and when it is false."""

NOTHING: Facts = (NONE, NONE)

Branch: TypeAlias = tuple[Paths | None, Paths | None]
"""The facts of a branch of `?:`, None where it cannot come out so: a literal `false` is never true."""


def path_of(
    node: Expression, reference: Callable[[Expression], Reference | None], aliases: dict[int, Path]
) -> Path | None:
    """Return the path an expression reads, None where it is not a plain chain of fields.

    `aliases` says which path a local variable stands for (`cel.bind(o, order, ...)`).
    """
    fields: list[str] = []
    while True:
        found = reference(node)
        if isinstance(found, VariableReference):
            return (found.name, *reversed(fields))
        if isinstance(found, LocalReference):
            return (*aliases.get(found.number, (found.number,)), *reversed(fields))
        match node:
            case Select(operand=operand, field=field, optional=False):
                fields.append(field)
            case Index(operand=operand, index=Literal(value=str() as field), optional=False):
                fields.append(field)
            case _:
                return None
        node = operand


def guard(node: Expression, path: Callable[[Expression], Path | None]) -> Paths:
    """Return what is present when an expression that is not a logical operator comes out true."""
    match node:
        case Present(operand=operand, field=field):
            pass
        case Call(function="hasValue", receiver=Select(operand=operand, field=field, optional=True)):
            pass
        case Call(function="@in", arguments=(Literal(value=str() as field), operand)):
            pass
        case _:
            return NONE
    known = path(operand)
    return NONE if known is None else frozenset((known, (*known, field)))


def told(
    node: Expression,
    path: Callable[[Expression], Path | None],
    type: Callable[[Expression], Type],
    cases: dict[Path, Cases],
) -> Facts:
    """Return which cases a record is not, by the value of a field that says which others it has; note its `cases`."""
    match node:
        case Select():
            return _told(node, (True,), path, type, cases)
        case Call(function="_==_" | "_!=_" as function, arguments=(left, right)):
            read, one = (left, right) if isinstance(left, Select) else (right, left)
            if not isinstance(read, Select) or not isinstance(one, Literal):
                return NOTHING
            facts = _told(read, (one.value,), path, type, cases)
        case Call(function="@in" as function, arguments=(Select() as read, ListOf(items=items))):
            values = tuple(item.value.value for item in items if isinstance(item.value, Literal) and not item.optional)
            if len(values) < len(items):
                return NOTHING
            facts = _told(read, values, path, type, cases)
        case _:
            return NOTHING
    return (facts[1], facts[0]) if function == "_!=_" else facts


def _told(
    read: Select,
    values: tuple[object, ...],
    path: Callable[[Expression], Path | None],
    type: Callable[[Expression], Type],
    cases: dict[Path, Cases],
) -> Facts:
    holder = type(read.operand)
    if not isinstance(holder, RecordType) or holder.cases is None or holder.cases.field != read.field or read.optional:
        return NOTHING
    known = path(read.operand)
    if known is None:
        return NOTHING
    cases[known] = holder.cases
    among = [value in values for value, _ in holder.cases.present]
    others, these = (
        frozenset((EXCLUDED, at, *known) for at, one in enumerate(among) if one is which) for which in (False, True)
    )
    return others, these


def concluded(paths: Paths, cases: Mapping[Path, Cases]) -> Paths:
    """Return paths with the fields that all cases have that are left of a record."""
    if not cases:
        return paths
    excluded: dict[Path, set[str | int]] = {}
    for path in paths:
        if path[0] == EXCLUDED:
            excluded.setdefault(path[2:], set()).add(path[1])
    found = set(paths)
    for known, gone in excluded.items():
        left = [fields for at, (_, fields) in enumerate(cases[known].present) if at not in gone]
        # Where no case is left anything is true: a comparison with a value that it never has is reported as such.
        every = (fields for _, fields in cases[known].present)
        found |= {(*known, name) for name in (frozenset.intersection(*left) if left else frozenset().union(*every))}
    return frozenset(found)


def narrowed(type: Type, root: Path, paths: Paths) -> Type:
    """Return the part of a type that has the fields at the paths which begin with `root`."""
    if not isinstance(type, RecordType):
        return type
    names = {path[len(root)] for path in paths if len(path) > len(root) and path[: len(root)] == root}
    fields = {
        name: replace(field, type=narrowed(field.type, (*root, name), paths), optional=False)
        for name, field in type.fields.items()
        if name in names
    }
    changed = any(fields[name] != type.fields[name] for name in fields)
    # A type of another name: what is written with the name of the declared one has the fields declared there.
    return RecordType("", {**type.fields, **fields}, type.cases) if changed else type


def absence(known: Path | None) -> Paths:
    """Return that the variable is absent which a path reads, if it reads no more than that."""
    return frozenset({(ABSENT, known[0])}) if known is not None and len(known) == 1 else NONE


def absent(paths: Paths) -> frozenset[str]:
    """Return the variables that are known to be absent."""
    return frozenset(str(path[1]) for path in paths if path[0] == ABSENT)


def there(paths: Paths) -> frozenset[str]:
    """Return the variables that are known to be there."""
    return frozenset(path[0] for path in paths if isinstance(path[0], str) and path[0] not in (ABSENT, EXCLUDED))


def together(one: Facts, other: Facts) -> Facts:
    """Combine two sources of facts of one expression."""
    return one[0] | other[0], one[1] | other[1]


def both(left: Facts, right: Facts) -> Facts:
    """Combine the facts of the operands of `&&`."""
    if left is NOTHING and right is NOTHING:
        return NOTHING
    return left[0] | right[0], left[1] & right[1]


def either(left: Facts, right: Facts) -> Facts:
    """Combine the facts of the operands of `||`."""
    if left is NOTHING and right is NOTHING:
        return NOTHING
    return left[0] & right[0], left[1] | right[1]


def choice(condition: Facts, then: Branch, otherwise: Branch) -> Facts:
    """Combine the facts of the three operands of `?:`."""
    return (
        _after(condition, then[0], otherwise[0]),
        _after(condition, then[1], otherwise[1]),
    )


def _after(condition: Facts, then: Paths | None, otherwise: Paths | None) -> Paths:
    one = None if then is None else condition[0] | then
    other = None if otherwise is None else condition[1] | otherwise
    if one is None or other is None:
        return one or other or NONE
    return one & other
