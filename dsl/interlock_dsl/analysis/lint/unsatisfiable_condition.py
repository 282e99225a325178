"""# unsatisfiable-condition

This condition is never true: what it guards never happens. A route is never taken, a grant refuses every call, nobody
is ever told, a promise is about no call. Often a limit is beyond what is possible, or two parts exclude each other.

```ilk
agent billing { model "small" }

workflow refund(order: string) {
  step assess by billing { task "propose an amount"  returns { amount: int in 0..1_000 } }
  end paid
  end declined

  start -> assess
    pass order
  assess -> paid
    when assess.amount > 500 && assess.amount < 100 // warning: [unsatisfiable-condition] "this condition is never true"
  assess -> declined
    otherwise
}
```

```ilk
agent billing { model "small" }

workflow refund(order: string) {
  step assess by billing { task "propose an amount"  returns { amount: int in 0..1_000 } }
  end paid
  end declined

  start -> assess
    pass order
  assess -> paid
    when assess.amount > 100 && assess.amount < 500
  assess -> declined
    otherwise
}
```

Found by asking whether the condition of a route, an escalation, a grant or a promise can be true, for all values
within their types and given what is certain where it is considered. Certain. Nothing is said of what comes after a
route that is never taken, and of a comparison that the types decide only `beyond-the-type` is reported.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import EventStepFacts, NeverBeforeFacts, NeverUnapprovedFacts, RouteFacts
from interlock_dsl.analysis.reasoning.certain import always_taken, by_the_types, certain
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.types import Type
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.program.builtins import EVENT


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the conditions of routes, escalations, grants, events and promises that are never true."""
    for questions in program.questions.values():
        for condition, so in _never(questions):
            if not by_the_types(questions, condition, False):
                span, help = condition.expression.span, "write the condition that was meant"
                yield diagnose("unsatisfiable-condition", "this condition is never true", span, so, help=help)


def _never(questions: Questions) -> Iterator[tuple[Checked, str]]:
    for route in questions.workflow.routes:
        if route.when is not None and always_taken(questions, route) is False:
            yield route.when, "so the route is never taken"
            continue
        yield from _handed(questions, route)
        if route.out is not None and route.link.decl.bound is not None and route.link.decl.bound.own is not None:
            yield from _handed(questions, route.out)
    for name, step in questions.workflow.steps.items():
        if isinstance(step, EventStepFacts) and step.where is not None:
            waiting = questions.arrivals.at(name)
            if certain(questions, waiting, step.where, (), beside(step.where)) is False:
                yield step.where, "so no event is taken"
    for promise in questions.workflow.promises:
        if isinstance(promise, NeverUnapprovedFacts | NeverBeforeFacts) and promise.where is not None:
            anywhere = (questions.arrivals.anywhere,)
            if certain(questions, anywhere, promise.where, (), beside(promise.where)) is False:
                yield promise.where, "so the promise is about no call"


def _handed(questions: Questions, route: RouteFacts) -> Iterator[tuple[Checked, str]]:
    taken = questions.arrivals.taken(route)
    for escalation in route.escalations:
        if escalation.when is not None and certain(questions, taken, escalation.when) is False:
            yield escalation.when, "so nobody is told"
    for grant in route.grants:
        if grant.where is not None and certain(questions, taken, grant.where, (), beside(grant.where)) is False:
            yield grant.where, "so every call that needs the grant is denied"


def beside(condition: Checked) -> dict[str, Type]:
    """Return the variables that a condition about calls or an event reads beside those of the workflow."""
    types = condition.scope.variables
    return {name: types[name] for name in ("args", "tool", "agent", EVENT) if name in types}
