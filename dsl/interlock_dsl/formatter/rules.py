"""Policies and decision tables."""

from collections.abc import Sequence
from dataclasses import replace

from interlock_dsl.cel.format import SUM, grouped, quoted, written
from interlock_dsl.formatter.page import Line, indented
from interlock_dsl.formatter.pieces import Places, approver, begin, condition, duration, end, names, parameters, type_
from interlock_dsl.syntax.tree import Cell, Comparison, Owner, PolicyDecl, Range, RuleDecl, TableDecl, TableRow


def policy(node: PolicyDecl, places: Places) -> list[Line]:
    """Return a policy."""
    body = rules(node.rules, places)
    return [Line(f"policy {node.name.text} {{", begin(node)), *indented(body), Line("}", end(node), closes=True)]


def rules(nodes: Sequence[RuleDecl], places: Places) -> list[Line]:
    """Return rules; those of several lines are followed by an empty one."""
    lines: list[Line] = []
    long = False
    for child in nodes:
        first, *rest = rule(child, places)
        lines += [replace(first, apart=long, loose=True), *rest]
        long = bool(rest)
    return lines


def rule(node: RuleDecl, places: Places) -> list[Line]:
    """Return a rule: what it is about, then a clause on each line."""
    head = f"{node.kind} {names(node.patterns)}"
    if node.kind == "require" and node.role is not None:
        within = f" within {duration(node.within)}" if node.within is not None else ""
        head = f"require approval by {approver(node.role, node.count or 1, node.of)}{within} for {names(node.patterns)}"
    elif node.kind == "redact":
        head = f"redact {names(node.fields)} for {names(node.patterns)}"
    elif node.kind == "notify" and node.role is not None:
        head = f"notify {node.role.text} for {names(node.patterns)}"
    elif node.kind == "limit" and node.count is not None and node.period is not None:
        amount = "" if node.amount is None else f" of {written(node.amount)}"
        head += f"{amount} to {grouped(node.count)} per {duration(node.period)}{owner(node.owner)}"
    if node.agent is not None:
        head += f" by {node.agent.text}"
    clauses: list[Line] = []
    if node.when is not None:
        clauses += condition("when", node.when, places.clause(node, "when"), 2)
    if node.unless is not None:
        clauses += condition("unless", node.unless, places.clause(node, "unless"), 2)
    if node.because is not None:
        clauses.append(Line(f"because {quoted(node.because)}", places.clause(node, "because")))
    return [Line(head, begin(node)), *indented(clauses)]


def owner(node: Owner | None) -> str:
    """Return whose a limit is, with a space before it; nothing where that is not said."""
    if node is None:
        return ""
    if node.per == "overall":
        return " overall"
    return f" for each {'run' if node.per == 'run' else ', '.join(map(written, node.keys))}"


def table(node: TableDecl, places: Places) -> list[Line]:
    """Return a decision table, its columns aligned."""
    body: list[Line] = []
    if node.hit != "unique":
        body.append(Line(f"hit {node.hit}", places.clause(node, "hit")))
    rows = _rows(node.rows)
    body += [replace(row, apart=number == 0 and bool(body), loose=True) for number, row in enumerate(rows)]
    head = parameters(f"table {node.name.text}", begin(node), node.parameters, f" -> {type_(node.result)} {{", 0)
    return [*head, *indented(body), Line("}", end(node), closes=True)]


def _rows(rows: Sequence[TableRow]) -> list[Line]:
    inputs = _aligned([[_cell(cell) for cell in row.cells] if row.cells is not None else [] for row in rows])
    outputs = _aligned([[written(output) for output in row.outputs] for row in rows])
    heads = ["otherwise" if row.cells is None else f"when {line}" for row, line in zip(rows, inputs, strict=True)]
    width = max(map(len, heads), default=0)
    return [
        Line(f"{head.ljust(width)} then {output.rstrip()}", begin(row))
        for row, head, output in zip(rows, heads, outputs, strict=True)
    ]


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the rows as text, their columns as wide as the widest cell."""
    widths: list[int] = []
    for row in rows:
        widths += [0] * (len(row) - len(widths))
        for at, text in enumerate(row):
            widths[at] = max(widths[at], len(text))
    return [" | ".join(text.ljust(width) for text, width in zip(row, widths, strict=False)) for row in rows]


def _cell(cell: Cell) -> str:
    return ", ".join(map(_alternative, cell)) or "-"


def _alternative(node: Comparison | Range) -> str:
    match node:
        case Comparison(operator="==", value=value):
            return written(value, SUM)
        case Comparison(operator=operator, value=value):
            return f"{operator} {written(value, SUM)}"
        case Range(low=low, high=high):
            return f"{written(low, SUM)}..{written(high, SUM)}"
