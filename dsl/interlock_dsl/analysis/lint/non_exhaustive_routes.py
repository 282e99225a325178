"""# non-exhaustive-routes

There are answers for which none of the routes of a step holds, so the run would stop there. What a model may answer
counts, whatever it was asked: everything that its type allows. Cover the values that are left, or write `otherwise`
for one of the routes.

```ilk
agent triage { model "small" }

workflow request(text: string) {
  step classify by triage {
    task "what is it about"
    returns { topic: enum("billing", "shipping", "technical") }
  }
  end paid
  end sent

  start -> classify
    pass text
  classify -> paid                 // error: [non-exhaustive-routes] "no route from `classify` is taken for some values"
    when classify.topic == "billing"
  classify -> sent
    when classify.topic == "shipping"
}
```

```ilk
agent triage { model "small" }

workflow request(text: string) {
  step classify by triage {
    task "what is it about"
    returns { topic: enum("billing", "shipping", "technical") }
  }
  end paid
  end sent

  start -> classify
    pass text
  classify -> paid
    when classify.topic == "billing"
  classify -> sent
    otherwise
}
```

Found by asking whether all conditions of the step's routes can be false together, given what is certain where they
are considered. Reported with the values for which they are. A step that also leads to a join goes there when no route
of its own is taken, so its own routes need not cover everything. Where one of the conditions is never true, only that
is reported.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.knowledge.groups import Group
from interlock_dsl.analysis.knowledge.wording import after, ends
from interlock_dsl.analysis.reasoning.certain import some_certain
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.analysis.rehearsal.story import evidenced
from interlock_dsl.analysis.values.problem import Claim, Impossible, Outcome
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the groups of routes that do not cover all values."""
    for questions in program.questions.values():
        for group in questions.arrivals.groups:
            covering = len(group.conditional) == len(group.routes) and not _joined(group, questions)
            if covering and not some_certain(questions, group, False):
                yield from _uncovered(group, questions)


def _joined(group: Group, questions: Questions) -> bool:
    """Whether the source of a group waits at a join when none of the routes is taken."""
    return group.trigger is None and not group.joins and group.sources[0] in questions.arrivals.joining


def _uncovered(group: Group, questions: Questions) -> Iterator[Diagnostic]:
    statements = [Claim(route.when, Outcome.FALSE) for route in group.routes if route.when is not None]
    found = questions.ask(questions.arrivals.before(group), statements)
    if isinstance(found.answer, Impossible):
        return
    message = f"no route from {after(group)} is taken for some values"
    help = "write `otherwise` for what is left, or conditions that cover it"
    diagnostic = diagnose("non-exhaustive-routes", message, ends(group.routes[0]), help=help)
    yield evidenced(diagnostic, questions, found, group, statements)
