"""# nothing-shown

An agent is shown nothing: a route leads to its step, passes no field, and grants no scope of a tool. The model has only
the words of its task, so its answer is about nothing that happened in the run. Pass what it is to work on.

```ilk
agent critic { model "small" }

workflow review(text: string max 500) {
  step check by critic { task "is the text polite?"  returns { polite: bool } }
  end done { text: text, polite: check.polite }

  start -> check   // warning: [nothing-shown] "`check` is shown nothing"
  check -> done
}
```

```ilk
agent critic { model "small" }

workflow review(text: string max 500) {
  step check by critic { task "is the text polite?"  returns { polite: bool } }
  end done { text: text, polite: check.polite }

  start -> check
    pass text
  check -> done
}
```

Found by looking at what each route into the step of an agent passes and grants. Certain. Where nothing could be passed,
for the workflow has no input and no step before it has an output, nothing is said.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import AgentStepFacts, RouteFacts, WorkflowFacts
from interlock_dsl.analysis.knowledge.handovers import shown, ways_into
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.graph import START


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the routes that lead to an agent's step and show the agent nothing."""
    for workflow in program.facts.workflows.values():
        into = ways_into(workflow)
        for name, step in workflow.steps.items():
            if not isinstance(step, AgentStepFacts):
                continue
            for route in into[name]:
                if route.passes or shown(route, step, program.facts) or not _passable(workflow, route):
                    continue
                yield diagnose(
                    "nothing-shown",
                    f"`{name}` is shown nothing: no field is passed to it, and it has no tool",
                    _place(route),
                    "hands over nothing",
                    help="add `pass ...` with what the agent is to work on",
                )


def _passable(workflow: WorkflowFacts, route: RouteFacts) -> bool:
    return bool(workflow.parameters.fields) or any(source != START for source in route.link.sources)


def _place(route: RouteFacts) -> Span:
    decl = route.link.decl
    if route.link.way_out and decl.bound is not None and decl.bound.then is not None:
        return decl.bound.then.span
    return decl.sources[0].span.to(decl.targets[-1].span)
