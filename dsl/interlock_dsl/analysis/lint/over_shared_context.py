"""# over-shared-context

A route passes a field twice: alone, and inside a record that it passes as a whole. Whoever is shown it sees it twice,
and the reader of the file takes the list for all that is shown, which it is not. Pass the record, or the fields that
are needed.

```ilk
type Order { id: string  note: string  total: int }

agent clerk { model "small" }

workflow look(order: Order) {
  step find by clerk { task "find it"  returns { text: string } }
  end done { text: find.text }

  start -> find
    pass order, order.id   // warning: [over-shared-context] "`order.id` is passed already, as a part of `order`"
  find -> done
}
```

```ilk
type Order { id: string  note: string  total: int }

agent clerk { model "small" }

workflow look(order: Order) {
  step find by clerk { task "find it"  returns { text: string } }
  end done { text: find.text }

  start -> find
    pass order.id, order.note
  find -> done
}
```

Found by comparing the fields of a `pass`. Certain. That a model is shown text labelled `@pii` is reported under
`--strict`.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import AgentStepFacts
from interlock_dsl.analysis.knowledge.handovers import ways
from interlock_dsl.analysis.knowledge.labels import labels_at
from interlock_dsl.diagnostics import Certainty, Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.diagnostics.source import Span

CODE = "over-shared-context"


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the fields that are passed twice, and personal data that models are shown."""
    for workflow in program.facts.workflows.values():
        told: set[Span] = set()
        for route in ways(workflow):
            names = {passed.path: passed for passed in route.passes}
            agent = any(isinstance(workflow.steps.get(target), AgentStepFacts) for target in route.link.targets)
            for passed in route.passes:
                if passed.span in told:  # a way out has the clauses of its route
                    continue
                told.add(passed.span)
                path = passed.path
                whole = next((names[path[:at]] for at in range(1, len(path)) if path[:at] in names), None)
                if whole is not None:
                    message = f"`{passed.text}` is passed already, as a part of `{whole.text}`"
                    yield diagnose(
                        CODE, message, passed.span, "", Label(whole.span, "all of it"), help="remove one of them"
                    )
                elif agent and "pii" in labels_at(path, workflow, program.facts):
                    message = f"`{passed.text}` is personal data, and a model is shown it"
                    help = "pass the fields that the agent needs"
                    yield diagnose(CODE, message, passed.span, help=help, stated=Certainty.HEURISTIC)
