"""Findings as SARIF 2.1.0 (OASIS), for code scanning.

The first label is the location, the others are related locations. The path of a witness is a code flow, edits are a
fix, what a comment allows is a suppressed result. What could not be answered is a result of kind `open`.
`partialFingerprints` keep a finding's identity while the lines around it move: a digest of its code, its file, the text
of its line and how many equal ones came before it.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from interlock_cli.formats.remarks import Allowed, remarks
from interlock_cli.present.output import json_text
from interlock_cli.version import version
from interlock_dsl.diagnostics import CODES, Certainty, Code, Diagnostic, Label, Severity, Witness
from interlock_dsl.diagnostics.source import Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
FINGERPRINT = "interlockFinding/v1"


def sarif(diagnostics: Sequence[Diagnostic], allowed: Sequence[Allowed] = ()) -> str:
    """Return a SARIF log with one run."""
    found = [*((each, "") for each in diagnostics), *((each.diagnostic, each.reason) for each in allowed)]
    codes = sorted({diagnostic.code for diagnostic, _ in found})
    seen: Counter[str] = Counter()
    driver = {
        "name": "interlock",
        "version": version(),
        "rules": [_rule(CODES[code]) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, codes.index(each.code), seen, reason) for each, reason in found],
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


def _result(diagnostic: Diagnostic, rule: int, seen: Counter[str], reason: str) -> Mapping[str, object]:
    unanswered = diagnostic.certainty is Certainty.UNKNOWN
    result: dict[str, object] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "kind": "open" if unanswered else "fail",
        "level": "none" if unanswered else LEVELS[diagnostic.severity],
        "message": {"text": "\n".join([diagnostic.message, *remarks(diagnostic)])},
        "locations": [_location(diagnostic.labels[0])],
        "partialFingerprints": {FINGERPRINT: _fingerprint(diagnostic, seen)},
        "properties": {"certainty": str(diagnostic.certainty)},
    }
    if len(diagnostic.labels) > 1:
        result["relatedLocations"] = [
            {"id": index} | _location(label) for index, label in enumerate(diagnostic.labels[1:], 1)
        ]
    if diagnostic.witness is not None and diagnostic.witness.path:
        result["codeFlows"] = [_flow(diagnostic, diagnostic.witness)]
    if diagnostic.edits:
        result["fixes"] = [_fix(diagnostic)]
    if reason:
        result["suppressions"] = [{"kind": "inSource", "justification": reason}]
    return result


def _flow(diagnostic: Diagnostic, witness: Witness) -> dict[str, object]:
    """Return the routes that a run takes to where it happens, and what happens there."""
    places = [Label(place.span, place.text) for place in witness.path]
    steps = [{"location": _location(label)} for label in (*places, Label(diagnostic.span, diagnostic.message))]
    return {"threadFlows": [{"locations": steps}]}


def _fix(diagnostic: Diagnostic) -> dict[str, object]:
    files = dict.fromkeys(edit.span.source.name for edit in diagnostic.edits)
    changes = [
        {
            "artifactLocation": {"uri": _uri(file)},
            "replacements": [
                {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
                for edit in diagnostic.edits
                if edit.span.source.name == file
            ],
        }
        for file in files
    ]
    return {"description": {"text": diagnostic.help or diagnostic.message}, "artifactChanges": changes}


def _location(label: Label) -> dict[str, object]:
    span = label.span
    physical = {"artifactLocation": {"uri": _uri(span.source.name)}, "region": _region(span)}
    location: dict[str, object] = {"physicalLocation": physical}
    if label.text:
        location["message"] = {"text": label.text}
    return location


def _region(span: Span) -> dict[str, int]:
    end_line, end_column = span.source.place(span.end)
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": end_line,
        "endColumn": end_column,
        "charOffset": span.start,
        "charLength": span.end - span.start,
    }


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
