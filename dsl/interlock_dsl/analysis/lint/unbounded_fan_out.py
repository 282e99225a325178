"""# unbounded-fan-out

A step goes over a list that may have more rows than its `max`, and nothing is said of that. The step fails then before
any row begins, and the run is given up. Bound the list where it comes from, or say with `on failure` what happens then.

```ilk
tool hosts.ping(id: string max 40) -> { up: bool } { needs hosts.read  effect read }

workflow round(ids: list<string max 40>) {
  step ping calls hosts.ping(id: id)
    for each id in ids max 20      // warning: [unbounded-fan-out] "may have more than 20 rows"
  end done { up: ping.all(each, each.up) }

  start -> ping
    grant hosts.read
  ping -> done
}
```

```ilk
tool hosts.ping(id: string max 40) -> { up: bool } { needs hosts.read  effect read }

workflow round(ids: list<string max 40> max 20) {
  step ping calls hosts.ping(id: id) for each id in ids max 20
  end done { up: ping.all(each, each.up) }

  start -> ping
    grant hosts.read
  ping -> done
}
```

Found by the type of the list, and by what the conditions on the way to the step say of its size. Certain where the list
is an input or an output as it is; of a list that is computed, possible.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.expressions import dotted
from interlock_dsl.analysis.facts import FanOutFacts, rows_of
from interlock_dsl.analysis.knowledge.losing import ways_on
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.analysis.values.problem import Impossible, Outside
from interlock_dsl.cel.types import ListType
from interlock_dsl.diagnostics import Certainty, Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the lists of fan-outs that may be too long, where the run is given up then."""
    for name, workflow in program.facts.workflows.items():
        handled = ways_on(workflow)
        for step, made in workflow.steps.items():
            rows = rows_of(made)
            if rows is None or "failure" in handled[step] or _fits(program.questions[name], step, rows):
                continue
            yield diagnose(
                "unbounded-fan-out",
                f"the list of `{step}` may have more than {rows.decl.max:_} rows, and then the run is given up",
                rows.decl.list.span,
                help=f"give its type `max {rows.decl.max:_}`, or add a route `on failure` from `{step}`",
                stated=None if dotted(rows.decl.list) is not None else Certainty.POSSIBLE,
            )


def _fits(questions: Questions, step: str, rows: FanOutFacts) -> bool:
    """Say whether a list never has more rows than its fan-out may."""
    type = rows.list.type
    if isinstance(type, ListType) and type.max is not None and type.max <= rows.decl.max:
        return True
    most = ListType(rows.element, rows.decl.max)
    return isinstance(questions.ask(questions.arrivals.at(step), [Outside(rows.list, most)]).answer, Impossible)
