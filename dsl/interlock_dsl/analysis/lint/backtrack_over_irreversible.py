"""# backtrack-over-irreversible

A route backtracks over a call that changes the world and whose tool has no `undo`. Once that call is made, the run
cannot go back: it is given up when it comes to the route. Give the tool an `undo`, make the call after the last step
that may go back, or go back with `at most` alone, which takes nothing back.

```ilk
tool mail.send(to: string) { needs mail.send  effect irreversible  idempotent by to }
agent reader { model "large" }

workflow invite(to: string) {
  step choose by reader { task "whom?"  returns { to: string } }
  step send calls mail.send(to: choose.to)
  step judge by reader { task "was that right?"  returns { ok: bool } }
  end done
  end failed

  start -> choose
    pass to
  choose -> send
    grant mail.send
  send -> judge
    pass choose
  judge -> done
    when judge.ok
  judge -> choose
    when !judge.ok
    backtrack at most 2 times, then -> failed   // warning: [backtrack-over-irreversible] "which nothing undoes"
    pass to
}
```

```ilk
tool mail.draft(to: string) -> { id: string } {
  needs      mail.send
  effect     write
  idempotent by to
  undo       mail.discard(id: result.id)
}
tool mail.discard(id: string) { needs mail.send  effect write  idempotent by id }
agent reader { model "large" }

workflow invite(to: string) {
  step choose by reader { task "whom?"  returns { to: string } }
  step send calls mail.draft(to: choose.to)
  step judge by reader { task "was that right?"  returns { ok: bool } }
  end done
  end failed

  start -> choose
    pass to
  choose -> send
    grant mail.send
  send -> judge
    pass choose, send
  judge -> done
    when judge.ok
  judge -> choose
    when !judge.ok
    backtrack at most 2 times, then -> failed
    pass to
}
```

Looked at are the steps on the ways from where the route leads to where it begins, and workflows that they run; an
agent may make a call that nothing undoes, so that this is only possible. A call that has failed has nothing to be
undone: on a trigger the step that has failed does not count. Certain where a step makes the call.
"""

from collections.abc import Iterator

from networkx import ancestors

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import CallStepFacts, Facts, RouteFacts, StepFacts, WorkflowFacts
from interlock_dsl.analysis.knowledge.handovers import offered, without_undo
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.code import Certainty
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.program.graph import without


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the routes that backtrack over calls that nothing undoes."""
    for workflow in program.facts.workflows.values():
        hands = offered(workflow, program.facts) if any(route.discards for route in workflow.routes) else {}
        for route in workflow.routes:
            if not route.discards:
                continue
            for name in _over(route, workflow):
                found = _finding(route, workflow.steps[name], program.facts, hands)
                if found is not None:
                    yield found
                    break


def _over(route: RouteFacts, workflow: WorkflowFacts) -> list[str]:
    """Return the steps that a route backtracks over, in the order written."""
    edges = workflow.graph.edges(keys=True, data=True)
    back = {(s, t, key) for s, t, key, data in edges if data["route"].backtracks}
    part = without(workflow.graph, back).subgraph(route.discards)
    sources = set(route.link.sources)
    before = set[str]().union(*(ancestors(part, source) for source in sources if source in part))
    done = before if route.link.decl.trigger is not None else before | sources
    return [name for name in workflow.steps if name in done]


def _finding(route: RouteFacts, step: StepFacts, facts: Facts, hands: dict[str, set[str]]) -> Diagnostic | None:
    bound, name = route.link.decl.bound, step.decl.name.text
    assert bound is not None
    certain = isinstance(step, CallStepFacts)
    kept = without_undo(step, hands, facts)
    if not kept:
        return None
    verb = "calls" if certain else "may call"
    return diagnose(
        "backtrack-over-irreversible",
        f"`{name}` {verb} `{kept[0]}`, which nothing undoes: the run is given up instead of going back",
        bound.span,
        help=f"give `{kept[0]}` an `undo`, or call it once nothing goes back any more",
        stated=Certainty.PROVED if certain else Certainty.POSSIBLE,
    )
