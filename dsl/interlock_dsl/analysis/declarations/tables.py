"""Decision tables: a row becomes one condition over the parameters and one expression for each output."""

from collections.abc import Iterator

from interlock_dsl.analysis.expressions import Expressions
from interlock_dsl.analysis.facts import RowFacts, TableFacts
from interlock_dsl.analysis.symbols import Symbols
from interlock_dsl.analysis.types import Types
from interlock_dsl.cel.tree import OPERATORS, Call, Expression, Literal, Name
from interlock_dsl.cel.types import BOOL, ListType, RecordType, Type
from interlock_dsl.diagnostics.messages import cases as say
from interlock_dsl.diagnostics.messages import types as say_type
from interlock_dsl.diagnostics.report import Report
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.syntax.tree import Cell, Comparison, FieldNode, Range, TableDecl, TableRow


def table_facts(symbols: Symbols, types: Types, expressions: Expressions) -> dict[str, TableFacts]:
    """Return the tables of the program."""
    return {name: _table(decl, types, expressions) for name, decl in symbols.tables.items()}


def output_type(table: TableFacts) -> Type:
    """Return the type of what a table gives: a record, or a list of records where it collects."""
    return ListType(table.result) if table.decl.hit == "collect" else table.result


def _table(decl: TableDecl, types: Types, expressions: Expressions) -> TableFacts:
    parameters = types.record(decl.parameters, what="the parameter")
    result = types.record(decl.result.fields)
    rows = tuple(_row(row, decl, parameters, result, expressions) for row in decl.rows)
    if not decl.rows:
        expressions.report.add(say.no_rows(decl.name.text, decl.name.span))
    closed = next((row for row in decl.rows if row.cells is None), None)
    if closed is not None:
        for late in decl.rows[decl.rows.index(closed) + 1 :]:
            expressions.report.add(say.row_after_otherwise(late.span, closed.span))
    return TableFacts(decl, parameters, result, rows)


def _row(
    row: TableRow, decl: TableDecl, parameters: RecordType, result: RecordType, expressions: Expressions
) -> RowFacts:
    scope = expressions.scope(
        {name: field.type for name, field in parameters.fields.items()},
        frozenset(name for name, field in parameters.fields.items() if field.optional),
    )
    outputs = {
        node.name.text: expressions.check(tree, scope, result.fields[node.name.text].type)
        for node, tree in zip(decl.result.fields, row.outputs, strict=False)  # the parser has counted them
    }
    if row.cells is None:
        return RowFacts(None, outputs, row.span)
    columns = [(node, cell) for node, cell in zip(decl.parameters, row.cells, strict=False) if cell]
    tests = [_joined("||", list(_tests(node, cell, expressions.report))) for node, cell in columns]
    tree = _joined("&&", tests) if tests else Literal(True, row.span)
    return RowFacts(expressions.check(tree, scope, BOOL), outputs, row.span)


def _check_range(low: Expression, high: Expression, span: Span, report: Report) -> None:
    match low, high:
        case Literal(value=int() | float() as least), Literal(value=int() | float() as most) if least > most:
            report.add(say_type.backwards(least, most, span))
        case _:
            pass


def _tests(parameter: FieldNode, cell: Cell, report: Report) -> Iterator[Expression]:
    name = parameter.name.text
    for test in cell:
        match test:
            case Comparison(operator=operator, value=value):
                yield _compared(name, operator, value, test.span)
            case Range(low=low, high=high):
                _check_range(low, high, test.span, report)
                above, below = _compared(name, ">=", low, test.span), _compared(name, "<=", high, test.span)
                yield Call(OPERATORS["&&"], (above, below), test.span, test.span)


def _compared(name: str, operator: str, value: Expression, span: Span) -> Expression:
    return Call(OPERATORS[operator], (Name(name, span), value), span, span)


def _joined(operator: str, parts: list[Expression]) -> Expression:
    whole = parts[0]
    for part in parts[1:]:
        span = whole.span.to(part.span)
        whole = Call(OPERATORS[operator], (whole, part), span, span)
    return whole
