"""The public conformance tests, where they are at hand: nothing that passes may stop passing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from interlock_dsl.cel import conformance

SUITE = Path(__file__).parents[2].parent / "shared" / "conformance" / "cel"
CLASSES = ("core", "timestamps", "check", "ext")
LIBRARIES = ("strings", "math", "optionals", "bindings", "encoders", "comprehensions2", "network")


@pytest.fixture(scope="module")
def report() -> conformance.Report:
    if not SUITE.is_dir():
        pytest.skip("the conformance suite of CEL is not beside the repository")
    return conformance.run(file.read_text() for file in SUITE.glob("*.json"))


def test_every_test_of_what_is_adopted_passes(report: conformance.Report) -> None:
    assert report.failures == {}
    assert set(report.classes) == set(CLASSES)
    assert set(report.libraries) == set(LIBRARIES)
    assert report.classes["core"].total >= 699
    assert report.classes["timestamps"].total >= 53


def test_what_is_left_out_is_named_and_never_passed(report: conformance.Report) -> None:
    assert set(report.left_out) == {"protos", "block"}
    passed = sum(tally.passed for tally in report.classes.values())
    left_out = sum(map(len, report.left_out.values()))
    tests = sum(len(json.loads(file.read_text())["tests"]) for file in SUITE.glob("*.json"))
    assert passed + left_out == tests


CASE = {
    "id": "basic/one/two",
    "expr": "1 + 1",
    "bindings": {},
    "type_env": [],
    "container": "",
    "disable_check": False,
    "disable_macros": False,
    "check_only": False,
    "expected": {"kind": "value", "value": {"type": "int", "value": "2"}},
    "class": "core",
    "needs": ["core"],
}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, None),
        ({"expr": "1 +"}, "does not parse"),
        ({"expr": "1 + 'a'"}, "does not check"),
        ({"expr": "1 + 'a'", "disable_check": True}, "is an error"),
        ({"expr": "2u"}, "is 2u, not 2"),
        ({"expr": "2.0"}, "is 2.0, not 2"),
        ({"expr": "3"}, "is 3, not 2"),
        ({"expected": {"kind": "eval_error", "messages": []}}, "is 2, not an error"),
        (
            {
                "expr": "isIP(1)",
                "expected": {"kind": "eval_error", "messages": ["found no matching overload for 'isIP'"]},
            },
            None,
        ),
        ({"expr": "1/0", "expected": {"kind": "eval_error", "messages": []}}, None),
        ({"expr": "1 +", "expected": {"kind": "eval_error", "messages": []}}, "does not parse"),
        ({"expr": "'a' + 1", "expected": {"kind": "eval_error", "messages": []}}, "does not check"),
        ({"expected": {"kind": "typed_result", "value": None, "deduced_type": {"type": "uint"}}}, "has the type int"),
        ({"expected": {"kind": "typed_result", "value": None, "deduced_type": {"type": "int"}}}, None),
    ],
)
def test_the_runner_tells_pass_from_failure(change: dict[str, object], why: str | None) -> None:
    failure = conformance.failure_of({**CASE, **change})  # type: ignore[dict-item]
    assert failure is None if why is None else failure is not None and why in failure


@pytest.mark.parametrize(
    ("left", "right"),
    [("1", "1u"), ("1", "1.0"), ("1", "true"), ("{1: 1}", "{true: 1}"), ("[1]", "[1.0]"), ("null", "0")],
)
def test_the_runner_does_not_confuse_what_python_does(left: str, right: str) -> None:
    from cel.running import evaluate

    assert conformance.identical(evaluate(left), evaluate(left))
    assert not conformance.identical(evaluate(left), evaluate(right))


def counted(*arguments: str) -> tuple[int, str]:
    command = [sys.executable, str(Path(__file__).parents[2] / "bench" / "conformance.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_the_command_prints_json_and_fails_on_a_failure(tmp_path: Path) -> None:
    file = tmp_path / "basic.json"
    file.write_text(json.dumps({"tests": [CASE, {**CASE, "id": "wrong", "expr": "3"}, {**CASE, "class": "proto"}]}))
    code, out = counted("--json", str(file))
    assert code == 1
    printed = json.loads(out)
    assert printed["classes"] == {"core": {"passed": 1, "total": 2}}
    assert printed["left_out"] == {"protos": ["basic/one/two"]}
    code, out = counted("--failures", str(tmp_path))
    assert code == 1
    assert "failed: wrong: is 3, not 2" in out
    assert counted(str(tmp_path / "absent.json"))[0] == 2
