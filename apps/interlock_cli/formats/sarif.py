"""Findings as SARIF 2.1.0 (OASIS), for code scanning.

`partialFingerprints` keep a finding's identity while the lines around it move: a digest of its code, its file, the text
of its line and how many equal ones came before it. The first label is the location; the others are related locations
and, in the order written, a code flow.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from interlock_cli.present.output import json_text
from interlock_cli.version import version
from interlock_dsl.diagnostics import CODES, Code, Diagnostic, Label, Severity

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
FINGERPRINT = "interlockFinding/v1"


def sarif(diagnostics: Sequence[Diagnostic]) -> str:
    """Return a SARIF log with one run."""
    codes = sorted({diagnostic.code for diagnostic in diagnostics})
    seen: Counter[str] = Counter()
    driver = {
        "name": "interlock",
        "version": version(),
        "rules": [_rule(CODES[code]) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, codes.index(diagnostic.code), seen) for diagnostic in diagnostics],
    }
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: Code) -> dict[str, object]:
    return {
        "id": code.name,
        "name": _pascal(code.name),
        "shortDescription": {"text": code.summary},
        "help": {"text": f"`interlock explain {code.name}` explains it; in the documentation: {code.page}"},
        "defaultConfiguration": {"level": LEVELS[code.severity]},
        "properties": {"certainty": str(code.certainty), "page": code.page},
    }


def _result(diagnostic: Diagnostic, rule: int, seen: Counter[str]) -> Mapping[str, object]:
    text = "\n".join(
        [diagnostic.message, *diagnostic.notes, *([f"help: {diagnostic.help}"] if diagnostic.help else [])]
    )
    result: dict[str, object] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": LEVELS[diagnostic.severity],
        "message": {"text": text},
        "locations": [_location(diagnostic.labels[0])],
        "partialFingerprints": {FINGERPRINT: _fingerprint(diagnostic, seen)},
        "properties": {"certainty": str(diagnostic.certainty)},
    }
    if len(diagnostic.labels) > 1:
        result["relatedLocations"] = [
            {"id": index} | _location(label) for index, label in enumerate(diagnostic.labels[1:], 1)
        ]
        steps = [{"location": _location(label)} for label in diagnostic.labels]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    return result


def _location(label: Label) -> dict[str, object]:
    span = label.span
    end_line, end_column = span.source.place(span.end)
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": end_line,
        "endColumn": end_column,
        "charOffset": span.start,
        "charLength": span.end - span.start,
    }
    physical = {"artifactLocation": {"uri": _uri(span.source.name)}, "region": region}
    location: dict[str, object] = {"physicalLocation": physical}
    if label.text:
        location["message"] = {"text": label.text}
    return location


def _uri(name: str) -> str:
    """Return a path as a URI: relative to where the check ran, or with the scheme `file`."""
    return f"file://{quote(name)}" if name.startswith("/") else quote(name)


def _fingerprint(diagnostic: Diagnostic, seen: Counter[str]) -> str:
    span = diagnostic.span
    line = " ".join(span.source.line(span.line).split())
    about = "\0".join((diagnostic.code, span.source.name, line))
    seen[about] += 1
    return hashlib.sha256(f"{about}\0{seen[about]}".encode()).hexdigest()[:32]


def _pascal(code: str) -> str:
    return "".join(part.capitalize() for part in code.split("-"))
