"""# unapproved-irreversible

An irreversible call that somebody approves on one way, and nobody on another: a route leads to the step without the
approval, and nothing about that route tells the cases apart, neither a condition nor a `where` of its grant, nor did a
person answer on the way. Either the approval was forgotten there, or it is not needed anywhere.

```ilk
tool money.send(to: string) { needs money.write  effect irreversible  idempotent by to }
agent clerk { model "small" }
role lead { reach "leads" }

workflow pay(to: string, cents: int) {
  step check by clerk { task "is this plausible?"  returns { sure: bool } }
  step look by clerk { task "look again"  returns { remark: string } }
  step send calls money.send(to: to)
  end done { remark: has(look.remark) ? look.remark : "" }
  end refused

  start -> check
    pass to, cents
  check -> send
    when check.sure
    grant money.write
    after approval by lead within 4h
  check -> look
    when !check.sure
    pass to, cents
  look -> send   // warning: [unapproved-irreversible] "approved by `lead` on one way, and by nobody on this one"
    grant money.write
  send -> done
  send -> refused
    on denied
}
```

```ilk
tool money.send(to: string) { needs money.write  effect irreversible  idempotent by to }
role lead { reach "leads" }

workflow pay(to: string, cents: int) {
  step send calls money.send(to: to)
  end done
  end refused

  start -> send
    when cents <= 1_000
    grant money.write
  start -> send
    when cents > 1_000
    grant money.write
    after approval by lead within 4h
  send -> done
  send -> refused
    on denied
}
```

Found by comparing the routes that lead to the step. Certain as far as the graph goes. An irreversible call that nobody
approves on any way is reported under `--strict`, and so is one that rules have approved under a condition only.
"""

from collections.abc import Iterator

from networkx import ancestors

from interlock_dsl.analysis.declarations.policies import concerns
from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import AskStepFacts, CallStepFacts, RouteFacts, WorkflowFacts
from interlock_dsl.analysis.knowledge.handovers import ways, ways_into
from interlock_dsl.diagnostics import Certainty, Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose

CODE = "unapproved-irreversible"


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the routes to irreversible calls that lack the approval which others have."""
    for workflow in program.facts.workflows.values():
        ways_to = ways_into(workflow)
        for name, step in workflow.steps.items():
            if not isinstance(step, CallStepFacts):
                continue
            asked = True if _asks(workflow, step.call.tool) else program.rules.asks(step.call.tool, "")
            if asked or program.facts.tools[step.call.tool].effect != "irreversible":
                continue
            into = ways_to[name]
            approved = next((route for route in into if route.approval is not None), None)
            open_ = [route for route in into if route.approval is None and not _seen_by_people(workflow, route)]
            if approved is None or approved.approval is None:
                if open_:
                    some = " for some values" if asked is None else ""
                    message = f"nobody approves the irreversible call of `{name}`{some}"
                    help = "add `after approval by ...` to the routes that lead to it"
                    yield diagnose(CODE, message, step.decl.name.span, help=help, stated=Certainty.HEURISTIC)
                continue
            role = approved.approval.role.text
            for route in open_:
                if _told_apart(route):
                    continue
                decl = route.link.decl
                yield diagnose(
                    CODE,
                    f"`{name}` is approved by `{role}` on one way, and by nobody on this one",
                    decl.sources[0].span.to(decl.targets[-1].span),
                    "",
                    Label(approved.approval.span, "approved here"),
                    help=f"add `after approval by {role} ...`, or a condition that tells the cases apart",
                    stated=Certainty.POSSIBLE if asked is None else None,
                )


def _told_apart(route: RouteFacts) -> bool:
    decl = route.link.decl
    return decl.when is not None or decl.otherwise or any(grant.where is not None for grant in route.grants)


def _seen_by_people(workflow: WorkflowFacts, route: RouteFacts) -> bool:
    """Say whether somebody may have answered or approved on the way to a route."""
    before = set(route.link.sources).union(*(ancestors(workflow.graph, source) for source in route.link.sources))
    asked = any(isinstance(workflow.steps.get(name), AskStepFacts) for name in before)
    return asked or any(each.approval is not None and before & set(each.link.targets) for each in ways(workflow))


def _asks(workflow: WorkflowFacts, tool: str) -> bool:
    """Say whether a rule of a workflow has every call of a step itself approved."""
    return any(
        rule.decl.kind == "require" and rule.when is None and rule.unless is None and concerns(rule.decl, tool, "")
        for rule in workflow.rules
    )
