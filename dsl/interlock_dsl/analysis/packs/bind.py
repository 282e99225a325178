"""The uses of packs: what each parameter is given, and the policies that come of it."""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Final

from interlock_dsl.analysis.expressions import dotted
from interlock_dsl.analysis.packs.expand import expand
from interlock_dsl.analysis.uses import Given, PackUse, kind_of
from interlock_dsl.cel.tree import Literal, Name
from interlock_dsl.diagnostics.messages import packs as say
from interlock_dsl.diagnostics.report import Report
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.syntax.tree import (
    Duration,
    FieldNode,
    File,
    Ident,
    NamedNumber,
    Node,
    PackArgument,
    PackDecl,
    UsePack,
)

A_TIME: Final = "a time"


def bind_all(uses: Iterable[tuple[UsePack, File]], report: Report) -> tuple[PackUse, ...]:
    """Return the uses of packs; report what they lack. A use with a mistake in it is left out."""
    bound = (_bind(use, file, report) for use, file in uses)
    return tuple(each for each in bound if each is not None)


def _bind(use: UsePack, file: File, report: Report) -> PackUse | None:
    pack = next((each for each in file.declarations if isinstance(each, PackDecl)), None)
    if pack is None:
        report.add(say.holds_no_pack(use.path, use.span))
        return None
    found = Report()
    given = _given(use, pack, found)
    report.extend(found.ordered())
    return None if found.failed else PackUse(use, pack, given, expand(use, pack, given))


def _given(use: UsePack, pack: PackDecl, report: Report) -> dict[str, Given]:
    parameters = {parameter.name.text: parameter for parameter in pack.parameters}
    arguments: dict[str, PackArgument] = {}
    for argument in use.arguments:
        name, place = argument.name.text, argument.name.span
        first = arguments.setdefault(name, argument)
        if name not in parameters:
            report.add(say.unknown_parameter(pack.name.text, name, place, parameters))
        elif first is not argument:
            report.add(say.given_twice(name, place, first.name.span))
    given: dict[str, Given] = {}
    for name, parameter in parameters.items():
        if name not in arguments:
            report.add(say.lacks(pack.name.text, name, parameter.type.span.text, use.span, parameter.span))
            continue
        value = _value(parameter, arguments[name], report)
        if value is not None:
            given[name] = value
    for name, what, place in counted(pack):
        of = given.get(name)
        if isinstance(of, Name) or of is None:
            continue  # a constant of the file that uses the pack, or a mistake that is reported
        if not (isinstance(of, Duration) if what == A_TIME else isinstance(of, Literal) and type(of.value) is int):
            report.add(say.not_constant(name, what, arguments[name].value.span, place))
    return given


def counted(pack: PackDecl) -> Iterator[tuple[str, str, Span]]:
    """Yield the names that stand in the rules of a pack where a number or a time does, with what is wanted there."""
    for rule in pack.rules:
        yield from _counted(rule)


def _counted(value: object) -> Iterator[tuple[str, str, Span]]:
    match value:
        case NamedNumber():
            yield value.ident.text, "a whole number", value.ident.span
        case Duration(name=Ident() as ident):
            yield ident.text, A_TIME, ident.span
        case tuple():
            for part in value:
                yield from _counted(part)
        case Node():
            for each in fields(value):
                yield from _counted(getattr(value, each.name))
        case _:
            pass


def _value(parameter: FieldNode, argument: PackArgument, report: Report) -> Given | None:
    """Return what a parameter is given, or report why it cannot be."""
    kind, value, name = kind_of(parameter.type), argument.value, parameter.name.text
    if kind is None:
        if isinstance(value, Ident):
            type = parameter.type.span.text
            report.add(say.not_a_value(name, type, value.span, parameter.span))
            return None
        return value
    spelt = _spelt(argument)
    if spelt is None or (kind != "tools" and "*" in spelt.text) or (kind == "role" and "." in spelt.text):
        report.add(say.not_a_name(name, kind, argument.value.span, parameter.span))
        return None
    return (spelt,)


def _spelt(argument: PackArgument) -> Ident | None:
    """Return the name that an argument spells, None where it is a value."""
    value = argument.value
    match value:
        case Ident():
            return value
        case Duration() | Literal():
            return None
        case _:
            text = dotted(value)
            return None if text is None else Ident(text, span=value.span)
