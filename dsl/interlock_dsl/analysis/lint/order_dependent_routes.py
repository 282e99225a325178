"""# order-dependent-routes

Under `routes STEP first` two routes to different places can hold for the same values: which one is taken depends on
the order in which they stand. That is what `first` is for, but an author who moves a route, or adds one above,
changes what happens. Let the conditions exclude each other where the order is not meant to count.

```ilk
agent triage { model "small" }

workflow request(text: string) {
  step score by triage { task "how urgent"  returns { urgency: int in 0..10  known: bool } }
  end today
  end later
  end routine

  start -> score
    pass text
  score -> today
    when score.urgency > 7
  score -> routine                 // warning: [order-dependent-routes] "the route to `routine` is taken only because"
    when score.known
  score -> later
    otherwise
  routes score first
}
```

```ilk
agent triage { model "small" }

workflow request(text: string) {
  step score by triage { task "how urgent"  returns { urgency: int in 0..10  known: bool } }
  end today
  end later
  end routine

  start -> score
    pass text
  score -> today
    when score.urgency > 7
  score -> routine
    when score.urgency <= 7 && score.known
  score -> later
    otherwise
  routes score first
}
```

Found by asking whether both conditions can be true together, given what is certain where they are considered.
Reported under `--strict`, with values for which both are.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.knowledge.groups import Group
from interlock_dsl.analysis.knowledge.wording import ends, place, targets
from interlock_dsl.analysis.reasoning.certain import always_taken
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.analysis.rehearsal.story import evidenced
from interlock_dsl.analysis.values.problem import Claim, Possible
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the routes of ordered groups that another one before them can take the place of."""
    for questions in program.questions.values():
        for group in questions.arrivals.groups:
            if group.first:
                yield from _dependent(group, questions)


def _dependent(group: Group, questions: Questions) -> Iterator[Diagnostic]:
    arrivals = questions.arrivals.before(group)
    depending = [route for route in group.conditional if always_taken(questions, route) is None]
    for at, route in enumerate(depending):
        for before in depending[:at]:
            if route.when is None or before.when is None or route.link.targets == before.link.targets:
                continue
            both = [Claim(before.when), Claim(route.when)]
            found = questions.ask(arrivals, both)
            if isinstance(found.answer, Possible):
                message = f"the route to {targets(route)} is taken only because none before it is"
                said = diagnose(
                    "order-dependent-routes", message, ends(route), "", Label(place(before), "such as this")
                )
                yield evidenced(said, questions, found, group, both)
                break
