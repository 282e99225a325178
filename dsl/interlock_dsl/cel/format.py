r"""From an expression's tree back to text, with the fewest parentheses.

`parse(written(tree)) == tree`. Numbers of four digits and more are grouped by `_`, texts stand in double quotes. The
work is done with a stack of what remains to be written, so that depth costs no recursion.
"""

import re
from typing import Final, TypeAlias

from interlock_dsl.cel.parser import macros
from interlock_dsl.cel.tree import (
    OPERATORS,
    RESERVED,
    Bind,
    Call,
    Comprehension,
    Expression,
    Index,
    ListOf,
    Literal,
    MapEntry,
    MapOf,
    Name,
    Present,
    Select,
)
from interlock_dsl.cel.values import UInt
from interlock_dsl.diagnostics.source import Span

CONDITIONAL: Final = 1
DISJUNCTION: Final = 2
CONJUNCTION: Final = 3
RELATION: Final = 4
SUM: Final = 5
PRODUCT: Final = 6
UNARY: Final = 7
POSTFIX: Final = 8
"""How tightly each kind of expression binds."""

_SIGNS: Final = {function: sign for sign, function in OPERATORS.items()} | {"_-_": "-"}
_BINARY: Final = {
    "_||_": DISJUNCTION, "_&&_": CONJUNCTION,
    "_<_": RELATION, "_<=_": RELATION, "_>_": RELATION, "_>=_": RELATION,
    "_==_": RELATION, "_!=_": RELATION, "@in": RELATION,
    "_+_": SUM, "_-_": SUM, "_*_": PRODUCT, "_/_": PRODUCT, "_%_": PRODUCT,
}  # fmt: skip
_MACROS: Final = {
    "transform_list": "transformList",
    "transform_map": "transformMap",
    "transform_map_entry": "transformMapEntry",
}
_PLAIN_FIELD = re.compile("[_a-zA-Z][_a-zA-Z0-9]*")
_UNNAMED: Final = frozenset({"in", "true", "false", "null"})
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}

_Pieces: TypeAlias = list["str | tuple[Expression, int]"]


def as_written(expression: Expression) -> str:
    """Return an expression as its author wrote it, on one line; one that stands for several places is put together."""
    whole = expression.span
    if isinstance(expression, Call) and any(not _is_inside(part.span, whole) for part in expression.arguments):
        return written(expression)
    return " ".join(re.sub(r"//[^\n]*", "", whole.text).split())


def _is_inside(part: Span, whole: Span) -> bool:
    within = whole.start <= part.start and part.end <= whole.end
    return within and (part.start, part.end) != (whole.start, whole.end)


def written(expression: Expression, level: int = CONDITIONAL, *, records: bool = False) -> str:
    """Return the text of an expression that can stand where `level` or tighter is wanted.

    With `records`, the expression is a value of a test: maps are written `{ name: value }`.
    """
    done: list[str] = []
    waiting: _Pieces = [(expression, level)]
    while waiting:
        piece = waiting.pop()
        if isinstance(piece, str):
            done.append(piece)
        else:
            waiting.extend(reversed(_pieces(*piece, records=records)))
    return "".join(done)


def operands(expression: Expression) -> tuple[str, list[Expression]]:
    """Return the sign and the operands of an outermost chain of `||` or `&&`; no sign for anything else."""
    match expression:
        case Call(function="_||_" | "_&&_" as function, receiver=None):
            return _SIGNS[function], _chain(function, expression)
        case _:
            return "", [expression]


def quoted(text: str) -> str:
    """Return a text in double quotes, on one line."""
    return '"' + "".join(map(_escaped, text)) + '"'


def grouped(number: int) -> str:
    """Return a whole number with `_` between groups of three digits."""
    return f"{number:_}"


def decimal(number: float) -> str:
    """Return the shortest text that reads as this double."""
    return repr(number)


def _pieces(node: Expression, level: int, *, records: bool) -> _Pieces:
    pieces, own = _unwrapped(node, records=records)
    return pieces if own >= level else ["(", *pieces, ")"]


def _unwrapped(node: Expression, *, records: bool) -> tuple[_Pieces, int]:
    """Return what a node is written as, and how tightly that binds."""
    match node:
        case Literal(value=value):
            return [_constant(value)], POSTFIX
        case Name(name=name, absolute=absolute):
            return ["." + name if absolute else name], POSTFIX
        case Select(operand=operand, field=field, optional=optional):
            return [_receiver(operand), ".?" if optional else ".", _field(field)], POSTFIX
        case Present(operand=operand, field=field):
            return ["has(", _receiver(operand), ".", _field(field), ")"], POSTFIX
        case Index(operand=operand, index=index, optional=optional):
            return [_receiver(operand), "[?" if optional else "[", (index, CONDITIONAL), "]"], POSTFIX
        case Call():
            return _call(node)
        case ListOf(items=items):
            parts: _Pieces = []
            for item in items:
                parts += [", " if parts else "", "?" if item.optional else "", (item.value, CONDITIONAL)]
            return ["[", *parts, "]"], POSTFIX
        case MapOf(entries=()):
            return ["{}"], POSTFIX
        case MapOf(entries=entries):
            parts = []
            for entry in entries:
                parts += [", " if parts else "", *_entry(entry, records=records)]
            return (["{ ", *parts, " }"] if records else ["{", *parts, "}"]), POSTFIX
        case Comprehension(kind=kind, range=range_, variables=variables, condition=condition, body=body):
            arguments = [] if condition is None else [condition]
            return _method(range_, _MACROS.get(kind, kind), [*variables], [*arguments, body]), POSTFIX
        case Bind():
            return _binding(node), POSTFIX


