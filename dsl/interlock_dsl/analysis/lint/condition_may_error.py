"""# condition-may-error

For some values this condition has no value: it divides by zero, or reads an item that is not there. Then no route of
the step is taken, not even `otherwise`: the run goes on by the step's `on failure` route, or is given up. Guard the
condition, or give the type bounds that exclude such values.

```ilk
agent counter { model "small" }

workflow share(text: string) {
  step count by counter { task "count"  returns { parts: int in 0..100  whole: int in 0..100 } }
  end large
  end small

  start -> count
    pass text
  count -> large
    when 100 / count.whole > 50    // error: [condition-may-error] "this condition has no value for some values"
  count -> small
    otherwise
}
```

```ilk
agent counter { model "small" }

workflow share(text: string) {
  step count by counter { task "count"  returns { parts: int in 0..100  whole: int in 0..100 } }
  end large
  end small

  start -> count
    pass text
  count -> large
    when count.whole > 0 && 100 / count.whole > 50
  count -> small
    otherwise
}
```

Found by asking whether the evaluation can fail, given what is certain where the condition is considered. A division
by zero, an index and a missing key are reported with the values that lead to them. Under `--strict` the other causes
are as well, such as an overflow of numbers without bounds, a conversion, or a limit of cost.
"""

from collections.abc import Iterator
from dataclasses import replace

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.knowledge.groups import Group
from interlock_dsl.analysis.knowledge.totality import total
from interlock_dsl.analysis.reasoning.questions import Found, Questions
from interlock_dsl.analysis.rehearsal.story import evidenced
from interlock_dsl.analysis.values.problem import Fails, Impossible
from interlock_dsl.cel.check import Checked
from interlock_dsl.diagnostics import Certainty, Diagnostic
from interlock_dsl.diagnostics.report import diagnose

PLAIN = frozenset({"division-by-zero", "no-such-index", "no-such-key"})
"""Codes of evaluation errors that are mistakes wherever values lead to them."""


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the conditions of routes that may have no value."""
    for questions in program.questions.values():
        for group in questions.arrivals.groups:
            for route in group.conditional:
                if route.when is not None and not total(route.when):
                    yield from _failing(route.when, group, questions)


def _failing(condition: Checked, group: Group, questions: Questions) -> Iterator[Diagnostic]:
    arrivals = questions.arrivals.before(group)
    plainly = [Fails(condition, PLAIN)]
    found = questions.ask(arrivals, plainly)
    if not isinstance(found.answer, Impossible):
        yield evidenced(_said(condition, group, questions), questions, found, group, plainly)
        return
    found = questions.ask(arrivals, [Fails(condition)])
    if not isinstance(found.answer, Impossible):
        yield _strictly(_said(condition, group, questions), found)


def _strictly(diagnostic: Diagnostic, found: Found) -> Diagnostic:
    return replace(diagnostic, stated=Certainty.POSSIBLE if found.arrival else Certainty.UNKNOWN)


def _said(condition: Checked, group: Group, questions: Questions) -> Diagnostic:
    source = group.sources[0]
    failing = any(each.sources == (source,) and each.trigger == "failure" for each in questions.arrivals.groups)
    recovers = failing and group.trigger is None and not group.joins
    so = f"then `{source}` goes on by its `on failure` route" if recovers else "then the run is given up"
    return diagnose(
        "condition-may-error",
        "this condition has no value for some values",
        condition.expression.span,
        so,
        help="guard it, or give the type bounds that exclude such values",
    )
