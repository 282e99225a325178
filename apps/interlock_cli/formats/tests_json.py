"""Test results as JSON."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from interlock.testing.coverage import Covered
from interlock_cli.outcomes import TestOutcome

if TYPE_CHECKING:
    from interlock_cli.formats.json_models import CoveredJson, FailureJson, TestJson, TestsJson


def tests_json(outcomes: Sequence[TestOutcome], covered: Sequence[Covered] | None = None) -> "TestsJson":
    """Return all results, with the place and the reason of each failure, and what was reached where that was asked."""
    made: TestsJson = {
        "version": 1,
        "tests": len(outcomes),
        "failed": sum(not outcome.result.passed for outcome in outcomes),
        "results": [_result(outcome) for outcome in outcomes],
    }
    if covered is not None:
        made["coverage"] = [_reached(each) for each in covered]
    return made


def _reached(covered: Covered) -> "CoveredJson":
    return {
        "kind": "route" if covered.workflow else "rule",
        "id": covered.id,
        "workflow": covered.workflow,
        "file": covered.span.source.name,
        "line": covered.span.line,
        "reached": covered.reached,
    }


def _result(outcome: TestOutcome) -> "TestJson":
    failures: list[FailureJson] = [
        {"file": span.source.name, "line": span.line, "column": span.column, "message": message}
        for span, message in outcome.result.failures
    ]
    return {
        "title": outcome.test.title,
        "workflow": outcome.test.workflow,
        "file": outcome.file,
        "line": outcome.test.span.line,
        "passed": outcome.result.passed,
        "seconds": round(outcome.seconds, 6),
        "failures": failures,
    }
