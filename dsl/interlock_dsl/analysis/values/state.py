"""What is known at a place of an evaluation: about variables and their fields, what is there, and how things relate.

A path is a variable and the names of fields under it; a local variable of a macro is known by its number. What is no
path (`now.getHours()`, `size(a + b)`) is a term: the same expression has the same value everywhere.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from interlock_dsl.analysis.values.domain import NOTHING, Choice, Domain, domain_of, meet
from interlock_dsl.analysis.values.points import contains
from interlock_dsl.cel.tree import Expression
from interlock_dsl.cel.types import DYN, Cases, MapType, RecordType, Type

Path: TypeAlias = tuple[str | int, ...]
Term: TypeAlias = Path | Expression
Signs: TypeAlias = frozenset[int | None]
"""How a left side can compare with a right side: -1 before, 0 level, 1 after, None neither (a NaN takes part)."""


class Contradiction(Exception):
    """There are no such values."""


class State:
    """Narrowed domains by path and by term, presence by path, relations between terms. `types` is shared, never changed
    but for local variables, whose numbers are unique.
    """

    __slots__ = ("aliases", "chosen", "domains", "optional", "present", "relations", "terms", "types")

    def __init__(self, types: Mapping[str, Type], optional: frozenset[str] = frozenset()) -> None:
        self.types: dict[str | int, Type] = dict(types.items())
        self.optional = optional
        self.domains: dict[Path, Domain] = {}
        self.present: dict[Path, bool] = {}
        self.terms: dict[Expression, Domain] = {}
        self.relations: dict[tuple[Term, Term], Signs] = {}
        self.aliases: dict[Path, Path] = {}
        self.chosen: dict[Path, object] = {}
        """Values that were chosen to be tried."""

    def copy(self) -> "State":
        """Return a state of its own that knows the same."""
        made = State.__new__(State)
        made.types, made.optional, made.aliases = self.types, self.optional, self.aliases
        made.domains, made.present, made.chosen = self.domains.copy(), self.present.copy(), self.chosen
        made.terms, made.relations = self.terms.copy(), self.relations.copy()
        return made

    def take(self, other: "State") -> None:
        """Know what another state knows, which no one else uses any more."""
        self.domains, self.present = other.domains, other.present
        self.terms, self.relations = other.terms, other.relations

    def known(self) -> tuple[object, ...]:
        """Return all that is known, to be compared with what is known later."""
        return dict(self.domains), dict(self.present), dict(self.terms), dict(self.relations)

    def resolve(self, path: Path) -> Path:
        """Return the path that this one is the same as."""
        if not self.aliases:
            return path
        for length in range(len(path), 0, -1):
            if path[:length] in self.aliases:
                return self.resolve((*self.aliases[path[:length]], *path[length:]))
        return path

    def type_at(self, path: Path) -> Type:
        """Return the declared type of what stands at a path."""
        type = self.types.get(path[0], DYN)
        for name in path[1:]:
            match type:
                case RecordType(fields=fields) if name in fields:
                    type = fields[str(name)].type
                case MapType(value=value):
                    type = value
                case _:
                    return DYN
        return type

    def domain(self, path: Path) -> Domain:
        """Return what the value at a path can be, where there is one."""
        if self.aliases:
            path = self.resolve(path)
        found = self.domains.get(path)
        return domain_of(self.type_at(path)) if found is None else found

    def narrow(self, path: Path, domain: Domain) -> None:
        """Know that the value at a path is in a domain; raise `Contradiction` if it cannot be."""
        path = self.resolve(path) if self.aliases else path
        before = self.domain(path)
        after = meet(before, domain)
        if after is NOTHING:
            raise Contradiction
        if after is not before and after != before:
            self.domains[path] = after
            self._told(path, after)

    def narrow_term(self, term: Expression, domain: Domain, now: Domain) -> None:
        """Know that the value of a term, which is in `now`, is in a domain."""
        after = meet(self.terms.get(term, now), domain)
        if after is NOTHING:
            raise Contradiction
        if after != now:
            self.terms[term] = after

    def relate(self, left: Term, right: Term, signs: Signs) -> Signs:
        """Know how two terms compare; return all that is known of that."""
        if (right, left) in self.relations:
            turned = frozenset(None if sign is None else -sign for sign in signs)
            kept = self.relations[right, left] & turned
            self.relations[right, left] = kept
            kept = frozenset(None if sign is None else -sign for sign in kept)
        else:
            kept = self.relations.get((left, right), signs) & signs
            self.relations[left, right] = kept
        if not kept:
            raise Contradiction
        return kept

    def may_lack(self, path: Path) -> bool:
        """Say whether the last part of a path may not be there, by its type and what is known."""
        path = self.resolve(path) if self.aliases else path
        known = self.present.get(path)
        if known is not None:
            return not known
        if len(path) == 1:
            return path[0] in self.optional
        match self.type_at(path[:-1]):
            case RecordType(fields=fields) if path[-1] in fields:
                return fields[str(path[-1])].optional
            case _:
                return True

    def lacks(self, path: Path) -> bool:
        """Say whether a part of a path is known not to be there."""
        present = self.present
        if not present:
            return False
        path = self.resolve(path) if self.aliases else path
        return False in [present.get(path[:length]) for length in range(1, len(path) + 1)]

    def require(self, path: Path) -> None:
        """Know that a path, and so every part of it, is there."""
        path = self.resolve(path) if self.aliases else path
        for length in range(1, len(path) + 1):
            part = path[:length]
            if self.present.get(part) is False:
                raise Contradiction
            if self.may_lack(part):
                self.present[part] = True
                self._tells(part)

    def forbid(self, path: Path) -> None:
        """Know that a path is not there."""
        path = self.resolve(path) if self.aliases else path
        if self.present.get(path) is True or not self.may_lack(path):
            raise Contradiction
        if any(there and longer[: len(path)] == path for longer, there in self.present.items()):
            raise Contradiction
        self.present[path] = False

    def _told(self, path: Path, domain: Domain) -> None:
        """Know which fields a record has by the value of the one that says so."""
        cases = self._cases(path)
        if cases is None or cases.field != path[-1]:
            return
        certain, possible = cases.among(lambda value: contains(domain, value))
        for name in {name for _, names in cases.present for name in names}:
            if name in certain:
                self.require((*path[:-1], name))
            elif name not in possible and self.may_lack((*path[:-1], name)):
                self.forbid((*path[:-1], name))

    def _tells(self, path: Path) -> None:
        """Know the field that says which others a record has by one that is there."""
        cases = self._cases(path)
        values = None if cases is None else cases.having(str(path[-1]))
        if cases is not None and values is not None:
            self.narrow((*path[:-1], cases.field), Choice(frozenset(values)))

    def _cases(self, path: Path) -> Cases | None:
        holder = self.type_at(path[:-1]) if len(path) > 1 else DYN
        return holder.cases if isinstance(holder, RecordType) else None

    def absent(self) -> Iterable[str]:
        """Yield the variables that are known not to be there."""
        return (str(path[0]) for path, there in self.present.items() if not there and len(path) == 1)
