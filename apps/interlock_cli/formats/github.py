"""Findings as GitHub workflow commands, which put them beside the lines of a pull request.

The escapes are those of the runner: `%`, carriage return and newline everywhere, `:` and `,` in properties as well.
"""

from collections.abc import Sequence

from interlock_cli.formats.remarks import remarks
from interlock_dsl.diagnostics import Diagnostic, Severity

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def github(diagnostics: Sequence[Diagnostic]) -> str:
    """Return a workflow command a finding."""
    return "".join(_command(diagnostic) + "\n" for diagnostic in diagnostics)


def annotation(level: str, file: str, place: tuple[int, int], end: tuple[int, int], title: str, message: str) -> str:
    """Return one workflow command; the end column is left out where the range spans lines, as GitHub wants it."""
    line, column = place
    properties = {"file": file, "line": str(line), "endLine": str(end[0]), "col": str(column), "title": title}
    if end[0] == line:
        properties["endColumn"] = str(end[1])
    listed = ",".join(f"{name}={_property(each)}" for name, each in properties.items())
    return f"::{level} {listed}::{_data(message)}"


def _command(diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    others = [f"{label.span}: {label.text}" for label in diagnostic.labels[1:] if label.text]
    return annotation(
        LEVELS[diagnostic.severity],
        span.source.name,
        (span.line, span.column),
        span.source.place(span.end),
        diagnostic.code,
        "\n".join([diagnostic.message, *others, *remarks(diagnostic)]),
    )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
