"""# shadowed-route

Under `routes STEP first` the first route that holds is taken. Whenever this one holds, one before it does, so it is
never taken. Put it before the wider one, or narrow that one.

```ilk
agent triage { model "small" }

workflow request(text: string) {
  step score by triage { task "how urgent"  returns { urgency: int in 0..10 } }
  end today
  end soon
  end later

  start -> score
    pass text
  score -> soon
    when score.urgency >= 3
  score -> today                   // warning: [shadowed-route] "the route to `today` is never taken"
    when score.urgency >= 8
  score -> later
    otherwise
  routes score first
}
```

```ilk
agent triage { model "small" }

workflow request(text: string) {
  step score by triage { task "how urgent"  returns { urgency: int in 0..10 } }
  end today
  end soon
  end later

  start -> score
    pass text
  score -> today
    when score.urgency >= 8
  score -> soon
    when score.urgency >= 3
  score -> later
    otherwise
  routes score first
}
```

Found by asking whether its condition can be true where all before it are false, given what is certain where they are
considered. Certain. A condition that is never true at all is an `unsatisfiable-condition`; after one that is always
true nothing else is reported.
"""

from collections.abc import Iterator, Sequence

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import RouteFacts
from interlock_dsl.analysis.knowledge.arrivals import Arrival
from interlock_dsl.analysis.knowledge.groups import Group
from interlock_dsl.analysis.knowledge.wording import ends, place, targets
from interlock_dsl.analysis.reasoning.certain import some_certain
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.analysis.values.problem import Claim, Impossible, Outcome, Possible
from interlock_dsl.cel.check import Checked
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the routes of ordered groups that are never taken."""
    for questions in program.questions.values():
        for group in questions.arrivals.groups:
            if group.first:
                yield from _shadowed(group, questions)


def _shadowed(group: Group, questions: Questions) -> Iterator[Diagnostic]:
    arrivals = questions.arrivals.before(group)
    for at, route in enumerate(group.routes):
        if at == 0 or route.when is None or some_certain(questions, group, True):
            continue
        possible = isinstance(questions.ask(arrivals, [Claim(route.when)]).answer, Possible)
        if possible and isinstance(questions.ask(arrivals, group.taken(route)).answer, Impossible):
            yield diagnose(
                "shadowed-route",
                f"the route to {targets(route)} is never taken",
                ends(route),
                "whenever it holds, one before it does",
                *_wider(route.when, group.routes[:at], questions, arrivals),
                help="put it before the wider one, or narrow that one",
            )


def _wider(
    condition: Checked, before: Sequence[RouteFacts], questions: Questions, arrivals: Sequence[Arrival]
) -> list[Label]:
    """Return the place of the first route before that holds whenever a condition does, if one alone does."""
    for route in before:
        if route.when is not None:
            apart = questions.ask(arrivals, [Claim(condition), Claim(route.when, Outcome.FALSE)])
            if isinstance(apart.answer, Impossible):
                return [Label(place(route), "this one")]
    return []
