"""# test-that-cannot-fail

A test whose expectations say only what does not happen: a run that stops at its first step meets them too. Or an
expectation that something is not called which nothing in the test could call, or that a role is not notified or a field
not redacted where no rule could. Such a line gives confidence and checks nothing. Say what does happen, such as where
the run ends.

```ilk
tool orders.cancel(id: string) { needs orders.write  effect write }

workflow cancel(id: string, paid: bool) {
  step stop calls orders.cancel(id: id)
  end cancelled
  end refused

  start -> stop
    when !paid
    grant orders.write
  start -> refused
    when paid
  stop -> cancelled
}

test "what is paid is not cancelled" {   // warning: [test-that-cannot-fail] "only that something does not happen"
  given id "A1"
  given paid true
  expect never calls orders.cancel
}
```

```ilk
tool orders.cancel(id: string) { needs orders.write  effect write }

workflow cancel(id: string, paid: bool) {
  step stop calls orders.cancel(id: id)
  end cancelled
  end refused

  start -> stop
    when !paid
    grant orders.write
  start -> refused
    when paid
  stop -> cancelled
}

test "what is paid is not cancelled" {
  given id "A1"
  given paid true
  expect never calls orders.cancel
  expect ends refused
}
```

Found by looking at the kinds of expectations, at what the steps of the workflow and the script of the test can call,
and at the rules. Certain.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.rehearsal.scripts import calls, notified, overlap, redacted
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose

CODE = "test-that-cannot-fail"


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the tests, and the lines of tests, that hold whatever happens."""
    for test in program.facts.tests:
        expected = [act for act in test.acts if act.expected]
        decided = any(act.kind == "decides" for act in test.acts)
        if test.workflow and expected and not decided and all(act.kind.startswith("never ") for act in expected):
            message = f"the test `{test.title}` expects only that something does not happen"
            help = "add what does happen, such as `expect ends ...`"
            yield diagnose(CODE, message, test.span, "holds if the run stops at once", help=help)
            continue
        possible = calls(test, program.facts.workflows.get(test.workflow), program.facts)
        for act in expected:
            if act.kind == "never calls" and act.name not in possible:
                message = f"nothing in this test could call `{act.name}`, so this always holds"
                yield diagnose(CODE, message, act.span)
            elif act.kind == "never notifies" and act.name not in notified(possible, program.facts):
                yield diagnose(CODE, f"no rule here notifies `{act.name}`, so this always holds", act.span)
            elif act.kind == "never redacts" and not overlap(act.fields, redacted(act.name, program.facts)):
                message = f"no rule here redacts {' or '.join(act.fields)} of `{act.name}`, so this always holds"
                yield diagnose(CODE, message, act.span)
