"""The arguments of a call, of a tool or a table: each is there once, each fits its parameter."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from interlock_dsl.analysis.symbols import unique
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.tree import Expression
from interlock_dsl.cel.types import RecordType, Type
from interlock_dsl.diagnostics.messages import permissions as say
from interlock_dsl.diagnostics.report import Report
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.syntax.tree import Argument

Check: TypeAlias = Callable[[Expression, Type | None], Checked]


def check_arguments(
    arguments: tuple[Argument, ...],
    parameters: RecordType,
    called: str,
    place: Span,
    declared: Span,
    check: Check,
    report: Report,
) -> Mapping[str, Checked]:
    """Return the checked arguments of `called`; report those that are unknown, missing, given twice or mistyped."""
    given = unique(report, "the argument", (argument.name for argument in arguments))
    found: dict[str, Checked] = {}
    for argument in arguments:
        name = argument.name.text
        field = parameters.fields.get(name)
        if field is None:
            report.add(say.unknown_argument(called, name, argument.name.span, parameters.fields))
        value = check(argument.value, None if field is None else field.type)
        if given[name] is argument.name:
            found[name] = value
    misspelt = sum(name not in parameters.fields for name in given)
    missing = [name for name, field in parameters.fields.items() if not field.optional and name not in given]
    for name in missing[misspelt:]:
        report.add(say.missing_argument(called, name, parameters.fields[name].type, place, declared))
    return found
