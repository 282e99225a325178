"""Test results and findings as JUnit XML, as CI servers read it.

One suite a file; one case a test, or one a finding. A file without findings is one case that holds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from interlock_cli.formats.remarks import remarks
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
        suite = ElementTree.SubElement(root, "testsuite", {"name": file} | _totals(inside))
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
    attributes = {"name": _xml(case.title), "classname": name, "file": case.file, "line": str(case.line)}
    element = ElementTree.SubElement(suite, "testcase", attributes, time=f"{case.seconds:.6f}")
    if case.failure:
        failure = ElementTree.SubElement(element, "failure", message=_xml(case.failure), type=case.type)
        failure.text = _xml(case.detail)


def _xml(text: str) -> str:
    """Return the text without what XML 1.0 cannot hold."""
    return "".join(_allowed(text))


def _allowed(text: str) -> Iterable[str]:
    for char in text:
        code = ord(char)
        if code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code > 0xFFFF:
            yield char
        else:
            yield "\N{REPLACEMENT CHARACTER}"
