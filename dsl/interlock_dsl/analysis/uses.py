"""The use of a pack: what its parameters are given, and the policy that comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from interlock_dsl.cel.tree import Expression
from interlock_dsl.syntax.tree import Duration, Ident, NamedType, PackDecl, PolicyDecl, TypeNode, UsePack

KINDS: Final = frozenset({"role", "tool", "tools"})
"""The types of parameters that are names and no values."""

Given: TypeAlias = Expression | Duration | tuple[Ident, ...]
"""What a parameter is given: a value, a time, or names."""


@dataclass(frozen=True, slots=True)
class PackUse:
    """A use of a pack: what it is given by parameter, and the policy that its rules become there."""

    use: UsePack
    pack: PackDecl
    given: Mapping[str, Given]
    policy: PolicyDecl


def kind_of(type: TypeNode) -> str | None:
    """Return the kind of name that a parameter of this type is, None for a value."""
    return type.name.text if isinstance(type, NamedType) and type.name.text in KINDS else None
