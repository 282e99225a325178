"""# overlapping-routes

Of the routes of a step exactly one is taken. Here two can hold at once, which would stop the run. Give them
conditions that exclude each other, write `otherwise` for one, or declare `routes STEP first`: then the first that
holds is taken, in the order written.

```ilk
agent writer { model "small" }

workflow article(topic: string) {
  step draft by writer { task "write"  returns { ok: bool } }
  end printed
  end dropped

  start -> draft
  draft -> printed
    when draft.ok
  draft -> dropped                 // error: [overlapping-routes] "two routes from `draft` can both be taken"
}
```

```ilk
agent billing { model "small" }

workflow refund(order: string) {
  step assess by billing { task "propose an amount"  returns { amount: int in 0..1_000 } }
  end small
  end large

  start -> assess
    pass order
  assess -> small
    when assess.amount <= 100
  assess -> large                  // error: [overlapping-routes] "two routes from `assess` can both be taken"
    when assess.amount >= 100
}
```

```ilk
agent billing { model "small" }

workflow refund(order: string) {
  step assess by billing { task "propose an amount"  returns { amount: int in 0..1_000 } }
  end small
  end large

  start -> assess
    pass order
  assess -> small
    when assess.amount <= 100
  assess -> large
    when assess.amount > 100
}
```

A route without a condition beside others, and a condition that is a part of another one, are found by their form, and
keep the program from running. All others are found by asking whether both conditions can be true together, given what
is certain where they are considered; they are reported with the values for which they are. Of a condition that is
always true nothing else is said.
"""

from collections.abc import Iterator
from itertools import combinations

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.knowledge.groups import Group
from interlock_dsl.analysis.knowledge.wording import after, ends, place
from interlock_dsl.analysis.reasoning.certain import always_taken
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.analysis.rehearsal.story import evidenced
from interlock_dsl.analysis.values.problem import Claim, Impossible
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the pairs of routes that can both be taken; of each route the first such pair."""
    for questions in program.questions.values():
        for group in questions.arrivals.groups:
            if not group.first and len(group.conditional) > 1:
                yield from _overlaps(group, questions)


def _overlaps(group: Group, questions: Questions) -> Iterator[Diagnostic]:
    arrivals = questions.arrivals.before(group)
    said: set[str] = set()
    depending = [route for route in group.conditional if always_taken(questions, route) is None]
    for one, other in combinations(depending, 2):
        if other.link.id in said or one.when is None or other.when is None:
            continue
        statements = [Claim(one.when), Claim(other.when)]
        found = questions.ask(arrivals, statements)
        if isinstance(found.answer, Impossible):
            continue
        said.add(other.link.id)
        diagnostic = diagnose(
            "overlapping-routes",
            f"two routes from {after(group)} can both be taken",
            ends(other),
            "this one",
            Label(place(one), "and this one"),
            help=f"let their conditions exclude each other, or write `routes {group.sources[0]} first`",
        )
        yield evidenced(diagnostic, questions, found, group, statements)
