"""The words that declarations are made of: names, types, quantities, texts, arguments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from interlock_dsl.cel.format import CONDITIONAL, decimal, grouped, operands, quoted, written
from interlock_dsl.cel.tree import Expression
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.formatter.page import INDENT, WIDTH, Line, indented
from interlock_dsl.syntax.builder.pieces import UNITS, micros_of
from interlock_dsl.syntax.tree import (
    Argument,
    Breaker,
    Duration,
    EnumType,
    FieldNode,
    Ident,
    ListType,
    MapType,
    Money,
    NamedType,
    Node,
    Rate,
    RecordType,
    Retry,
    ToolCall,
    TypeNode,
)

MICROS_IN_ONE: Final = 1_000_000
_CHAIN_LEVEL: Final = {"": CONDITIONAL, "||": 3, "&&": 4}


@dataclass(frozen=True, slots=True)
class Places:
    """Where nodes and their clauses stood in the text that was read, if there was one."""

    clauses: Mapping[tuple[int, int], Mapping[str, Span]] = field(default_factory=dict)

    def clause(self, node: Node, word: str) -> int | None:
        """Return where a clause of a node begins."""
        place = self.clauses.get((node.span.start, node.span.end), {}).get(word)
        return place.start if place is not None else begin(node)


def begin(node: Node) -> int | None:
    """Return where a node begins, or None for one that no text says."""
    return node.span.start if node.span.end else None


def end(node: Node) -> int | None:
    """Return where the last character of a node stands, or None for one that no text says."""
    return node.span.end - 1 if node.span.end else None


def _closing_after(node: Node) -> int | None:
    """Return where the bracket that closes a list stands, after the list's last node."""
    if not node.span.end:
        return None
    from interlock_dsl.syntax.grammar import lexer

    content, skip = node.span.source.text, lexer().start
    at = skip(content, node.span.end)
    return skip(content, at + 1) if content.startswith(",", at) else at


def names(idents: Sequence[Ident]) -> str:
    """Return `a, b, c`."""
    return ", ".join(ident.text for ident in idents)


def text(value: str) -> str:
    """Return a text that is a clause by itself; one of several lines keeps them."""
    if "\n" not in value or "\r" in value or not all(char == "\n" or char.isprintable() for char in value):
        return quoted(value)
    body = value.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if body.endswith('"'):
        body = body[:-1] + '\\"'
    return f'"""{body}"""'


# --- quantities


def duration(node: Duration) -> str:
    """Return a duration, in the author's units if there are any."""
    as_read = node.span.text
    if node.name is not None:
        return node.name.text
    if as_read and micros_of(as_read) == node.micros:
        return as_read
    rest, parts = node.micros, ""
    for unit, micros in UNITS.items():
        amount, rest = divmod(rest, micros)
        parts += f"{amount}{unit}" if amount else ""
    return parts or "0s"


def money(node: Money) -> str:
    """Return `0.50 usd`."""
    whole, rest = divmod(node.micros, MICROS_IN_ONE)
    decimals = f"{rest:06}".rstrip("0").ljust(2, "0")
    return f"{grouped(whole)}.{decimals} {node.currency}"


def retry(node: Retry) -> str:
    """Return `retry 3 times backoff 200ms..5s`."""
    words = f"retry {grouped(node.times)} times"
    if node.first is None:
        return words
    return f"{words} backoff {duration(node.first)}" + (f"..{duration(node.most)}" if node.most else "")


def rate(node: Rate) -> str:
    """Return `rate 100 per 1m`."""
    return f"rate {grouped(node.most)} per {duration(node.period)}"


def breaker(node: Breaker) -> str:
    """Return `breaker opens after 5 failures within 1m for 30s`."""
    opens = f"breaker opens after {grouped(node.failures)} failures"
    return f"{opens} within {duration(node.within)} for {duration(node.pause)}"


def number(value: int | float) -> str:
    """Return a bound of a type."""
    return decimal(value) if isinstance(value, float) else grouped(value)


# --- types


