"""Findings as JSON: everything a finding knows, with offsets, lines and columns (both counted from 1)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from interlock_cli.formats.remarks import Allowed
from interlock_cli.present.output import json_text
from interlock_dsl.diagnostics import Diagnostic, Label, Severity, Witness
from interlock_dsl.diagnostics.source import Span

if TYPE_CHECKING:
    from interlock_cli.formats.json_models import BoundsJson, CheckJson, FindingJson, LabelJson, RangeJson, WitnessJson


def diagnostics_json(
    diagnostics: Sequence[Diagnostic],
    files: Sequence[str],
    allowed: Sequence[Allowed] = (),
    worst: "Sequence[BoundsJson] | None" = None,
) -> str:
    """Return the findings, the files that were looked at, what comments allow, and worst cases if asked for."""
    errors = sum(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)
    warnings = sum(diagnostic.severity is Severity.WARNING for diagnostic in diagnostics)
    report: CheckJson = {
        "version": 1,
        "files": list(files),
        "errors": errors,
        "warnings": warnings,
        "findings": [_finding(diagnostic) for diagnostic in diagnostics],
        "suppressed": [{"finding": _finding(each.diagnostic), "reason": each.reason} for each in allowed],
    }
    if worst is not None:
        report["bounds"] = list(worst)
    return json_text(report)


def _finding(diagnostic: Diagnostic) -> "FindingJson":
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "certainty": diagnostic.certainty.value,
        "page": diagnostic.page,
        "message": diagnostic.message,
        "labels": [_label(label) for label in diagnostic.labels],
        "notes": list(diagnostic.notes),
        "help": diagnostic.help,
        "witness": None if diagnostic.witness is None else _witness(diagnostic.witness),
        "edits": [{**_range(edit.span), "text": edit.text} for edit in diagnostic.edits],
    }


def _witness(witness: Witness) -> "WitnessJson":
    return {
        "values": dict(witness.values),
        "workflow": witness.workflow,
        "path": [{**_range(place.span), "text": place.text} for place in witness.path],
        "story": list(witness.story),
        "expects": list(witness.expects),
    }


def _label(label: Label) -> "LabelJson":
    return {**_range(label.span), "text": label.text}


def _range(span: Span) -> "RangeJson":
    line, column = span.source.place(span.end)
    return {
        "file": span.source.name,
        "line": span.line,
        "column": span.column,
        "end_line": line,
        "end_column": column,
    }
