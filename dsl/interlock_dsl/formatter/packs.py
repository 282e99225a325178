"""Packs of rules, and where they are used."""

from interlock_dsl.cel.format import quoted, written
from interlock_dsl.formatter.page import Line, indented
from interlock_dsl.formatter.pieces import Places, begin, duration, end, fits, names, parameters
from interlock_dsl.formatter.rules import rules
from interlock_dsl.syntax.tree import Duration, Ident, PackArgument, PackDecl, UsePack


def pack(node: PackDecl, places: Places) -> list[Line]:
    """Return a pack."""
    tail = f" for {node.calls.text} {{"
    head = parameters(f"pack {node.name.text}", begin(node), node.parameters, tail, 0)
    return [*head, *indented(rules(node.rules, places)), Line("}", end(node), closes=True)]


def use_pack(node: UsePack, places: Places) -> list[Line]:
    """Return `use "path" as name for patterns with { arguments }`: on one line, or with an argument on each."""
    called = f" as {node.name.text}" if node.name is not None else ""
    head = f"use {quoted(node.path)}{called} for {names(node.patterns)}"
    if not node.arguments:
        return [Line(head, begin(node))]
    line = f"{head} with {{ {', '.join(map(_argument, node.arguments))} }}"
    if fits(line, 0):
        return [Line(line, begin(node))]
    lines = [Line(_argument(each), begin(each)) for each in node.arguments]
    return [Line(f"{head} with {{", begin(node)), *indented(lines), Line("}", end(node), closes=True)]


def _argument(node: PackArgument) -> str:
    match node.value:
        case Ident(text=text):
            value = text
        case Duration() as time:
            value = duration(time)
        case expression:
            value = written(expression)
    return f"{node.name.text}: {value}"
