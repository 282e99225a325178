"""# always-true-condition

Whenever this condition is considered, it is true: it decides nothing. A limit is often wider than it was meant to be,
or the way there has asked already. Write the condition that was meant, or remove it.

```ilk
agent billing { model "small" }

workflow refund(order: string) {
  step assess by billing { task "propose an amount"  returns { amount: int in 0..1_000 } }
  step again by billing { task "look again"  returns { sure: bool } }
  end paid
  end declined

  start -> assess
    pass order
  assess -> again
    when assess.amount > 100
  assess -> paid
    otherwise
  again -> paid
    when assess.amount > 50        // warning: [always-true-condition] "this condition is always true"
  again -> declined
    otherwise
}
```

```ilk
agent billing { model "small" }

workflow refund(order: string) {
  step assess by billing { task "propose an amount"  returns { amount: int in 0..1_000 } }
  step again by billing { task "look again"  returns { sure: bool } }
  end paid
  end declined

  start -> assess
    pass order
  assess -> again
    when assess.amount > 100
  assess -> paid
    otherwise
  again -> paid
    when assess.amount > 500
  again -> declined
    otherwise
}
```

Found by asking whether the condition of a route or of an escalation can be anything but true, for all values within
their types and given what is certain where it is considered. Certain. What a grant or a promise repeats of the route
it stands beside is not reported: it guards against changes. Nor is a comparison that the types decide: that is
`beyond-the-type`.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.reasoning.certain import always_taken, by_the_types, certain
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.cel.check import Checked
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the conditions of routes and escalations that are always true."""
    for questions in program.questions.values():
        for condition in _always(questions):
            if not by_the_types(questions, condition, True):
                yield diagnose(
                    "always-true-condition",
                    "this condition is always true",
                    condition.expression.span,
                    "whenever it is considered",
                    help="write the condition that was meant, or remove it",
                )


def _always(questions: Questions) -> Iterator[Checked]:
    for route in questions.workflow.routes:
        if route.when is not None and always_taken(questions, route):
            yield route.when
        for escalation in route.escalations:
            when = escalation.when
            if when is not None and certain(questions, questions.arrivals.taken(route), when):
                yield when
