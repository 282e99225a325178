"""# unreachable-role

People are asked or told, and nothing says how they are reached: their role has no `reach`. The run waits for somebody
who may never hear of it. Say where the notice goes; the word means something to the program that runs the workflow.

```ilk
role on_call   // warning: [unreachable-role] "`on_call` is asked or told in `deploy`, but has no `reach`"

workflow deploy(version: string) {
  end stopped { version: version }

  start -> stopped
    escalate to on_call because "a deployment was stopped"
}
```

```ilk
role on_call { reach "pager" }

workflow deploy(version: string) {
  end stopped { version: version }

  start -> stopped
    escalate to on_call because "a deployment was stopped"
}
```

Found by looking at the roles that routes, questions and policies name. Certain.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.declarations.policies import every_rule as rules
from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import AskStepFacts, WorkflowFacts
from interlock_dsl.analysis.knowledge.handovers import ways
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the roles that workflows ask or tell and that cannot be reached."""
    facts = program.facts
    notified = {rule.decl.role.text for rule in rules(facts) if rule.decl.kind == "notify" and rule.decl.role}
    for name, role in facts.roles.items():
        where = next((each for each, workflow in facts.workflows.items() if name in _named(workflow)), None)
        if where is None and role.reach is None and name in notified:
            message = f"`{name}` is told of calls, but has no `reach`"
            yield diagnose("unreachable-role", message, role.name.span, help=f'write `role {name} {{ reach "..." }}`')
        if role.reach is None and where is not None:
            message = f"`{name}` is asked or told in `{where}`, but has no `reach`"
            yield diagnose("unreachable-role", message, role.name.span, help=f'write `role {name} {{ reach "..." }}`')


def _named(workflow: WorkflowFacts) -> set[str]:
    asked = {step.decl.role.text for step in workflow.steps.values() if isinstance(step, AskStepFacts)}
    approving = {route.approval.role.text for route in ways(workflow) if route.approval is not None}
    return asked | approving | {each.decl.role.text for route in ways(workflow) for each in route.escalations}
