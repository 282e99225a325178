"""# unused-tool

A tool that nobody may call: no step calls it, no agent is shown it at any step, it undoes nothing, and no rule permits
it. It is left over, or the grant, the scope or the rule that should lead to it is missing.

```ilk
tool orders.get(id: string) -> { total: int } { needs orders.read  effect read }
tool orders.cancel(id: string) {   // warning: [unused-tool] "nobody may call `orders.cancel`"
  needs orders.write
  effect write
}

workflow look(id: string) {
  step find calls orders.get(id: id)
  end done { total: find.total }

  start -> find
    grant orders.read
  find -> done
}
```

```ilk
tool orders.get(id: string) -> { total: int } { needs orders.read  effect read }
tool orders.cancel(id: string) { needs orders.write  effect write }

workflow look(id: string) {
  step find calls orders.get(id: id)
  end done { total: find.total }

  start -> find
    grant orders.read
  find -> done
}

policy desk {
  permit orders.cancel when "clerk" in principal.roles
}
```

Found by following the grants of all routes and the permits of all policies. Certain, as far as the program goes: tools
of files that are only used by those that were given are left out, and so are programs without workflows and permits.
"""

from collections import defaultdict
from collections.abc import Iterator

from interlock_dsl.analysis.declarations.policies import matches
from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.knowledge.handovers import callable_tools, fallbacks, undos
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.diagnostics.source import Span


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the declared tools that nobody may call."""
    facts = program.facts
    if not facts.workflows:
        return
    rules = [rule.decl for _, rules in facts.policies.values() for rule in rules]
    permitted = [pattern.text for rule in rules if rule.kind == "permit" for pattern in rule.patterns]
    used = {tool for workflow in facts.workflows.values() for tool in callable_tools(workflow, facts)}
    used |= {name for name in facts.tools if any(matches(pattern, name) for pattern in permitted)}
    used |= undos(set(facts.tools), facts) | fallbacks(set(facts.tools), facts)
    holders: dict[str, list[Span]] = defaultdict(list)
    for scope in (scope for agent in facts.agents.values() for scope in agent.may):
        holders[scope.text].append(scope.span)
    for name, tool in facts.tools.items():
        if tool.decl is not None and name not in used and tool.decl.span.source.name in program.entries:
            message = f"nobody may call `{name}`: no step does, no agent is shown it, and no rule permits it"
            held = [Label(span, "may be held") for scope in tool.needs for span in holders.get(scope, ())]
            place, help = tool.decl.name.span, "remove it, or grant what it needs"
            yield diagnose("unused-tool", message, place, "", *held, help=help)
