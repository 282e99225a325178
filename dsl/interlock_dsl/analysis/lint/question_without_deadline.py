"""# question-without-deadline

A question to a person, or a wait for an event, has no `within`, and the run no `time`: if nobody answers, or the event
does not come, the run waits for ever, and nobody is told. Say how long to wait, and with `on expiry` where the run goes
then.

```ilk
role lead { reach "leads" }

workflow expense(amount: int) {
  step ask asks lead {   // warning: [question-without-deadline] "if nobody answers `ask`"
    question "is this in order?"
    returns { fine: bool }
  }
  end done { fine: ask.fine }

  start -> ask
    pass amount
  ask -> done
}
```

```ilk
role lead { reach "leads" }

workflow expense(amount: int) {
  budget { time 2d }

  step ask asks lead { question "is this in order?"  returns { fine: bool } }
  end done { fine: ask.fine }

  start -> ask
    pass amount
  ask -> done
}
```

Found by looking at the step and the budget. Certain, and reported under `--strict`: whoever
starts the run may end it otherwise.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import AskStepFacts, EventStepFacts
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the questions and the events for which a run waits without end."""
    for workflow in program.facts.workflows.values():
        budget = workflow.decl.budget
        if budget is not None and budget.time is not None:
            continue
        for name, step in workflow.steps.items():
            if isinstance(step, AskStepFacts | EventStepFacts) and step.decl.within is None:
                asks = isinstance(step, AskStepFacts)
                missing = f"nobody answers `{name}`" if asks else f"the event of `{name}` does not come"
                message = f"if {missing}, the run waits without end"
                help = "write `within 4h`, and where the run goes `on expiry`"
                yield diagnose("question-without-deadline", message, step.decl.name.span, help=help)
