import json
import re
from dataclasses import replace
from unicodedata import category
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from cli.sarif_log import LOG
from interlock_cli.formats.diagnostics_json import diagnostics_json
from interlock_cli.formats.github import github
from interlock_cli.formats.junit import Case, cases_of, junit
from interlock_cli.formats.remarks import Allowed
from interlock_cli.formats.sarif import FINGERPRINT, sarif
from interlock_cli.formats.schemas import printed
from interlock_dsl.diagnostics import CODES, Certainty, Diagnostic, Edit, Label, Waypoint, Witness
from interlock_dsl.diagnostics.render import render, render_compact
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


def witnessed() -> Diagnostic:
    """A finding with everything that one can have."""
    plain = finding()
    source = plain.span.source
    route = Span(source, 0, 13)
    witness = Witness(
        {"assess.amount": 10_000, "assess.note": 'a "b"\u202e', "assess.of": {"ids": ["A", None]}},
        (Waypoint(Span(source, 0, 6), "takes `start -> assess`"), Waypoint(route, "takes `assess -> pay`")),
        "refund",
        ("given { amount: 10_000 }", "agent assess answers { amount: 10_000, ok: true }"),
        ("expect fails",),
    )
    edits = (Edit(Span(source, plain.span.start, plain.span.start), "!"), Edit(route, ""))
    return replace(plain, notes=(), witness=witness, edits=edits, help="remove it")


def test_json_has_the_witness_and_the_edits() -> None:
    text = diagnostics_json([witnessed()], ["a"], [Allowed(finding(), "for now")])
    printed("check").validate_json(text)
    report = json.loads(text)
    (found,), (suppressed,) = report["findings"], report["suppressed"]
    assert found["witness"]["values"]["assess.of"] == {"ids": ["A", None]}
    assert (found["witness"]["workflow"], found["witness"]["expects"]) == ("refund", ["expect fails"])
    assert found["witness"]["story"][0] == "given { amount: 10_000 }"
    assert [(place["line"], place["text"]) for place in found["witness"]["path"]] == [
        (1, "takes `start -> assess`"),
        (1, "takes `assess -> pay`"),
    ]
    assert [(edit["line"], edit["column"], edit["end_column"], edit["text"]) for edit in found["edits"]] == [
        (2, 8, 8, "!"),
        (1, 1, 14, ""),
    ]
    assert (suppressed["reason"], suppressed["finding"]["code"]) == ("for now", "overlapping-routes")
    assert report["errors"] == 1
    assert json.loads(diagnostics_json([finding()], []))["findings"][0]["witness"] is None


def test_people_are_told_the_witness_as_a_story() -> None:
    assert render([witnessed()]).partition("\n = ")[2] == (
        'witness: assess.amount = 10_000, assess.note = "a \\"b\\"\\u202e", '
        'assess.of = { ids: ["A", null] }\n'
        "     given { amount: 10_000 }\n"
        "     agent assess answers { amount: 10_000, ok: true }\n"
        " = help: remove it\n"
    )


def test_a_witness_without_a_story_tells_its_path_or_only_its_values() -> None:
    full = witnessed().witness
    assert full is not None
    path = replace(full, story=())
    assert path.told[1:] == (
        "takes `start -> assess` (my desk/refund.ilk:1:1)",
        "takes `assess -> pay` (my desk/refund.ilk:1:1)",
    )
    long = Witness({"a": "x" * 60, "b": "y" * 60})
    assert long.told == ('a = "' + "x" * 60 + '"', 'b = "' + "y" * 60 + '"')
    compact = render_compact([replace(finding(), notes=(), witness=long)])
    assert compact.endswith(
        f"(witness: {', '.join(long.told)}) (help: make the first `> 1`, or declare:\\n`routes assess first`)\n"
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
    assert "codeFlows" not in first and "suppressions" not in first
    assert first["partialFingerprints"][FINGERPRINT] != second["partialFingerprints"][FINGERPRINT]


def test_sarif_has_the_path_the_fix_and_what_is_allowed() -> None:
    unanswered = replace(finding(), stated=Certainty.UNKNOWN)
    (run,) = json.loads(sarif([witnessed(), unanswered], [Allowed(finding(code="vacuous-test"), "for now")]))["runs"]
    first, second, third = run["results"]
    flow = first["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["message"]["text"] for step in flow] == [
        "takes `start -> assess`",
        "takes `assess -> pay`",
        "two routes from `assess` can both be taken",
    ]
    assert first["message"]["text"].splitlines()[1:4] == [
        'witness: assess.amount = 10_000, assess.note = "a \\"b\\"\u202e", assess.of = { ids: ["A", null] }',
        "  given { amount: 10_000 }",
        "  agent assess answers { amount: 10_000, ok: true }",
    ]
    (change,) = first["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "my%20desk/refund.ilk"
    assert [
        (each["deletedRegion"]["charOffset"], each["deletedRegion"]["charLength"], each["insertedContent"]["text"])
        for each in change["replacements"]
    ] == [(21, 0, "!"), (0, 13, "")]
    assert (second["kind"], second["level"]) == ("open", "none")
    assert third["suppressions"] == [{"kind": "inSource", "justification": "for now"}]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["overlapping-routes", "vacuous-test"]


@given(
    st.lists(st.sampled_from(sorted(CODES)), max_size=4),
    st.lists(st.sampled_from(sorted(CODES)), max_size=3),
    st.sampled_from([None, *Certainty]),
    st.text(min_size=1),
    st.booleans(),
)
def test_sarif_is_valid_whatever_is_found(
    codes: list[str], allowed: list[str], stated: Certainty | None, text: str, full: bool
) -> None:
    found = [replace(witnessed() if full else finding(), code=code, stated=stated, message=text) for code in codes]
    LOG.validate_json(sarif(found, [Allowed(finding(code=code), text) for code in allowed]))


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
    assert failed[0].text == "it did\\u0000 y"
    assert root[1][0].get("classname") == "desk.other"


@given(st.text(), st.text())
def test_junit_is_xml_whatever_a_test_is_called(title: str, failure: str) -> None:
    root = ElementTree.fromstring(junit([Case("a.ilk", 1, title, 0.0, failure or "no", failure)]))
    assert root.get("failures") == "1"


@given(st.text(st.sampled_from("a\n\u202e\u2066\u200b\x9b\ufeff\ud800\U000e0041")))
def test_junit_shows_what_cannot_be_seen(text: str) -> None:
    printed = junit([Case(text, 1, text, 0.0, text or "no", text, "failed-test")])
    assert not any(category(char) in ("Cc", "Cf", "Cs") for char in printed.replace("\n", ""))


def test_junit_has_a_case_a_finding_and_one_for_each_file_without() -> None:
    note = replace(finding(code="suppressed-finding"), message="one is allowed")
    root = ElementTree.fromstring(junit(cases_of([witnessed(), note], ["my desk/refund.ilk", "desk/other.ilk"])))
    assert (root.get("tests"), root.get("failures")) == ("3", "1")
    failed, held = root[0]
    assert failed.get("name") == "overlapping-routes: two routes from `assess` can both be taken (2:8)"
    assert (failed[0].get("type"), (failed[0].text or "").splitlines()[2]) == (
        "overlapping-routes",
        "  given { amount: 10_000 }",
    )
    assert len(held) == 0 and root[1][0].get("name") == "desk/other.ilk"
