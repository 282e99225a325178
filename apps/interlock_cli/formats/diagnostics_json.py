"""Findings as JSON: everything a finding knows, with offsets, lines and columns (both counted from 1)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from interlock_cli.present.output import json_text
from interlock_dsl.diagnostics import Diagnostic, Label, Severity

if TYPE_CHECKING:
    from interlock_cli.formats.json_models import CheckJson, FindingJson, LabelJson


def diagnostics_json(diagnostics: Sequence[Diagnostic], files: Sequence[str]) -> str:
    """Return the findings and the files that were looked at."""
    errors = sum(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)
    warnings = sum(diagnostic.severity is Severity.WARNING for diagnostic in diagnostics)
    report: CheckJson = {
        "version": 1,
        "files": list(files),
        "errors": errors,
        "warnings": warnings,
        "findings": [_finding(diagnostic) for diagnostic in diagnostics],
    }
    return json_text(report)


def _finding(diagnostic: Diagnostic) -> "FindingJson":
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "certainty": str(diagnostic.certainty),
        "page": diagnostic.page,
        "message": diagnostic.message,
        "labels": [_label(label) for label in diagnostic.labels],
        "notes": list(diagnostic.notes),
        "help": diagnostic.help,
    }


def _label(label: Label) -> "LabelJson":
    span = label.span
    line, column = span.source.place(span.end)
    return {
        "file": span.source.name,
        "line": span.line,
        "column": span.column,
        "end_line": line,
        "end_column": column,
        "text": label.text,
    }
