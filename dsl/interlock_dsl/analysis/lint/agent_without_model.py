"""# agent-without-model

An agent that says no `model`, at a step of a workflow. `LanguageModels` finds the model of an agent by that name, so it
refuses to start a run of the workflow. Say `model`, by a name that the service gives a model, or with a provider.

```ilk
agent clerk { instructions "be brief" }   // warning: [agent-without-model] "`clerk` has no model"

workflow look(text: string) {
  step read by clerk { task "is this a complaint?"  returns { complaint: bool } }
  end done { complaint: read.complaint }

  start -> read
    pass text
  read -> done
}
```

```ilk
agent clerk { model "small"  instructions "be brief" }

workflow look(text: string) {
  step read by clerk { task "is this a complaint?"  returns { complaint: bool } }
  end done { complaint: read.complaint }

  start -> read
    pass text
  read -> done
}
```

Found by looking at the agents of all steps. Certain for runs with `LanguageModels`. Agents that only policies name have
no step: whoever embeds them brings the model. Agents of files that are only used by those that were given count too.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import AgentStepFacts
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the agents of steps that have no model, each once."""
    steps = [step for workflow in program.facts.workflows.values() for step in workflow.steps.values()]
    first = {step.decl.agent.text: step for step in reversed(steps) if isinstance(step, AgentStepFacts)}
    for name, agent in program.facts.agents.items():
        if not agent.model and name in first:
            yield diagnose(
                "agent-without-model",
                f"`{name}` has no model, so no run that has a step of it starts",
                agent.name.span,
                "",
                Label(first[name].decl.agent.span, "needed here"),
                help='add `model "..."`',
            )
