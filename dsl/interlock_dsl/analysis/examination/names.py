"""The names that stand in a part of a file."""

from collections.abc import Iterator

from interlock_dsl.cel.tree import Name
from interlock_dsl.syntax.parts import parts
from interlock_dsl.syntax.tree import Ident, NamedNumber


def names_in(value: object) -> Iterator[str]:
    """Yield every name in a part of a tree, also in its expressions and in the place of numbers."""
    match value:
        case Ident(text=text):
            yield text
        case Name():
            yield value.name
        case NamedNumber():
            yield value.ident.text
        case _:
            for part in parts(value):
                yield from names_in(part)
