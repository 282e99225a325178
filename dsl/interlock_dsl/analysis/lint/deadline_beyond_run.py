"""# deadline-beyond-run

An approval, a question or a wait has more time than the whole run: the run's `time` is over first, and then every step
fails with `over budget`. The deadline is never reached, so its `on expiry` route is never taken and nobody stands in.
Give the answer less time, or the run more.

```ilk
role lead { reach "leads" }

workflow expense(amount: int in 0..1_000) {
  budget { time 2d }

  step ask asks lead {
    question "is this in order?"
    returns { fine: bool }
    within 5d   // warning: [deadline-beyond-run] "`ask` may take 5d, but a run of `expense` is over after 2d"
  }
  end done { fine: ask.fine }
  end late

  start -> ask
    pass amount
  ask -> done
  ask -> late
    on expiry
}
```

```ilk
role lead { reach "leads" }

workflow expense(amount: int in 0..1_000) {
  budget { time 2d }

  step ask asks lead {
    question "is this in order?"
    returns { fine: bool }
    within 1d
  }
  end done { fine: ask.fine }
  end late

  start -> ask
    pass amount
  ask -> done
  ask -> late
    on expiry
}
```

Found by comparing each `within` of a workflow, and of the policies that ask for approvals of what it calls, with its
`time`. Certain. A deadline as long as the run is never reached either; since it may be meant so, that is reported under
`--strict`.
"""

from collections.abc import Iterator
from typing import Final

from interlock_dsl.analysis.declarations.policies import concerns
from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import (
    AgentStepFacts,
    AskStepFacts,
    CallStepFacts,
    EventStepFacts,
    RunStepFacts,
    TimeStepFacts,
    WorkflowFacts,
)
from interlock_dsl.analysis.knowledge.handovers import callable_tools, ways
from interlock_dsl.analysis.knowledge.quantities import duration_words
from interlock_dsl.diagnostics import Certainty, Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.syntax.tree import Duration

TIMED: Final = (AgentStepFacts, CallStepFacts, AskStepFacts, EventStepFacts, RunStepFacts)
"""The kinds of steps that may have a deadline."""


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the deadlines that lie behind the end of the run."""
    for workflow in program.facts.workflows.values():
        budget = workflow.decl.budget
        if budget is None or budget.time is None:
            continue
        every = [*_deadlines(workflow), *_required(workflow, program)]
        name, most = workflow.decl.name.text, duration_words(budget.time.micros)
        beyond = [within for _, within in every if within.micros > budget.time.micros]
        if len(beyond) > 1:
            yield diagnose(
                "deadline-beyond-run",
                f"a run of `{name}` is over after {most}, before {len(beyond)} of its deadlines",
                budget.time.span,
                "",
                *(Label(within.span, "never reached") for within in beyond),
                help="make it longer, or the deadlines shorter",
            )
        for what, within in every:
            if within.micros >= budget.time.micros and (len(beyond) < 2 or within not in beyond):
                yield diagnose(
                    "deadline-beyond-run",
                    f"{what} may take {duration_words(within.micros)}, but a run of `{name}` is over after {most}",
                    within.span,
                    "never reached",
                    Label(budget.time.span, "the time of the run"),
                    help="make it shorter, or the `time` of the run longer",
                    stated=None if within.micros > budget.time.micros else Certainty.POSSIBLE,
                )


def _deadlines(workflow: WorkflowFacts) -> Iterator[tuple[str, Duration]]:
    for name, step in workflow.steps.items():
        if isinstance(step, TIMED) and step.decl.within:
            yield f"`{name}`", step.decl.within
        elif isinstance(step, TimeStepFacts) and step.decl.pause is not None:
            yield f"`{name}`", step.decl.pause
    for approval in dict.fromkeys(route.approval for route in ways(workflow)):
        if approval is not None and approval.within is not None:
            yield f"the approval by `{approval.role.text}`", approval.within


def _required(workflow: WorkflowFacts, program: Examined) -> Iterator[tuple[str, Duration]]:
    tools = callable_tools(workflow, program.facts)
    for rules in (*(rules for _, rules in program.facts.policies.values()), workflow.rules):
        for rule in rules:
            decl = rule.decl
            if decl.kind != "require" or decl.within is None or decl.role is None:
                continue
            if any(concerns(decl, tool) for tool in tools):
                yield f"the approval by `{decl.role.text}`", decl.within
