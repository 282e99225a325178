"""# uncallable-undo

A tool says how its calls are undone, and that call is never allowed: a rule of a policy forbids it or asks for an
approval of it, which cannot be asked for any more when a run is given up; or it needs a scope that nothing in the
program grants, so nobody who starts a run is expected to hold it. What was done stays done, although the file says
otherwise.

```ilk
tool seats.hold(flight: string) -> { id: string } {
  needs seats.write
  effect write
  undo seats.release(hold: result.id)   // warning: [uncallable-undo] "needs `seats.admin`, which nothing grants"
}

tool seats.release(hold: string) { needs seats.admin  effect write }

workflow hold(flight: string) {
  step take calls seats.hold(flight: flight)
  end held

  start -> take
    grant seats.write
  take -> held
}
```

```ilk
tool seats.hold(flight: string) -> { id: string } {
  needs seats.write
  effect write
  undo seats.release(hold: result.id)
}

tool seats.release(hold: string) { needs seats.write  effect write }

workflow hold(flight: string) {
  step take calls seats.hold(flight: flight)
  end held

  start -> take
    grant seats.write
  take -> held
}
```

Found by comparing the scopes of the undo with the grants and permits of the program, and by the rules that match it.
Certain for scopes and for rules without a condition; a rule with one is reported under `--strict`.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.declarations.policies import rules_for
from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import Facts, ToolFacts
from interlock_dsl.analysis.knowledge.handovers import ways
from interlock_dsl.diagnostics import Certainty, Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose, listed

CODE = "uncallable-undo"


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the undos that can never be called."""
    facts = program.facts
    granted = _granted(facts)
    for tool in facts.tools.values():
        if tool.undo is None or tool.undo.tool not in facts.tools:
            continue
        undo = facts.tools[tool.undo.tool]
        lacking = sorted(undo.needs - granted - tool.needs)
        if lacking and facts.workflows:
            message = f"`{undo.name}` needs {listed(lacking)}, which nothing grants"
            yield diagnose(CODE, message, tool.undo.span, help=f"let it need what `{tool.name}` needs, or grant it")
        yield from _refused(tool, undo, facts)


def _granted(facts: Facts) -> set[str]:
    """Return the scopes that some route grants, or a permit stands for."""
    routes = (route for workflow in facts.workflows.values() for route in ways(workflow))
    found = {scope.text for route in routes for grant in route.grants for scope in grant.decl.scopes}
    for tool in facts.tools.values():
        if any(rule.decl.kind == "permit" for rule in rules_for(facts, tool.name)):
            found |= tool.needs
    return found


def _refused(tool: ToolFacts, undo: ToolFacts, facts: Facts) -> Iterator[Diagnostic]:
    for rule in (found.decl for found in rules_for(facts, undo.name, agent="")):  # no agent makes the call of an undo
        if rule.kind not in ("forbid", "require") or tool.undo is None:
            continue
        always = rule.when is None and rule.unless is None
        why = "it is forbidden" if rule.kind == "forbid" else "it needs an approval, and an undo asks for none"
        yield diagnose(
            CODE,
            f"`{undo.name}` {'can never' if always else 'may not'} undo a call of `{tool.name}`: {why}",
            tool.undo.span,
            "",
            Label(rule.span, "by this rule"),
            help=f"leave `{undo.name}` out of the rule",
            stated=None if always else Certainty.POSSIBLE,
        )
