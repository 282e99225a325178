"""# toxic-combination

One agent reads what strangers write (`@untrusted`), is shown private data (`@pii`), and can send text out with a tool
that changes the world, and nobody approves. Whoever writes the text can have the agent send the data to them. Part
the three: let another agent read the text, let a person approve the call, or take one of them away.

```ilk
tool mail.read() -> { text: string @untrusted } { needs mail.read  effect read }
tool mail.send(to: string, text: string) { needs mail.send  effect irreversible  idempotent by to + text }

agent assistant { model "large"  may mail.read, mail.send }

workflow help(address: string @pii, wish: string) {
  step act by assistant {   // warning: [toxic-combination] "`act` reads `mail.read`, which is untrusted"
    task "do what is wished"
    returns { done: bool }
  }
  end done { done: act.done }

  start -> act
    grant mail.read, mail.send
    pass address, wish
  act -> done
}
```

```ilk
tool mail.read() -> { text: string @untrusted } { needs mail.read  effect read }
tool mail.send(to: string, text: string) { needs mail.send  effect irreversible  idempotent by to + text }

agent assistant { model "large"  may mail.read, mail.send }
role owner { reach "owner" }

workflow help(address: string @pii, wish: string) {
  step act by assistant { task "do what is wished"  returns { done: bool } }
  end done { done: act.done }

  start -> act
    grant mail.read, mail.send
    pass address, wish
  act -> done
}

policy desk {
  require approval by owner for mail.send
}
```

Found by the labels of what each route passes to the step and of what the tools give that it puts in the agent's hand.
Certain as far as the labels go. An approval that rules ask for under a condition leaves calls that nobody approves:
reported under `--strict`, unless the condition always holds.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import AgentStepFacts, Facts, RouteFacts, WorkflowFacts
from interlock_dsl.analysis.knowledge.handovers import shown, turns_of, ways_into
from interlock_dsl.analysis.knowledge.labels import carries_text, labels_at, labels_inside
from interlock_dsl.diagnostics import Certainty, Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the steps whose agents read untrusted text, are shown private data, and can send text out."""
    for workflow in program.facts.workflows.values():
        into = ways_into(workflow)
        for name, step in workflow.steps.items():
            if not isinstance(step, AgentStepFacts):
                continue
            found = next(filter(None, (_combined(route, step, workflow, program) for route in into[name])), None)
            if found is not None:
                untrusted, private, out = found
                asked = program.rules.asks(out, step.decl.agent.text) is None
                yield diagnose(
                    "toxic-combination",
                    f"`{name}` reads `{untrusted}`, which is untrusted, is shown `{private}`, which is personal data, "
                    f"and may call `{out}`",
                    step.decl.name.span,
                    "",
                    help=f"ask for an approval of {'every call of ' * asked}`{out}`, or let two agents do it",
                    stated=Certainty.POSSIBLE if asked else None,
                )


def _combined(
    route: RouteFacts, step: AgentStepFacts, workflow: WorkflowFacts, program: Examined
) -> tuple[str, str, str] | None:
    """Return what is untrusted, what is private and what sends it out, if a route brings the three together."""
    facts, agent = program.facts, step.decl.agent.text
    if route.approval is not None or turns_of(facts.agents[agent]) < 2:
        return None
    tools = shown(route, step, facts)
    known = {passed.text: labels_at(passed.path, workflow, facts) for passed in route.passes}
    known |= {tool: labels_inside(facts.tools[tool].result) for tool in tools}
    untrusted = next((name for name, labels in known.items() if "untrusted" in labels), None)
    private = next((name for name, labels in known.items() if "pii" in labels), None)
    asked = {tool: program.rules.asks(tool, agent) for tool in tools if _sends(tool, facts)}
    out = next((tool for wanted in (False, None) for tool, asks in asked.items() if asks is wanted), None)
    return None if untrusted is None or private is None or out is None else (untrusted, private, out)


def _sends(tool: str, facts: Facts) -> bool:
    """Say whether a tool can carry text into the world."""
    declared = facts.tools[tool]
    return declared.effect != "read" and any(carries_text(field.type) for field in declared.parameters.fields.values())
