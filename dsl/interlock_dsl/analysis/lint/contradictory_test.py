"""# contradictory-test

A test that can never hold: two of its expectations exclude each other, or it expects what this workflow never does. It
fails on every run, whatever the workflow, the models and the tools do, so the mistake is in the test.

What has happened stays so for the rest of a test: a call that was made, the end that was reached.

```ilk
tool orders.cancel(id: string) { needs orders.write  effect write }

workflow cancel(id: string) {
  step stop calls orders.cancel(id: id)
  end cancelled
  end failed

  start -> stop
    grant orders.write
  stop -> cancelled
  stop -> failed
    on failure
}

test "it is cancelled" {
  given id "A1"
  expect ends cancelled
  expect ends failed   // warning: [contradictory-test] "the run has ended at `cancelled`"
}
```

```ilk
tool orders.cancel(id: string) { needs orders.write  effect write }

workflow cancel(id: string) {
  step stop calls orders.cancel(id: id)
  end cancelled

  start -> stop
    grant orders.write
  stop -> cancelled
}

test "it is cancelled" {
  given id "A1"
  expect calls orders.cancel { id: "A1" }
  expect ends cancelled
}
```

Found by comparing the lines of the test with each other, and with what the routes and policies of the workflow can ask
for. Certain.
"""

from collections.abc import Iterator, Set

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import Facts
from interlock_dsl.analysis.rehearsal.scripts import approvers, calls, overlap, told
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.program.cases import Act, Test

OVER = ("ends", "fails")


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the first line of each test that cannot hold."""
    for test in program.facts.tests:
        found = next(_impossible(test, program.facts), None) or next(_excluded(test, program.facts), None)
        if found is not None:
            yield found


def _impossible(test: Test, facts: Facts) -> Iterator[Diagnostic]:
    """Yield the lines that expect what the workflow never does."""
    workflow = facts.workflows.get(test.workflow)
    asked, people = calls(test, workflow, facts), approvers(test, workflow, facts)
    informed = told(workflow, facts) if workflow is not None else set()
    here = f" in `{test.workflow}`" if workflow is not None else " in this test"
    for act in test.acts:
        match act.kind:
            case "calls" | "denied" | "withheld" if act.name not in asked:
                yield _finding(act, f"nothing in this test asks for a call of `{act.name}`")
            case "waits" | "decides" | "asks" if act.name not in people:
                yield _finding(act, f"`{act.name}` is never asked for an approval{here}")
            case "escalates" if act.name not in informed:
                yield _finding(act, f"nothing is escalated to `{act.name}`{here}")
            case _:
                pass


def _excluded(test: Test, facts: Facts) -> Iterator[Diagnostic]:
    """Yield the lines that an earlier line excludes."""
    workflow = facts.workflows.get(test.workflow)
    failing = set() if workflow is None else {name for name, end in workflow.ends.items() if end.decl.gives_up}
    for at, later in enumerate(test.acts):
        for before, earlier in enumerate(test.acts[:at]):
            between = test.acts[before + 1 : at]
            why = _excludes(earlier, later, failing, still=not any(not act.expected for act in between))
            if why:
                yield _finding(later, why, Label(earlier.span, "after this"))


def _excludes(earlier: Act, later: Act, failing: Set[str], *, still: bool) -> str:
    """Say why a line cannot hold after another, between which nothing happens if `still`; empty if it can.

    `failing` are the ends that give the run up.
    """
    match earlier.kind, later.kind:
        case (("allows" | "denies" | "asks"), ("allows" | "denies" | "asks")) if still and earlier.kind != later.kind:
            return "one call has one decision"
        case "ends", "ends" if earlier.name != later.name:
            return f"the run has ended at `{earlier.name}`, so it does not end at `{later.name}`"
        case "ends", "ends" if _differ(earlier.value, later.value):
            return f"the run has ended at `{earlier.name}` with other values"
        case ("ends", "fails") | ("fails", "ends") if failing.isdisjoint((earlier.name, later.name)):
            return "a run ends once: at an end, or by failing"
        case ("ends", "fails") | ("fails", "ends") if (earlier.rule or later.rule) is not None:
            return "what gives the run up is its end, not a promise"
        case (("ends" | "fails"), ("waits" | "decides")):
            return f"the run is over, so it does not wait for `{later.name}`"
        case ("waits", ("ends" | "fails")) if still:
            return f"the run waits for `{earlier.name}`, so it is not over"
        case "visits", "never visits" if earlier.name == later.name:
            return f"`{later.name}` has been entered"
        case "never visits", "visits" if still and earlier.name == later.name:
            return f"`{later.name}` has not been entered, and nothing has happened since"
        case "calls", "never calls" if earlier.name == later.name and _within(later.value, earlier.value):
            return f"`{later.name}` has been called"
        case "never calls", "calls" if still and earlier.name == later.name and _within(earlier.value, later.value):
            return f"`{later.name}` has not been called, and nothing has happened since"
        case "notifies", "never notifies" if earlier.name == later.name:
            return f"`{later.name}` has been notified"
        case "never notifies", "notifies" if still and earlier.name == later.name:
            return f"`{later.name}` has not been notified, and nothing has happened since"
        case "redacts", "never redacts" if earlier.name == later.name and overlap(earlier.fields, later.fields):
            return f"{' and '.join(earlier.fields)} of `{later.name}` has been redacted"
        case "never redacts", "redacts" if (
            still and earlier.name == later.name and overlap(earlier.fields, later.fields)
        ):
            return f"nothing of {' and '.join(earlier.fields)} of `{later.name}` has been redacted"
        case _:
            return ""


def _differ(one: object, other: object) -> bool:
    """Say whether no record has the named fields of both."""
    if isinstance(one, dict) and isinstance(other, dict):
        return any(_differ(one[name], other[name]) for name in one.keys() & other.keys())
    return one is not None and other is not None and one != other


def _within(wide: object, narrow: object) -> bool:
    """Say whether every record with the fields of `narrow` has those of `wide`."""
    if wide is None:
        return True
    if isinstance(wide, dict) and isinstance(narrow, dict):
        return all(name in narrow and _within(value, narrow[name]) for name, value in wide.items())
    return wide == narrow


def _finding(act: Act, why: str, *more: Label) -> Diagnostic:
    return diagnose("contradictory-test", f"this never holds: {why}", act.span, "", *more)
