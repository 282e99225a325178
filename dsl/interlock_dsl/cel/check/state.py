"""What one check has found out so far; the rules of the checker read it and write to it."""

import re
from typing import Final

from interlock_dsl.cel.check import presence
from interlock_dsl.cel.check.scope import LocalReference, Reference, Scope, VariableReference
from interlock_dsl.cel.check.unify import Bindings
from interlock_dsl.cel.tree import Expression
from interlock_dsl.cel.types import DYN, ERROR, Cases, Type
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.source import Span

_FIELD: Final = re.compile(r"\s*\.\s*(\w+)")


class State:
    """Types and references by the identity of the node, and the scope at the place the walk has reached."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.bindings = Bindings()
        self.types: dict[int, Type] = {}
        self.references: dict[int, Reference] = {}
        self.facts: dict[int, presence.Facts] = {}
        self.cases: dict[presence.Path, Cases] = {}
        self.diagnostics: list[Diagnostic] = []
        self.unguarded: list[tuple[str, Span, str]] = []
        """Reads of what may be absent, for `messages.unguarded`: what to do depends on the type of the whole."""
        self.locals: dict[str, LocalReference] = {}
        self.aliases: dict[int, presence.Path] = {}
        self.present: presence.Paths = presence.NONE
        self.excused: int | None = None
        self._locals_made = 0

    def report(self, diagnostic: Diagnostic) -> Type:
        """Keep a finding (once) and return the type that silences what would follow from it."""
        if diagnostic not in self.diagnostics:
            self.diagnostics.append(diagnostic)
        return ERROR

    def reference(self, node: Expression) -> Reference | None:
        """Return what a node that is a name turned out to mean."""
        return self.references.get(id(node))

    def type_of(self, node: Expression) -> Type:
        """Return the type that a node turned out to have; `dyn` for one that is part of a qualified name."""
        return self.bindings.resolve(self.types.get(id(node), DYN))

    def path(self, node: Expression) -> presence.Path | None:
        """Return the chain of fields that a node reads."""
        return presence.path_of(node, self.reference, self.aliases)

    def told(self, node: Expression) -> presence.Facts:
        """Return which cases a record is not where a node comes out true, and where it comes out false."""
        return presence.told(node, self.path, self.type_of, self.cases)

    def local(self, name: str, type: Type) -> LocalReference:
        """Return a new local variable."""
        self._locals_made += 1
        return LocalReference(name, self._locals_made, type)

    def variable(self, node: Expression, found: VariableReference) -> Type:
        """Note that a node reads a variable, and return its type."""
        self.references[id(node)] = found
        may_be_absent = found.name in self.scope.optional_variables and id(node) != self.excused
        if may_be_absent and (found.name,) not in self.present and not self._left_over(found.name):
            self.unguarded.append((found.name, node.span, f"{found.name}.{_field_after(node.span)}"))
        return found.type

    def _left_over(self, name: str) -> bool:
        """Whether a variable is there because of others that are known to be absent, or to be there."""
        absent, present = presence.absent(self.present), presence.there(self.present)
        return (
            bool(absent or present) and self.scope.certain is not None and name in self.scope.certain(absent, present)
        )

    def require_present(self, path: presence.Path | None, written: str, span: Span) -> None:
        """Complain about a read of an optional field that no guard covers."""
        if path is None or path not in self.present:
            self.unguarded.append((written, span, written))


def _field_after(span: Span) -> str:
    """Return the field that is read of what stands at a place, `...` if the text does not say."""
    read = _FIELD.match(span.source.text, span.end)
    return read[1] if read else "..."
