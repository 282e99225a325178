"""# over-broad-scope

A route grants a scope that its target cannot use: of the tools that the agent is shown at that step, none whose scopes
are all granted needs it. It widens what a later change of the step may do, and tells a reviewer something that is
not so. Remove it from the grant, or grant the tool's other scopes too.

```ilk
tool orders.get(id: string) -> { total: int } { needs orders.read  effect read }
tool orders.cancel(id: string) { needs orders.write  effect write }

agent clerk { model "small"  may orders.read, orders.write }

workflow look(id: string) {
  step find by clerk {
    task "how much is it?"
    returns { total: int }
    tools orders.get
  }
  end done { total: find.total }

  start -> find
    grant orders.read, orders.write   // warning: [over-broad-scope] "no tool of `find` uses it"
    pass id
  find -> done
}
```

```ilk
tool orders.get(id: string) -> { total: int } { needs orders.read  effect read }
tool orders.cancel(id: string) { needs orders.write  effect write }

agent clerk { model "small"  may orders.read, orders.write }

workflow look(id: string) {
  step find by clerk {
    task "how much is it, and should it be cancelled?"
    returns { total: int }
  }
  end done { total: find.total }

  start -> find
    grant orders.read, orders.write
    pass id
  find -> done
}
```

Found by comparing the grants of a route with what the tools of its targets need. Certain. A scope that the target may
never hold is an error, `widening-handoff`.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import AgentStepFacts, CallStepFacts, Facts, RouteFacts, RunStepFacts, WorkflowFacts
from interlock_dsl.analysis.knowledge.handovers import shown, ways
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose, listed
from interlock_dsl.syntax.tree import Ident


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the granted scopes that no target of their route can use."""
    for workflow in program.facts.workflows.values():
        useless: dict[tuple[int, str], tuple[Ident, RouteFacts]] = {}
        useful: set[tuple[int, str]] = set()
        for route in ways(workflow):
            usable = _usable(route, workflow, program.facts)
            for scope in (scope for grant in route.grants for scope in grant.decl.scopes):
                place = scope.span.start, scope.text  # a way out shares the grants of its route
                useful.update([place] if scope.text in usable else [])
                useless.setdefault(place, (scope, route))
        for place, (scope, route) in useless.items():
            if place not in useful:
                yield diagnose(
                    "over-broad-scope",
                    f"`{scope.text}` is granted, but no tool of {listed(route.link.targets)} uses it",
                    scope.span,
                    "more than is needed",
                    help="remove it from the grant",
                )


def _usable(route: RouteFacts, workflow: WorkflowFacts, facts: Facts) -> set[str]:
    """Return the scopes with which a target of a route can call something."""
    found: set[str] = set()
    for target in route.link.targets:
        match workflow.steps.get(target):
            case AgentStepFacts() as step:
                found.update(*(facts.tools[tool].needs for tool in shown(route, step, facts)))
            case CallStepFacts(call=call):
                found |= facts.tools[call.tool].needs
            case RunStepFacts(workflow=inner):
                handing = (grant for way in ways(facts.workflows[inner]) for grant in way.grants)
                found.update(scope.text for grant in handing for scope in grant.decl.scopes)
            case _:
                pass
    return found