def type_(node: TypeNode) -> str:
    """Return a type on one line."""
    match node:
        case NamedType(name=name, low=low, high=high, max=most):
            bounds = f" in {number(low)}..{number(high)}" if low is not None and high is not None else ""
            return name.text + bounds + _most(most)
        case EnumType(values=values):
            return f"enum({', '.join(map(quoted, values))})"
        case ListType(element=element, max=most):
            return f"list<{type_(element)}>{_most(most)}"
        case MapType(key=key, value=value, max=most):
            return f"map<{type_(key)}, {type_(value)}>{_most(most)}"
        case RecordType(fields=()):
            return "{}"
        case RecordType(fields=fields):
            return "{ " + ", ".join(map(field_, fields)) + " }"


def field_(node: FieldNode) -> str:
    """Return a field or parameter."""
    labels = "".join(f" @{label.text}" for label in node.labels)
    description = f" {quoted(node.description)}" if node.description is not None else ""
    return f"{node.name.text}{'?' if node.optional else ''}: {type_(node.type)}{labels}{description}"


def record(head: str, start: int | None, node: RecordType) -> list[Line]:
    """Return `head { fields }`, a field on each line."""
    if not node.fields:
        return [Line(f"{head} {{}}", start)]
    fields = [Line(field_(field), begin(field), loose=True) for field in node.fields]
    return [Line(f"{head} {{", start), *indented(fields), Line("}", end(node), closes=True)]


def parameters(head: str, start: int | None, fields: Sequence[FieldNode], tail: str, depth: int) -> list[Line]:
    """Return `head(fields)tail`: on one line, or with a parameter on each."""
    line = f"{head}({', '.join(map(field_, fields))}){tail}"
    if not fields or fits(line, depth):
        return [Line(line, start)]
    lines = [Line(field_(field) + ("," if field is not fields[-1] else ""), begin(field)) for field in fields]
    return [Line(f"{head}(", start), *indented(lines), Line(")" + tail, _closing_after(fields[-1]), closes=True)]


def _most(most: int | None) -> str:
    return "" if most is None else f" max {grouped(most)}"


# --- values


def argument(node: Argument) -> str:
    """Return `name: expression`."""
    return f"{node.name.text}: {written(node.value)}"


def call(node: ToolCall) -> str:
    """Return a call on one line."""
    return f"{node.tool.text}({', '.join(map(argument, node.arguments))})"


def arguments(head: str, start: int | None, values: Sequence[Argument], last: int | None, depth: int) -> list[Line]:
    """Return `head(values)`: on one line, or with an argument on each."""
    line = f"{head}({', '.join(map(argument, values))})"
    if not values or fits(line, depth):
        return [Line(line, start)]
    lines = [Line(argument(value) + ("," if value is not values[-1] else ""), begin(value)) for value in values]
    return [Line(f"{head}(", start), *indented(lines), Line(")", last, closes=True)]


def values(head: str, start: int | None, fields: Sequence[Argument], last: int | None, depth: int) -> list[Line]:
    """Return `head { fields }`: on one line, or with a field on each."""
    line = f"{head} {{ {', '.join(map(argument, fields))} }}"
    if not fields:
        return [Line(f"{head} {{}}", start)]
    if fits(line, depth):
        return [Line(line, start)]
    lines = [Line(argument(value), begin(value)) for value in fields]
    return [Line(f"{head} {{", start), *indented(lines), Line("}", last, closes=True)]


def fits(line: str, depth: int) -> bool:
    """Say whether a line is short enough."""
    return len(INDENT) * depth + len(line) <= WIDTH


def condition(word: str, expression: Expression, start: int | None, depth: int) -> list[Line]:
    """Return `word expression`; a chain of `&&` or `||` that is too long has an operand on each line."""
    line = f"{word} {written(expression)}"
    sign, chain = operands(expression)
    if fits(line, depth) or len(chain) < 2:
        return [Line(line, start)]
    first, *rest = (written(operand, _CHAIN_LEVEL[sign]) for operand in chain)
    return [Line(f"{word} {first}", start), *indented(Line(f"{sign} {operand}") for operand in rest)]


def approver(role: Ident, count: int, of: int | None) -> str:
    """Return whose approval it is: `role`, `2 of role` or `role 2 of 3`."""
    if of is not None:
        return f"{role.text} {grouped(count)} of {grouped(of)}"
    return role.text if count == 1 else f"{grouped(count)} of {role.text}"
