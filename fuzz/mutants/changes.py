"""The small changes that `fuzz/mutants.py` makes: which there are, how one is named, and the code that it gives.

A comparison turned, `and` for `or`, an operand or a `not` dropped, a number or a truth changed, a statement removed.
Texts, annotations, docstrings, decorators and what is said of an error are left alone.
"""

import ast
import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = (
    "engine/interlock/decide",
    "engine/interlock/run",
    "engine/interlock/journal",
    "engine/interlock/runtime",
    "dsl/interlock_dsl/lowering",
    "dsl/interlock_dsl/analysis",
)
"""What is changed."""
ANALYSIS: Final = frozenset({
    "checks", "declarations", "workflows", "arguments.py", "cases.py", "cascading.py", "expressions.py", "extent.py",
    "facts.py", "judge.py", "links.py", "symbols.py", "types.py",
})  # fmt: skip
"""Of the analysis, what decides whether a program compiles: lints and what they reason with are left out."""
REMOVED: Final = "(removed)"

Key = tuple[str, str, str, str, int]
"""File, function, before, after, and a number that tells apart equal changes in one function."""

_TURNED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_UNTOUCHED: Final = frozenset({"annotation", "returns", "decorator_list", "type_params", "msg"})
_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True)
class Place:
    """A node in its tree: what holds it, in which field, and at which index where that is a list."""

    parent: ast.AST
    field: str
    index: int | None

    def put(self, node: ast.AST) -> None:
        """Let the parent hold another node here."""
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


@dataclass(frozen=True)
class Mutant:
    """One change: where, what it was and what it is; `number` tells apart equal changes in one function."""

    path: str
    function: str
    before: str
    after: str
    number: int
    line: int
    lines: frozenset[int] = field(compare=False)
    """The lines that run the changed code."""
    called: bool = field(compare=False)
    """Whether the code is that of a function: if not, it is run when the module is imported."""
    tree: ast.Module = field(compare=False, repr=False)
    place: Place = field(compare=False, repr=False)
    original: ast.AST = field(compare=False, repr=False)
    changed: ast.AST = field(compare=False, repr=False)

    @property
    def key(self) -> Key:
        """What a mutant is known by while other parts of its file change."""
        return self.path, self.function, self.before, self.after, self.number

    def code(self) -> CodeType:
        """Compile the file with the change; the lines keep their numbers."""
        self.place.put(self.changed)
        try:
            return compile(self.tree, str(ROOT / self.path), "exec", dont_inherit=True)
        finally:
            self.place.put(self.original)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}  {self.function or 'module'}  {self.before}  ->  {self.after}"


def every(only: frozenset[str] = frozenset()) -> list[Mutant]:
    """Return all mutants of the packages, or of those with the names given."""
    return [
        mutant
        for package in PACKAGES
        if not only or Path(package).name in only
        for path in sorted((ROOT / package).rglob("*.py"))
        if not package.endswith("/analysis") or path.relative_to(ROOT / package).parts[0] in ANALYSIS
        for mutant in mutants(str(path.relative_to(ROOT)))
    ]


def sample(seed: int, count: int, among: list[Mutant]) -> list[Mutant]:
    """Return so many, chosen evenly; a change elsewhere in the code leaves most of the choice as it is."""

    def drawn(mutant: Mutant) -> bytes:
        return hashlib.sha256(repr((seed, mutant.key)).encode()).digest()

    return sorted(sorted(among, key=drawn)[:count], key=lambda mutant: (mutant.path, mutant.line, mutant.key))


def equivalents(path: Path) -> dict[Key, str]:
    """Return the mutants that mean the same as the original, each with its reason.

    Raises:
        ValueError: an entry lacks a part or its reason.

    """
    found = {}
    for entry in tomllib.loads(path.read_text()).get("mutant", []) if path.exists() else []:
        if not {"file", "function", "before", "after", "reason"} <= entry.keys() or not entry["reason"].strip():
            raise ValueError(f"{path.name}: an entry needs file, function, before, after and reason, but is {entry}")
        key = (entry["file"], entry["function"], entry["before"], entry["after"], entry.get("number", 0))
        found[key] = entry["reason"]
    return found


def mutants(path: str) -> Iterator[Mutant]:
    """Yield the mutants of a file."""
    tree = ast.parse((ROOT / path).read_text())
    seen: Counter[tuple[str, str, str]] = Counter()
    for site in _Sites(tree).found:
        before = ast.unparse(site.node).splitlines()[0]
        after = REMOVED if isinstance(site.changed, ast.Pass) else ast.unparse(site.changed).splitlines()[0]
        ast.copy_location(site.changed, site.node)
        named = (site.function, before, after)
        yield Mutant(
            path, *named, seen[named], site.node.lineno, site.lines, site.called, tree, site.place, site.node,
            site.changed,
        )  # fmt: skip
        seen[named] += 1


