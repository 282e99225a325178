"""# unreachable-otherwise

The other routes of the step cover all values, so `otherwise` is never taken. Often one of their conditions is wider
than it was meant to be; if all are right, remove the route.

```ilk
agent triage { model "small" }

workflow request(text: string) {
  step score by triage { task "how urgent"  returns { urgency: int in 0..10 } }
  end today
  end later
  end unclear

  start -> score
    pass text
  score -> today
    when score.urgency > 5
  score -> later
    when score.urgency <= 5
  score -> unclear         // warning: [unreachable-otherwise] "the `otherwise` route from `score` is never taken"
    otherwise
}
```

```ilk
agent triage { model "small" }

workflow request(text: string) {
  step score by triage { task "how urgent"  returns { urgency: int in 0..10 } }
  end today
  end later
  end unclear

  start -> score
    pass text
  score -> today
    when score.urgency > 5
  score -> later
    when score.urgency < 5
  score -> unclear
    otherwise
}
```

Found by asking whether all other conditions can be false, given what is certain where they are considered. Certain. A
condition without a value does not lead to `otherwise`, so it is not kept for that either. Where one of the conditions
is always true, only that is reported.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.knowledge.wording import after, ends
from interlock_dsl.analysis.reasoning.certain import some_certain
from interlock_dsl.analysis.values.problem import Impossible
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the `otherwise` routes that are never taken."""
    for questions in program.questions.values():
        for group in questions.arrivals.groups:
            last = group.otherwise
            if last is None or not group.conditional or some_certain(questions, group, True):
                continue
            arrivals = questions.possible(questions.arrivals.before(group))
            if arrivals and isinstance(questions.ask(arrivals, group.taken(last)).answer, Impossible):
                yield diagnose(
                    "unreachable-otherwise",
                    f"the `otherwise` route from {after(group)} is never taken",
                    ends(last),
                    "the others cover all values",
                    help="narrow the condition that is too wide, or remove this route",
                )
