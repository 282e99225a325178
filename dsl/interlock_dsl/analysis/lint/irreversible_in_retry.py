"""# irreversible-in-retry

A call that cannot be taken back stands in a loop, and its tool has no `idempotent by`: it happens each time round.
A route back may lead to it after it succeeded, or after a failure that came too late to prevent it. Take it out of
the loop, or say by which arguments the tool recognises a call that is made again.

```ilk
tool money.send(to: string) -> { ok: bool } { needs money.write  effect irreversible }

workflow pay(to: string) {
  step send calls money.send(to: to)   // warning: [irreversible-in-retry] "calls `money.send` again each time round"
  end done
  end failed

  start -> send
    grant money.write
  send -> send
    when !send.ok
    at most 3 times, then -> failed
    grant money.write
  send -> done
    when send.ok
}
```

```ilk
tool money.send(to: string) -> { ok: bool } { needs money.write  effect irreversible  idempotent by to }

workflow pay(to: string) {
  step send calls money.send(to: to)
  end done
  end failed

  start -> send
    grant money.write
  send -> send
    when !send.ok
    at most 3 times, then -> failed
    grant money.write
  send -> done
    when send.ok
}
```

Found by looking at what lies on a loop of the graph. Certain.
"""

from collections.abc import Iterator

from networkx import strongly_connected_components

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import CallStepFacts, Facts, RunStepFacts, StepFacts, ToolFacts
from interlock_dsl.analysis.knowledge.handovers import called
from interlock_dsl.analysis.knowledge.inside import inside
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the steps in loops that call irreversible tools without a key."""
    for workflow in program.facts.workflows.values():
        graph = workflow.graph
        parts = strongly_connected_components(graph)
        looping = {name for part in parts for name in part if len(part) > 1 or graph.has_edge(name, name)}
        for name, step in workflow.steps.items():
            if name not in looping:
                continue
            for tool in _called(step, program.facts):
                if tool.effect == "irreversible" and tool.key is None:
                    yield diagnose(
                        "irreversible-in-retry",
                        f"`{name}` calls `{tool.name}` again each time round, and it cannot be taken back",
                        step.decl.name.span,
                        help=f"give `{tool.name}` an `idempotent by ...`, or take the step out of the loop",
                    )


def _called(step: StepFacts, facts: Facts) -> list[ToolFacts]:
    """Return the tools that a step calls itself, or that steps of the workflow call which it runs."""
    match step:
        case CallStepFacts(call=call):
            return [facts.tools[call.tool]]
        case RunStepFacts(workflow=name):
            workflow = facts.workflows[name]
            names = set[str]().union(*(called(each) for each in (workflow, *inside(workflow, facts))))
            return [facts.tools[tool] for tool in sorted(names)]
        case _:
            return []
