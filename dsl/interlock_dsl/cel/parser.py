"""From text to the syntax tree.

The parser is LALR(1), driven by the tables made from `grammar.lark`, and keeps its stack on the heap. Every loop
here is bounded by the length of the text, and the tree that comes out by the builder's `MAX_DEPTH`, so that whatever
walks it by recursion is safe.
"""

import re
from typing import Final, cast

from interlock_dsl.cel.builder import ExpressionBuilder
from interlock_dsl.cel.syntax_errors import explain
from interlock_dsl.cel.tree import Expression
from interlock_dsl.diagnostics import Diagnostic, DiagnosticError, Label
from interlock_dsl.diagnostics.source import Source, Span
from interlock_dsl.syntax.scan import Token, scanner
from interlock_dsl.syntax.tables import Reduction, Tables, load

START: Final = "expression"
_HALF: Final = re.compile("[\ud800-\udfff]")
MAX_LENGTH: Final = 100_000
"""Code points in an expression."""


def parse(text: str, *, source: Source | None = None, macros: bool = True) -> Expression:
    """Return the tree of an expression, or raise `DiagnosticError`.

    `source` names where the text comes from and must hold just that text; with `macros=False`, `has`, `all` and
    the others stay plain calls.
    """
    if source is None:
        source = Source("<expression>", text)
    if len(text) > MAX_LENGTH:
        place = Label(Span(source, MAX_LENGTH, MAX_LENGTH + 1))
        message = f"an expression holds at most {MAX_LENGTH} characters, this one has {len(text)}"
        raise DiagnosticError([Diagnostic("too-long", message, (place,))])
    if not text.isascii() and (half := _HALF.search(text)) is not None:
        message = "half of a surrogate pair is not a character"
        raise DiagnosticError([Diagnostic("bad-character", message, (Label(Span(source, half.start(), half.end())),))])
    builder = ExpressionBuilder()
    builder.begin(source, macros=macros)
    return _run(source, builder)


def _run(source: Source, builder: ExpressionBuilder) -> Expression:
    tables, pieces, text = load(), scanner(), source.text
    rows, rules = tables.rows, tables.rules
    states = [tables.starts[START]]
    values: list[object] = []
    token = pieces.next(text, 0, rows[states[0]])
    while True:
        action = rows[states[-1]].get(token.kind)
        if action is None:
            raise DiagnosticError([explain(token, _expected(tables, text, token), source)])
        if action == tables.end:
            return cast("Expression", values[-1])
        if action >= 0:
            states.append(action)
            values.append(token)
            token = pieces.next(text, token.end_pos, rows[action])
            continue
        rule = rules[-action - 1]
        if rule.single and rule.size == 1 and rule.kept is None:
            # One level of precedence with nothing on it, as most are: the value stands for itself.
            states[-1] = rows[states[-2]][rule.origin]
            continue
        parts = values[len(values) - rule.size :]
        del values[len(values) - rule.size :], states[len(states) - rule.size :]
        values.append(_made(builder, rule, parts))
        states.append(rows[states[-1]][rule.origin])


def _made(builder: ExpressionBuilder, rule: Reduction, parts: list[object]) -> object:
    if rule.kept is not None:
        kept: list[object] = []
        for at, spread in rule.kept:
            part = parts[at]
            if spread and isinstance(part, list):
                kept += part
            else:
                kept.append(part)
        parts = kept
    if rule.single and len(parts) == 1:
        return parts[0]
    return getattr(builder, rule.method)(parts) if rule.method else parts


def _expected(tables: Tables, text: str, found: Token) -> set[str]:
    """Return the kinds of token that could stand where one was found that could not."""
    # The automaton has reduced on the wrong token before it noticed, so it is brought back to where it first saw it.
    rows, pieces = tables.rows, scanner()
    states = [tables.starts[START]]
    token = pieces.next(text, 0, rows[states[0]])
    while token.start_pos < found.start_pos:
        action = rows[states[-1]][token.kind]
        if action >= 0:
            states.append(action)
            token = pieces.next(text, token.end_pos, rows[action])
        else:
            rule = tables.rules[-action - 1]
            del states[len(states) - rule.size :]
            states.append(rows[states[-1]][rule.origin])
    return {kind for kind in rows[states[-1]] if _acceptable(tables, states, kind)}


def _acceptable(tables: Tables, states: list[int], kind: str) -> bool:
    left, tail = len(states) - 1, [states[-1]]
    while True:
        action = tables.rows[tail[-1]].get(kind)
        if action is None or action >= 0:
            return action is not None
        rule = tables.rules[-action - 1]
        # Only the tail of the stack is copied, as far as the reductions go.
        while rule.size >= len(tail):
            left -= 1
            tail.insert(0, states[left])
        del tail[len(tail) - rule.size :]
        tail.append(tables.rows[tail[-1]][rule.origin])
