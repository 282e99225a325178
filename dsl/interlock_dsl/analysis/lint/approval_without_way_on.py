"""# approval-without-way-on

A route waits for an approval, and the step behind it has no route `on denied`. When a person refuses, or (without an
`on expiry`) nobody answers in time, the whole run is given up: everything it did is undone and it ends at no end. Say
where the run goes then.

```ilk
tool refunds.issue(order_id: string) { needs refunds.write  effect write }
role supervisor { reach "refunds-desk" }

workflow refund(order_id: string) {
  step pay calls refunds.issue(order_id: order_id)
  end refunded

  start -> pay
    grant refunds.write
    after approval by supervisor within 4h   // warning: [approval-without-way-on] "the run is given up"
  pay -> refunded
}
```

```ilk
tool refunds.issue(order_id: string) { needs refunds.write  effect write }
role supervisor { reach "refunds-desk" }

workflow refund(order_id: string) {
  step pay calls refunds.issue(order_id: order_id)
  end refunded
  end referred

  start -> pay
    grant refunds.write
    after approval by supervisor within 4h
  pay -> refunded
  pay -> referred
    on denied
}
```

Found by looking at the routes that leave the step. Certain. That a rule of a policy may ask for an approval of a call
whose step has no such route is reported under `--strict`.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.declarations.policies import rules_for
from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import CallStepFacts, Facts, WorkflowFacts, collects
from interlock_dsl.analysis.knowledge.handovers import ways
from interlock_dsl.analysis.knowledge.losing import ways_on
from interlock_dsl.diagnostics import Certainty, Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.syntax.tree import Ident


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the approvals before steps that no route leaves when they are denied."""
    for workflow in program.facts.workflows.values():
        handled = ways_on(workflow)
        seen: set[Span] = set()
        for route in ways(workflow):
            for target in route.link.targets:
                if route.approval is None or target not in workflow.steps or "denied" in handled[target]:
                    continue
                if route.approval.span not in seen:
                    seen.add(route.approval.span)
                    yield _finding(route.approval.role, route.approval.span, target, workflow)
        yield from _required(workflow, program.facts)


def _required(workflow: WorkflowFacts, facts: Facts) -> Iterator[Diagnostic]:
    handled = ways_on(workflow)
    for name, step in workflow.steps.items():
        if not isinstance(step, CallStepFacts) or collects(step) or "denied" in handled[name]:
            continue
        for rule in (found.decl for found in rules_for(facts, step.call.tool, workflow=workflow)):
            if rule.kind == "require" and rule.role is not None:
                yield _finding(rule.role, rule.span, name, workflow, Certainty.POSSIBLE)
                break


def _finding(
    role: Ident, span: Span, step: str, workflow: WorkflowFacts, stated: Certainty | None = None
) -> Diagnostic:
    return diagnose(
        "approval-without-way-on",
        f"if `{role.text}` refuses, the run is given up: `{step}` has no route `on denied`",
        span,
        "",
        Label(workflow.steps[step].decl.name.span, "no route leaves it `on denied`"),
        help=f"add `{step} -> ...` with `on denied`",
        stated=stated,
    )
