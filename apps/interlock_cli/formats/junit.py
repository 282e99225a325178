"""Test results and findings as JUnit XML, as CI servers read it.

One suite a file; one case a test, or one a finding. A file without findings is one case that holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from interlock_cli.formats.remarks import remarks
from interlock_cli.present.escape import escape
from interlock_dsl.diagnostics import Diagnostic, Severity


@dataclass(frozen=True)
class Case:
    """A test or a finding: its place (`file`, `line`), how long it took (seconds), what failed ("" if nothing).

    `type` is the code of what failed.
    """

    file: str
    line: int
    title: str
    seconds: float
    failure: str = ""
    detail: str = ""
    type: str = "failed-test"


def cases_of(found: Sequence[Diagnostic], files: Sequence[str] = ()) -> list[Case]:
    """Return a case for each finding, in which notes do not fail, and one that holds for each other of the files."""
    cases = [_found(each) for each in found]
    held = [Case(file, 1, file, 0.0) for file in files if all(case.file != file for case in cases)]
    return cases + held


def _found(each: Diagnostic) -> Case:
    span = each.span
    title = f"{each.code}: {each.message} ({span.line}:{span.column})"
    if each.severity is Severity.NOTE:
        return Case(span.source.name, span.line, title, 0.0)
    detail = "\n".join([f"{span}: {each.severity}[{each.code}]: {each.message}", *remarks(each)])
    return Case(span.source.name, span.line, title, 0.0, each.message, detail, each.code)


def junit(cases: Sequence[Case]) -> str:
    """Return a `testsuites` document."""
    root = ElementTree.Element("testsuites", {"name": "interlock"} | _totals(cases))
    for file in dict.fromkeys(case.file for case in cases):
        inside = [case for case in cases if case.file == file]
        suite = ElementTree.SubElement(root, "testsuite", {"name": _shown(file)} | _totals(inside))
        for case in inside:
            _case(suite, case)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _totals(cases: Sequence[Case]) -> dict[str, str]:
    return {
        "tests": str(len(cases)),
        "failures": str(sum(bool(case.failure) for case in cases)),
        "errors": "0",
        "skipped": "0",
        "time": f"{sum(case.seconds for case in cases):.6f}",
    }


def _case(suite: ElementTree.Element, case: Case) -> None:
    name = case.file.removesuffix(".ilk").replace("/", ".")
    attributes = {
        "name": _shown(case.title),
        "classname": _shown(name),
        "file": _shown(case.file),
        "line": str(case.line),
    }
    element = ElementTree.SubElement(suite, "testcase", attributes, time=f"{case.seconds:.6f}")
    if case.failure:
        failure = ElementTree.SubElement(element, "failure", message=_shown(case.failure), type=case.type)
        failure.text = _shown(case.detail)


def _shown(text: str) -> str:
    """Return the text with what cannot be seen escaped; what is left, XML 1.0 can hold."""
    return escape(text, keep="\n")
