"""# unused-scope

A scope that an agent or a workflow `may` hold and that nothing ever gives it: no route into a step of the agent grants
it, and no rule permits a call that needs it. It is more authority than is used, and the next route could hand it out
without anybody looking. Remove it, or grant it where it is needed.

```ilk
tool orders.get(id: string) -> { total: int } { needs orders.read  effect read }
tool orders.cancel(id: string) { needs orders.write  effect write }

agent clerk {
  model "small"
  may orders.read, orders.write   // warning: [unused-scope] "`clerk` may hold `orders.write`, but no route grants it"
}

workflow look(id: string) {
  step find by clerk { task "how much is it?"  returns { total: int } }
  end done { total: find.total }

  start -> find
    grant orders.read
    pass id
  find -> done
}
```

```ilk
tool orders.get(id: string) -> { total: int } { needs orders.read  effect read }

agent clerk { model "small"  may orders.read }

workflow look(id: string) {
  step find by clerk { task "how much is it?"  returns { total: int } }
  end done { total: find.total }

  start -> find
    grant orders.read
    pass id
  find -> done
}
```

Found by comparing `may` with the grants of all routes and the permits of all policies. Certain. A scope that both an
agent and a workflow may hold is reported once, at the agent. Agents of files that are only used by those that were
given are left out, since other programs may grant them more.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.declarations.policies import concerns, matches_agent
from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import AgentStepFacts, Facts
from interlock_dsl.analysis.knowledge.handovers import ways
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the scopes in a `may` that nothing grants."""
    facts = program.facts
    granted, permitted = _granted(facts), _permitted(facts)
    reported: set[str] = set()
    for name, agent in facts.agents.items():
        if agent.span.source.name not in program.entries or not (name in granted or permitted.get(name)):
            continue
        for scope in agent.may:
            if scope.text not in granted.get(name, set()) | permitted.get(name, set()):
                message = f"`{name}` may hold `{scope.text}`, but no route grants it to the agent"
                reported.add(scope.text)
                yield diagnose("unused-scope", message, scope.span, "never granted", help="remove it, or grant it")
    for name, workflow in facts.workflows.items():
        given = {scope.text for route in ways(workflow) for grant in route.grants for scope in grant.decl.scopes}
        for scope in workflow.decl.may or ():
            if scope.text not in given | reported:
                message = f"the workflow `{name}` may grant `{scope.text}`, but none of its routes does"
                yield diagnose("unused-scope", message, scope.span, "never granted", help="remove it, or grant it")


def _granted(facts: Facts) -> dict[str, set[str]]:
    """Return the scopes that routes grant to each agent that has a step."""
    found: dict[str, set[str]] = {}
    for workflow in facts.workflows.values():
        for step in workflow.steps.values():
            if isinstance(step, AgentStepFacts):
                found.setdefault(step.decl.agent.text, set())
        for route in ways(workflow):
            for target in route.link.targets:
                at = workflow.steps.get(target)
                if isinstance(at, AgentStepFacts):
                    scopes = (scope.text for grant in route.grants for scope in grant.decl.scopes)
                    found[at.decl.agent.text].update(scopes)
    return found


def _permitted(facts: Facts) -> dict[str, set[str]]:
    """Return the scopes of the tools that policies permit each agent to call."""
    found: dict[str, set[str]] = {}
    for rule in (rule.decl for _, rules in facts.policies.values() for rule in rules if rule.decl.kind == "permit"):
        agents = [name for name in facts.agents if rule.agent is None or matches_agent(rule.agent.text, name)]
        for tool in facts.tools.values():
            if concerns(rule, tool.name):
                for agent in agents:
                    found.setdefault(agent, set()).update(tool.needs)
    return found
