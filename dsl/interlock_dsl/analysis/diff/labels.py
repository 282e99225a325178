"""Labels of two versions: they are read by the checks alone, so that a run does the same with and without them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from interlock_dsl.analysis.diff.difference import Difference, Direction
from interlock_dsl.cel.types import ListType, MapType, OptionalType, RecordType, Type
from interlock_dsl.diagnostics.source import Span


def unlabelled(type: Type | None) -> Type | None:
    """Return a type without the labels in it."""
    return None if type is None else _without(type)


def relabelled(old: Type | None, new: Type | None, subject: str, span: Span) -> Iterator[Difference]:
    """Yield which values of a type have other labels. `old` and `new` differ in nothing else."""
    before, now = _labels(old), _labels(new)
    for path in dict.fromkeys((*before, *now)):
        one, other = before.get(path, frozenset()), now.get(path, frozenset())
        for label in sorted(one ^ other):
            text = f"`{path}` is {'' if label in other else 'not '}labelled `@{label}`"
            yield Difference(Direction.STATES, subject, text, span)


def _without(type: Type) -> Type:
    match type:
        case RecordType(name=name, fields=fields):
            plain = {key: replace(f, type=_without(f.type), labels=frozenset()) for key, f in fields.items()}
            return RecordType(name, plain)
        case ListType(element=element):
            return replace(type, element=_without(element))
        case MapType(value=value):
            return replace(type, value=_without(value))
        case OptionalType(of=of):
            return replace(type, of=_without(of))
        case _:
            return type


def _labels(type: Type | None, path: str = "") -> Mapping[str, frozenset[str]]:
    """Return the labels of the fields inside a type, by their paths."""
    found: dict[str, frozenset[str]] = {}
    match type:
        case RecordType(fields=fields):
            for name, field in fields.items():
                inner = f"{path}.{name}" if path else name
                found |= {inner: field.labels, **_labels(field.type, inner)}
        case ListType(element=inside) | MapType(value=inside) | OptionalType(of=inside):
            found |= _labels(inside, f"{path}[]")
        case _:
            pass
    return found
