"""What a syntax tree is made of, for whoever looks for something anywhere in it."""

from dataclasses import fields, is_dataclass

UNSAID = frozenset({"span", "source"})
_SAID: dict[type[object], tuple[str, ...]] = {}


def parts(value: object) -> tuple[object, ...]:
    """Return the items of a tuple or the fields of a node but its place; nothing of anything else."""
    if isinstance(value, tuple):
        return value
    kind = type(value)
    if kind not in _SAID:
        said = fields(kind) if is_dataclass(kind) else ()
        _SAID[kind] = tuple(field.name for field in said if field.name not in UNSAID)
    return tuple([getattr(value, name) for name in _SAID[kind]])
