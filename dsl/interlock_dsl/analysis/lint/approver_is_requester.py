"""# approver-is-requester

A rule lets the principal call because of a role, and the approval of that very call is asked of the same role. Whoever
asks for the call may then be one of those who approve it. Ask another role.

```ilk
tool pay.send(cents: int in 1..1_000) { needs pay.write  effect write  idempotent by cents }

role clerk { reach "desk" }

policy desk {
  permit pay.send when "clerk" in principal.roles
  require approval by clerk within 4h for pay.send   // warning: [approver-is-requester] "`clerk` approves what `clerk`"
    when args.cents > 100
}
```

```ilk
tool pay.send(cents: int in 1..1_000) { needs pay.write  effect write  idempotent by cents }

role supervisor { reach "supervisors" }

policy desk {
  permit pay.send when "clerk" in principal.roles
  require approval by supervisor within 4h for pay.send
    when args.cents > 100
}
```

Found by comparing the roles that the condition of a permit looks for with the role of each `require` for the same
tools. Heuristic, and reported under `--strict` only: where a role has many people, another one of them may approve.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.declarations.policies import concerns
from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import RuleFacts
from interlock_dsl.analysis.knowledge.principals import roles_asked
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.diagnostics.source import Span


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the approvals that are asked of a role whose people may ask for the call."""
    rules = [rule for _, rules in program.facts.policies.values() for rule in rules]
    permits = [rule for rule in rules if rule.decl.kind == "permit" and rule.when is not None]
    for rule in rules:
        if rule.decl.kind == "require" and rule.decl.role is not None:
            place = next(_asking(rule, permits, program), None)
            if place is not None:
                role = rule.decl.role
                message = f"`{role.text}` approves what `{role.text}` asks for"
                label = Label(place, "may ask for the call")
                yield diagnose("approver-is-requester", message, role.span, "", label, help="ask another role")


def _asking(require: RuleFacts, permits: list[RuleFacts], program: Examined) -> Iterator[Span]:
    """Yield where permits of the same tools look for the role that approves."""
    role = require.decl.role
    asked = [tool for tool in program.facts.tools if concerns(require.decl, tool)]
    for permit in permits:
        if role is not None and permit.when is not None and any(concerns(permit.decl, tool) for tool in asked):
            for name in roles_asked(permit.when):
                if name.value == role.text:
                    yield name.span
