"""The fields that a `redact` hides: paths into the arguments and results of tools."""

from collections.abc import Sequence

from interlock_dsl.analysis.facts import ToolFacts
from interlock_dsl.cel.types import ERROR, ListType, MapType, RecordType, Type
from interlock_dsl.diagnostics.messages import obligations as say
from interlock_dsl.diagnostics.report import Report
from interlock_dsl.syntax.tree import Ident


def check_field(field: Ident, tools: Sequence[ToolFacts], report: Report) -> None:
    """Report a field that no call of these tools has."""
    head, *path = field.text.split(".")
    if head not in ("args", "result"):
        report.add(say.neither(field.text, field.span))
        return
    types = [tool.parameters if head == "args" else tool.result for tool in tools]
    given = [type for type in types if type is not None]
    if not tools or ERROR in given:
        return
    if not given:
        report.add(say.no_result([tool.name for tool in tools], field.span))
    elif not any(has_field(type, path) for type in given):
        known = sorted({name for type in given for name in _names(type)}) if len(path) == 1 else []
        report.add(say.no_field(field.text, [tool.name for tool in tools], field.span, known))


def has_field(type: Type, path: Sequence[str]) -> bool:
    """Say whether values of a type can have something at a path; it goes into every item of a list or map."""
    match type:
        case _ if not path:
            return True
        case RecordType(fields=fields):
            return path[0] in fields and has_field(fields[path[0]].type, path[1:])
        case ListType(element=inner) | MapType(value=inner):
            return has_field(inner, path)
        case _:
            return type is ERROR


def _names(type: Type) -> frozenset[str]:
    match type:
        case RecordType(fields=fields):
            return frozenset(fields)
        case ListType(element=inner) | MapType(value=inner):
            return _names(inner)
        case _:
            return frozenset()
