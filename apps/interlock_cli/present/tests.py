"""Test results for people: a line a test, and for those that failed the place, the reason, and what happened."""

from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from interlock.testing.coverage import Covered
from interlock_cli.outcomes import TestOutcome
from interlock_cli.present import diagnostics
from interlock_cli.present.console import out
from interlock_cli.present.marks import mark
from interlock_cli.present.narrative import Narrative
from interlock_cli.present.quantity import count, duration
from interlock_cli.present.timeline import Layout
from interlock_dsl.diagnostics import Diagnostic, Label

LISTED = 40
"""Up to so many tests, those that pass are listed too."""


def show(outcomes: Sequence[TestOutcome]) -> None:
    """Print all results."""
    console = out()
    for file, group in groupby(outcomes, key=lambda outcome: outcome.file):
        inside = list(group)
        passed = sum(outcome.result.passed for outcome in inside)
        if len(outcomes) > LISTED and passed == len(inside):
            console.print(Text.assemble((f"{mark('done')} ", "good"), (file, "name"), f"  {count(passed, 'test')}"))
            continue
        console.print(Text(file, "name"))
        for outcome in inside:
            if not outcome.result.passed:
                _failed(console, outcome)
            elif len(outcomes) <= LISTED:
                console.print(Text.assemble("  ", (f"{mark('done')} ", "good"), outcome.test.title))
    console.print(_tally(outcomes))


def show_coverage(covered: Sequence[Covered]) -> None:
    """Print which rules decided nothing in any test, and which routes no test took."""
    console = out()
    for kind, said in (("rule", "decided nothing"), ("route", "was not taken")):
        these = [each for each in covered if bool(each.workflow) is (kind == "route")]
        if not these:
            continue
        reached = sum(each.reached for each in these)
        done = "decided something" if kind == "rule" else "were taken"
        whole = reached == len(these)
        sign = (f"{mark('done' if whole else 'empty')} ", "good" if whole else "quiet")
        console.print(Text.assemble(sign, f"{reached} of {count(len(these), kind)} {done}"))
        for each in these:
            if not each.reached:
                name = f"{each.workflow}: {each.id}" if each.workflow else each.id
                place = f"  {each.span.source.name}:{each.span.line}"
                console.print(Text.assemble("  ", (name, "name"), f" {said}", (place, "quiet")))


def _failed(console: Console, outcome: TestOutcome) -> None:
    console.print(Text.assemble("  ", (f"{mark('bad')} ", "bad"), (outcome.test.title, "bad")))
    for span, message in outcome.result.failures:
        diagnostics.show([Diagnostic("failed-test", message, (Label(span),))], console)
    workflow = outcome.program.workflows.get(outcome.test.workflow)
    if workflow is not None:
        layout = Layout(workflow.steps, console.width)
        narrative = Narrative(workflow, layout.room, program=outcome.program)
        for event, notes in outcome.events():
            for line in narrative.lines(event, notes):
                for row in layout.rows(line):
                    console.print(row, no_wrap=True, overflow="ignore", crop=False)
    console.print()


def _tally(outcomes: Sequence[TestOutcome]) -> Text:
    failed = sum(not outcome.result.passed for outcome in outcomes)
    took = duration(round(sum(outcome.seconds for outcome in outcomes) * 1_000_000))
    tests = count(len(outcomes), "test")
    if failed:
        said = (f"{failed} failed", "bad")
        return Text.assemble((f"{mark('bad')} ", "bad"), f"{tests}, ", said, (f"  {took}", "quiet"))
    return Text.assemble((f"{mark('done')} ", "good"), f"{tests} passed", (f"  {took}", "quiet"))