@dataclass(frozen=True)
class _Site:
    place: Place
    node: ast.expr | ast.stmt
    changed: ast.expr | ast.stmt
    function: str
    called: bool
    lines: frozenset[int]


class _Sites:
    """Finds the nodes that may be changed, each with what it becomes."""

    def __init__(self, tree: ast.Module) -> None:
        self.found: list[_Site] = []
        self._names: list[str] = []
        self._called = False
        self._lines: frozenset[int] = frozenset()
        self._inside(tree)

    def _inside(self, node: ast.AST) -> None:
        for name, value in ast.iter_fields(node):
            if name in _UNTOUCHED:
                continue
            if isinstance(value, list):
                for index, item in enumerate(value):
                    if isinstance(item, ast.AST):
                        self._at(item, Place(node, name, index))
            elif isinstance(value, ast.AST):
                self._at(value, Place(node, name, None))

    def _at(self, node: ast.AST, place: Place) -> None:
        if isinstance(node, ast.stmt):
            if _silent(node):
                return
            self._lines = frozenset(range(node.lineno, _head_end(node) + 1))
            if _removable(node):
                self._found(node, place, ast.Pass())
            if isinstance(node, ast.Raise):
                return
        elif isinstance(node, ast.expr):
            for changed in _changes(node):
                self._found(node, place, changed)
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.keyword) and node.arg == "repr"):
            return
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            self._scope(node)
        else:
            self._inside(node)

    def _scope(self, node: ast.AST) -> None:
        names, called, lines = list(self._names), self._called, self._lines
        self._names.append(getattr(node, "name", "<lambda>"))
        if isinstance(node, _FUNCTIONS):
            # Defaults belong to what is around the function.
            self._inside(node.args)
            self._called = True
        for name in ("body", "bases", "keywords"):
            value = getattr(node, name, None)
            for index, item in enumerate(value if isinstance(value, list) else ()):
                self._at(item, Place(node, name, index))
            if isinstance(value, ast.AST):
                self._at(value, Place(node, name, None))
        self._names, self._called, self._lines = names, called, lines

    def _found(self, node: ast.expr | ast.stmt, place: Place, changed: ast.expr | ast.stmt) -> None:
        own = frozenset(range(node.lineno, _head_end(node) + 1))
        function = ".".join(self._names)
        self.found.append(_Site(place, node, changed, function, self._called, own or self._lines))


def _head_end(node: ast.expr | ast.stmt) -> int:
    """Return the last line of an expression, of a simple statement, or of what stands before a statement's body."""
    body = getattr(node, "body", None) or getattr(node, "cases", None)
    if isinstance(node, ast.stmt) and isinstance(body, list):
        first = body[0].pattern if isinstance(body[0], ast.match_case) else body[0]
        return max(node.lineno, first.lineno - 1)
    return node.end_lineno or node.lineno


def _changes(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Compare(left, ops, comparators):
            for at, operator in enumerate(ops):
                turned = _TURNED.get(type(operator))
                if turned is not None:
                    yield ast.Compare(left, [*ops[:at], turned(), *ops[at + 1 :]], comparators)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            for at in range(len(values)):
                rest = [*values[:at], *values[at + 1 :]]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(op, rest)
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.Constant(value) if isinstance(value, bool):
            yield ast.Constant(not value)
        case ast.Constant(value) if isinstance(value, int):
            yield ast.Constant(value + 1)
        case _:
            return


def _silent(node: ast.stmt) -> bool:
    """Whether a statement is a text, or there for type checkers alone."""
    match node:
        case ast.Expr(ast.Constant()) | ast.If(ast.Name("TYPE_CHECKING")):
            return True
        case _:
            return False


def _removable(node: ast.stmt) -> bool:
    """Whether a statement may be missing without a name being missing."""
    match node:
        case ast.Expr() | ast.AugAssign() | ast.Raise() | ast.Continue() | ast.Break() | ast.Delete():
            return True
        case ast.Assign(targets=targets):
            return all(isinstance(target, ast.Attribute | ast.Subscript) for target in targets)
        case ast.Return(value=value):
            return value is None
        case ast.If(orelse=[]):
            return True
        case _:
            return False
