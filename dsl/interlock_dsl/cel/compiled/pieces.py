"""Small parts of generated code: constructors of `ast` nodes, and pieces of an expression under construction.

Nothing here comes from an expression's text but constants: every name in generated code is made by `Unit`.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, cast

LOAD = ast.Load()
STORE = ast.Store()
BINDINGS = "bindings"
"""The one name in generated code that the caller must define: what the variables are bound to."""

Known: TypeAlias = frozenset[tuple[str, ...]]
"""What is established where a piece of code runs: `(name,)` is assigned, `(name, fact)` holds for its value."""

NOTHING: Known = frozenset()


@dataclass(slots=True)
class Piece:
    """Code for a sub-expression. Pieces are not changed once made: `replace` makes another.

    `tests` must hold, in order, before `code` is evaluated; where one does not, the interpreter has to answer.
    `kind` is what the value is certain to be, None for one as the host gave it. `slot` is the local variable that
    holds the value once `code` has run. `length` bounds the length of text and lists. `cost` bounds what the
    evaluator would count. `when_true` and `when_false` are known after the code came out so.
    """

    code: ast.expr
    kind: str | None
    cost: int
    when_true: Known
    when_false: Known
    tests: tuple[ast.expr, ...] = ()
    slot: str | None = None
    length: int | None = None
    constant: bool = False
    value: object = field(default=None, compare=False)

    @property
    def known(self) -> Known:
        """What is known after the code has run, whatever it came to."""
        return self.when_true if self.when_true is self.when_false else self.when_true & self.when_false

    def where(self, known: Known) -> "Piece":
        """Return the piece with other knowledge after it."""
        return replace(self, when_true=known, when_false=known)


def replace(piece: Piece, **fields: object) -> Piece:
    """Return a copy with some fields changed, at a fraction of the price of the standard library's function."""
    made = Piece(
        piece.code,
        piece.kind,
        piece.cost,
        piece.when_true,
        piece.when_false,
        piece.tests,
        piece.slot,
        piece.length,
        piece.constant,
        piece.value,
    )
    for each, value in fields.items():
        setattr(made, each, value)
    return made


def name(id: str) -> ast.Name:
    """Return `id`."""
    return ast.Name(id, LOAD, lineno=1, col_offset=0)


def constant(value: object) -> ast.Constant:
    """Return a constant of a class that code objects can hold."""
    # The stubs leave out frozensets, which code objects can hold as well.
    return ast.Constant(cast("None", value), lineno=1, col_offset=0)


def store(id: str, value: ast.expr) -> ast.expr:
    """Return `(id := value)`."""
    return ast.NamedExpr(ast.Name(id, STORE, lineno=1, col_offset=0), value, lineno=1, col_offset=0)


def item(container: ast.expr, key: ast.expr) -> ast.expr:
    """Return `container[key]`."""
    return ast.Subscript(container, key, LOAD, lineno=1, col_offset=0)


def attribute(value: ast.expr, attr: str) -> ast.expr:
    """Return `value.attr`, for a value whose class is known."""
    return ast.Attribute(value, attr, LOAD, lineno=1, col_offset=0)


def call(function: ast.expr, *arguments: ast.expr) -> ast.expr:
    """Return `function(arguments)`."""
    return ast.Call(function, list(arguments), [], lineno=1, col_offset=0)


def compare(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> ast.expr:
    """Return `left operator right`."""
    return ast.Compare(left, [operator], [right], lineno=1, col_offset=0)


def within(low: ast.expr, value: ast.expr, high: ast.expr) -> ast.expr:
    """Return `low <= value <= high`."""
    return ast.Compare(low, [ast.LtE(), ast.LtE()], [value, high], lineno=1, col_offset=0)


def binary(left: ast.expr, operator: ast.operator, right: ast.expr) -> ast.expr:
    """Return `left operator right`."""
    return ast.BinOp(left, operator, right, lineno=1, col_offset=0)


def both(*parts: ast.expr) -> ast.expr:
    """Return `a and b and ...`."""
    return parts[0] if len(parts) == 1 else ast.BoolOp(ast.And(), list(parts), lineno=1, col_offset=0)


def either(*parts: ast.expr) -> ast.expr:
    """Return `a or b or ...`."""
    return parts[0] if len(parts) == 1 else ast.BoolOp(ast.Or(), list(parts), lineno=1, col_offset=0)


def negation(value: ast.expr) -> ast.expr:
    """Return `not value`."""
    return ast.UnaryOp(ast.Not(), value, lineno=1, col_offset=0)


def choice(test: ast.expr, then: ast.expr, otherwise: ast.expr) -> ast.expr:
    """Return `then if test else otherwise`."""
    return ast.IfExp(test, then, otherwise, lineno=1, col_offset=0)


def display(items: Sequence[ast.expr]) -> ast.expr:
    """Return `[items]`."""
    return ast.List(list(items), LOAD, lineno=1, col_offset=0)


def give_up() -> ast.expr:
    """Return the call that leaves the question to the interpreter."""
    return call(name("_give_up"))


def finished(piece: Piece) -> ast.expr:
    """Return the code of a piece with its tests in front."""
    return choice(both(*piece.tests), piece.code, give_up()) if piece.tests else piece.code