def _call(node: Call) -> tuple[_Pieces, int]:
    function, arguments = node.function, node.arguments
    match node:
        case Call(function="_?_:_", arguments=(condition, then, otherwise), receiver=None):
            return [(condition, DISJUNCTION), " ? ", (then, DISJUNCTION), " : ", (otherwise, CONDITIONAL)], CONDITIONAL
        case Call(function="!_" | "-_", arguments=(operand,), receiver=None):
            number = isinstance(operand, Literal) and isinstance(operand.value, int | float)
            closed: _Pieces = ["(", (operand, CONDITIONAL), ")"] if number else [(operand, UNARY)]
            return [_SIGNS[function], *closed], UNARY
        case Call(function="_||_" | "_&&_", receiver=None):
            level = _BINARY[function]
            parts: _Pieces = []
            for operand in _chain(function, node):
                parts += [f" {_SIGNS[function]} " if parts else "", (operand, level + 1)]
            return parts, level
        case Call(arguments=(left, right), receiver=None) if function in _BINARY:
            level = _BINARY[function]
            return [(left, level), f" {_SIGNS[function]} ", (right, level + 1)], level
        case Call(receiver=None):
            return [function, "(", *_listed(arguments), ")"], POSTFIX
        case Call(receiver=receiver):
            assert receiver is not None
            return [_receiver(receiver), ".", _field(function), "(", *_listed(arguments), ")"], POSTFIX


def _chain(function: str, node: Expression) -> list[Expression]:
    """Return the operands that, written in a row, are read as just this tree."""
    flat: list[Expression] = []
    waiting = [node]
    while waiting:
        match waiting.pop():
            case Call(function=same, arguments=(left, right), receiver=None) if same == function:
                waiting += right, left
            case operand:
                flat.append(operand)
    if _balanced(function, flat) == node:
        return flat
    assert isinstance(node, Call)
    return list(node.arguments)


def _balanced(function: str, row: list[Expression]) -> Expression:
    # What `ExpressionBuilder` makes of `a && b && c`: pairs, then pairs of pairs.
    while len(row) > 1:
        pairs: list[Expression] = [
            Call(function, (left, right), left.span, left.span)
            for left, right in zip(row[::2], row[1::2], strict=False)
        ]
        row = pairs + (row[-1:] if len(row) % 2 else [])
    return row[0]


def _binding(node: Bind) -> _Pieces:
    match node:
        case Bind(
            name=macros.OPTIONAL_VARIABLE,
            value=receiver,
            body=Call(arguments=(_, Call(function="optional.of", arguments=(Bind() as inner,)), _)),
        ):
            return _method(receiver, "optMap", [inner.name], [inner.body])
        case Bind(name=macros.OPTIONAL_VARIABLE, value=receiver, body=Call(arguments=(_, Bind() as inner, _))):
            return _method(receiver, "optFlatMap", [inner.name], [inner.body])
        case Bind(name=macros.SORTED_VARIABLE, value=receiver, body=Call(arguments=(Comprehension() as keys,))):
            return _method(receiver, "sortBy", [*keys.variables], [keys.body])
        case Bind(name=name, value=value, body=body):
            return ["cel.bind(", name, ", ", *_listed((value, body)), ")"]


def _method(receiver: Expression, name: str, variables: list[str], arguments: list[Expression]) -> _Pieces:
    return [_receiver(receiver), f".{name}({', '.join(variables)}, ", *_listed(tuple(arguments)), ")"]


def _listed(arguments: tuple[Expression, ...]) -> _Pieces:
    parts: _Pieces = []
    for argument in arguments:
        parts += [", " if parts else "", (argument, CONDITIONAL)]
    return parts


def _receiver(operand: Expression) -> tuple[Expression, int]:
    # A number before a dot reads like the beginning of a longer one, and after a minus it would take that as its sign.
    match operand:
        case Literal(value=int() | float() as value) if not isinstance(value, bool):
            return operand, POSTFIX + 1
        case _:
            return operand, POSTFIX


def _entry(entry: MapEntry, *, records: bool) -> _Pieces:
    mark = "?" if entry.optional else ""
    match entry.key:
        case Literal(value=str() as key) if records and is_plain(key):
            return [mark, key, ": ", (entry.value, CONDITIONAL)]
        case key:
            return [mark, (key, CONDITIONAL), ": ", (entry.value, CONDITIONAL)]


def is_plain(key: str) -> bool:
    """Say whether the name of a field can stand in a record of values without quotes."""
    return bool(_PLAIN_FIELD.fullmatch(key)) and key not in _UNNAMED and key not in RESERVED


def _field(name: str) -> str:
    return name if _PLAIN_FIELD.fullmatch(name) and name not in _UNNAMED else f"`{name}`"


def _constant(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case UInt():
            return f"{int(value):_}u"
        case int():
            return grouped(value)
        case float():
            return decimal(value)
        case str():
            return quoted(value)
        case bytes():
            return 'b"' + "".join(map(_octet, value)) + '"'
        case _:
            raise TypeError(f"{type(value).__name__} has no literal")


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"


def _octet(octet: int) -> str:
    return _ESCAPES.get(chr(octet), chr(octet)) if 32 <= octet < 127 else f"\\x{octet:02x}"
