import json
import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from interlock_cli.formats.diagnostics_json import diagnostics_json
from interlock_cli.formats.github import github
from interlock_cli.formats.junit import Case, junit
from interlock_cli.formats.sarif import FINGERPRINT, sarif
from interlock_dsl.diagnostics import CODES, Certainty, Diagnostic, Label
from interlock_dsl.diagnostics.source import Source, Span

TEXT = "assess -> pay\n  when 100% > x\nassess -> pay\n  when x\n"


def finding(text: str = TEXT, file: str = "my desk/refund.ilk", code: str = "overlapping-routes") -> Diagnostic:
    source = Source(file, text)
    start = text.index("100%")
    second = text.rindex("assess")
    return Diagnostic(
        code,
        "two routes from `assess` can both be taken",
        (Label(Span(source, start, start + 8), "this one"), Label(Span(source, second, second + 13), "and this one")),
        notes=("witness: x = 1",),
        help="make the first `> 1`, or declare:\n`routes assess first`",
    )


def test_json_has_all_a_finding_knows() -> None:
    report = json.loads(diagnostics_json([finding(), finding(code="vacuous-test")], ["refund.ilk"]))
    assert (report["errors"], report["warnings"], report["files"]) == (1, 1, ["refund.ilk"])
    first = report["findings"][0]
    assert first["labels"][0] == {
        "file": "my desk/refund.ilk",
        "line": 2,
        "column": 8,
        "end_line": 2,
        "end_column": 16,
        "text": "this one",
    }
    assert (first["certainty"], first["notes"]) == (Certainty.PROVED, ["witness: x = 1"])
    assert first["page"] == "diagnostics/overlapping-routes.md"
    assert report["findings"][1]["severity"] == "warning"


def test_github_commands_escape_what_the_runner_reads() -> None:
    command = github([finding(file="a,b:c.ilk")])
    assert command == (
        "::error file=a%2Cb%3Ac.ilk,line=2,endLine=2,col=8,title=overlapping-routes,endColumn=16::"
        "two routes from `assess` can both be taken%0A"
        "a,b:c.ilk:3:1: and this one%0A"
        "note: witness: x = 1%0A"
        "help: make the first `> 1`, or declare:%0A`routes assess first`\n"
    )


def test_sarif_is_what_code_scanning_reads() -> None:
    log = json.loads(sarif([finding(), finding()]))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    (rule,) = run["tool"]["driver"]["rules"]
    assert (rule["id"], rule["shortDescription"]["text"]) == ("overlapping-routes", CODES["overlapping-routes"].summary)
    assert rule["defaultConfiguration"] == {"level": "error"}
    assert rule["properties"] == {"certainty": "proved", "page": "diagnostics/overlapping-routes.md"}
    assert "interlock explain overlapping-routes" in rule["help"]["text"]
    first, second = run["results"]
    assert (first["ruleId"], first["ruleIndex"], first["level"]) == ("overlapping-routes", 0, "error")
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "my%20desk/refund.ilk"
    assert place["region"] == {
        "startLine": 2, "startColumn": 8, "endLine": 2, "endColumn": 16, "charOffset": 21, "charLength": 8,
    }  # fmt: skip
    assert first["relatedLocations"][0]["message"]["text"] == "and this one"
    assert len(first["codeFlows"][0]["threadFlows"][0]["locations"]) == 2
    assert first["partialFingerprints"][FINGERPRINT] != second["partialFingerprints"][FINGERPRINT]


@given(st.integers(min_value=0, max_value=30), st.integers(min_value=0, max_value=8))
def test_a_fingerprint_survives_what_moves_around_it(lines: int, indent: int) -> None:
    def fingerprint(diagnostic: Diagnostic) -> str:
        found: str = json.loads(sarif([diagnostic]))["runs"][0]["results"][0]["partialFingerprints"][FINGERPRINT]
        assert re.fullmatch("[0-9a-f]{32}", found)
        return found

    moved = "\n" * lines + TEXT.replace("  when", " " * indent + "when")
    assert fingerprint(finding(moved)) == fingerprint(finding())
    assert fingerprint(finding(TEXT.replace("> x", "> y"))) != fingerprint(finding())


def test_junit_has_a_suite_a_file_and_a_case_a_test() -> None:
    cases = [
        Case("refund.ilk", 10, "a small refund", 0.25),
        Case("refund.ilk", 20, "a large <refund>", 0.5, "expected `x`", "it did\x00 y"),
        Case("desk/other.ilk", 3, "one", 0.1),
    ]
    root = ElementTree.fromstring(junit(cases))
    assert (root.get("tests"), root.get("failures"), root.get("time")) == ("3", "1", "0.850000")
    assert [suite.get("name") for suite in root] == ["refund.ilk", "desk/other.ilk"]
    failed = root[0][1]
    assert failed.get("name") == "a large <refund>"
    assert failed[0].get("message") == "expected `x`"
    assert failed[0].text == "it did\N{REPLACEMENT CHARACTER} y"
    assert root[1][0].get("classname") == "desk.other"


@given(st.text(), st.text())
def test_junit_is_xml_whatever_a_test_is_called(title: str, failure: str) -> None:
    root = ElementTree.fromstring(junit([Case("a.ilk", 1, title, 0.0, failure or "no", failure)]))
    assert root.get("failures") == "1"
