"""Diagnostics for people, with the source they are about, and a closing line."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from interlock_cli.present.console import err
from interlock_cli.present.marks import mark
from interlock_cli.present.quantity import count
from interlock_dsl.diagnostics import Diagnostic, Severity


def show(diagnostics: Sequence[Diagnostic], console: Console | None = None) -> None:
    """Print diagnostics, to standard error where no console is given."""
    from interlock_dsl.diagnostics.render import render

    console = console or err()
    color = console.is_terminal and console.color_system is not None and not console.no_color
    text = render(diagnostics, color=color, width=console.width)
    console.file.write(f"{text}\n" if text else "")
    console.file.flush()


def show_all(diagnostics: Sequence[Diagnostic]) -> None:
    """Print diagnostics to standard error, and how many there are."""
    show(diagnostics)
    files = {label.span.source.name for diagnostic in diagnostics for label in diagnostic.labels[:1]}
    err().print(tally(diagnostics, len(files)))


def tally(diagnostics: Sequence[Diagnostic], files: int) -> Text:
    """Return the closing line: how much was found, in how many files."""
    where = f" in {count(files, 'file')}"
    if not diagnostics:
        return Text.assemble((f"{mark('done')} ", "good"), f"nothing wrong{where}")
    parts = []
    for severity in (Severity.ERROR, Severity.WARNING, Severity.NOTE):
        found = sum(diagnostic.severity is severity for diagnostic in diagnostics)
        if found:
            parts.append((count(found, str(severity)), str(severity)))
    text = Text()
    for index, (said, style) in enumerate(parts):
        text.append(", " if index else "").append(said, style)
    return text.append(where)
