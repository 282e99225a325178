"""# question-without-way-on

A question, or a wait for an event, has a deadline, and its step has no route `on expiry`. When nobody answers in time,
or the event does not come, the whole run is given up: everything it did is undone and it ends at no end. Say where the
run goes then.

```ilk
role lead { reach "leads" }

workflow expense(amount: int in 0..1_000) {
  step ask asks lead {
    question "is this in order?"
    returns { fine: bool }
    within 1d   // warning: [question-without-way-on] "if nobody answers in time, the run is given up"
  }
  end done { fine: ask.fine }

  start -> ask
    pass amount
  ask -> done
}
```

```ilk
role lead { reach "leads" }

workflow expense(amount: int in 0..1_000) {
  step ask asks lead {
    question "is this in order?"
    returns { fine: bool }
    within 1d
  }
  end done { fine: ask.fine }
  end late

  start -> ask
    pass amount
  ask -> done
  ask -> late
    on expiry
}
```

```ilk
workflow ship(order: string) {
  step paid waits for event "paid" within 2d   // warning: [question-without-way-on] "if the event does not come"
  end shipped

  start -> paid
  paid -> shipped
}
```

Found by looking at the routes that leave the step. Certain.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import AskStepFacts, EventStepFacts, collects
from interlock_dsl.analysis.knowledge.losing import ways_on
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the questions and waits for events that no route leaves when they expire."""
    for workflow in program.facts.workflows.values():
        handled = ways_on(workflow)
        for name, step in workflow.steps.items():
            if (
                not isinstance(step, AskStepFacts | EventStepFacts)
                or step.decl.within is None
                or collects(step)
                or handled[name] & {"expiry", "denied"}
            ):
                continue
            yield diagnose(
                "question-without-way-on",
                f"{_late(step)}, the run is given up: `{name}` has no route `on expiry`",
                step.decl.within.span,
                help=f"add `{name} -> ...` with `on expiry`",
            )


def _late(step: AskStepFacts | EventStepFacts) -> str:
    return "if nobody answers in time" if isinstance(step, AskStepFacts) else "if the event does not come in time"
