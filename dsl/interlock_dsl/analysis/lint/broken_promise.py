"""# broken-promise

A run of the workflow breaks what it promises. Promises are kept while a run proceeds, by denying a call or giving the
run up, so nothing bad comes of it; but a run that comes to that point cannot do what it was to do. Ask for the approval
on the route, guard the condition, or promise less.

```ilk
tool refunds.issue(amount: int in 1..1_000) { needs refunds.write  effect irreversible }
role lead { reach "leads" }

workflow refund(amount: int in 1..1_000) {
  step pay calls refunds.issue(amount: amount)
  end paid
  end refused

  start -> pay
    when amount <= 100
    grant refunds.write
  start -> pay
    when amount > 100
    grant refunds.write
    after approval by lead within 4h
  pay -> paid
  pay -> refused
    on denied

  never refunds.issue // error: [broken-promise] "the step `pay` calls `refunds.issue` without that approval"
    where args.amount >= 100
    before approval by lead
}
```

```ilk
tool refunds.issue(amount: int in 1..1_000) { needs refunds.write  effect irreversible }
role lead { reach "leads" }

workflow refund(amount: int in 1..1_000) {
  step pay calls refunds.issue(amount: amount)
  end paid
  end refused

  start -> pay
    when amount < 100
    grant refunds.write
  start -> pay
    when amount >= 100
    grant refunds.write
    after approval by lead within 4h
  pay -> paid
  pay -> refused
    on denied

  never refunds.issue
    where args.amount >= 100
    before approval by lead
}
```

Found by asking, for every place where the promise could be broken, whether what leads there and what breaks it can hold
together for some answers of models, tools and people. Certain where the witness tells a run that breaks it; possible
where it shows a way and its values only, as it does for times and costs.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import (
    CostAtMostFacts,
    EndsWithinFacts,
    EndsWithinStepsFacts,
    PromiseFacts,
    ReachesFacts,
)
from interlock_dsl.analysis.promises.judgement import State
from interlock_dsl.diagnostics import Certainty, Diagnostic, Label


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the promises that a run breaks."""
    for judged in program.judgements:
        if judged.state is not State.REFUTED:
            continue
        message = f"the promise is not kept: {judged.reason}"
        labels = [Label(judged.promise.decl.span)]
        if judged.place is not None and judged.place != judged.promise.decl.span:
            labels.append(Label(judged.place, "here"))
        told = judged.witness is not None and judged.witness.rehearsed
        stated = Certainty.PROVED if told else Certainty.POSSIBLE
        help = help_for(judged.promise)
        yield Diagnostic("broken-promise", message, tuple(labels), help=help, stated=stated, witness=judged.witness)


def help_for(promise: PromiseFacts) -> str:
    """Return what can be done about a promise that is not kept."""
    match promise:
        case ReachesFacts(decl=decl):
            return f"add a route that leads on to `{decl.end.text}`, or promise another end"
        case EndsWithinStepsFacts() | EndsWithinFacts() | CostAtMostFacts():
            return "make the way shorter, or promise what it takes"
        case _:
            return "have the routes lead there only when it is kept, or promise what they keep"
