"""# unreachable-limit

A limit that no run reaches: the workflows of the program can call the tool less often than the limit allows, so it
holds nothing back. The number is too large, or the budget and the bounds of loops say it already.

```ilk
tool mail.send(text: string) { needs mail.write  effect write  idempotent by text }

workflow greet(text: string) {
  budget { steps 5  tool_calls 3 }
  step send calls mail.send(text: text)
  end done

  start -> send  grant mail.write
  send -> done
}

policy desk {
  limit mail.send to 100 per 24h for each run   // warning: [unreachable-limit] "a run calls it at most once"
}
```

```ilk
tool mail.send(text: string) { needs mail.write  effect write  idempotent by text }

agent writer { model "small"  may mail.write }

workflow greet(text: string) {
  budget { steps 5  tool_calls 20 }
  step write by writer { task "answer"  returns { ok: bool }  tools mail.send }
  end done

  start -> write  grant mail.write  pass text
  write -> done
}

policy desk {
  limit mail.send to 10 per 24h for each run
}
```

Found by counting the visits of the steps that call the tool, over branches and loops, and their attempts; an agent may
call the tools that it is shown as often as the budget allows. Reported under `--strict`, since a limit is often written
for what is to come. Tools that a `permit` allows are called outside of workflows as well, and are left out.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.declarations.policies import concerns
from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import AgentStepFacts, CallStepFacts, Facts, RunStepFacts, WorkflowFacts
from interlock_dsl.analysis.knowledge.handovers import callable_tools
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the limits that no run comes to."""
    facts = program.facts
    rules = [rule for _, rules in facts.policies.values() for rule in rules]
    for rule in rules:
        tools = frozenset(tool for tool in facts.tools if concerns(rule.decl, tool))
        if not rule.counts_calls_of_runs or not facts.workflows or not tools:
            continue
        if any(other.decl.kind == "permit" and any(concerns(other.decl, tool) for tool in tools) for other in rules):
            continue
        most = [_calls(workflow, tools, facts) for workflow in facts.workflows.values()]
        known = [calls for calls in most if calls is not None]
        if len(known) == len(most) and max(known) <= (rule.decl.count or 0):
            often = {0: "no run calls it", 1: "a run calls it at most once"}
            message = often.get(max(known), f"a run calls it at most {max(known)} times")
            help = "write a lower limit, or remove it"
            span = rule.decl.patterns[0].span.to(rule.decl.patterns[-1].span)
            yield diagnose("unreachable-limit", f"this limit is never reached: {message}", span, help=help)


def _calls(workflow: WorkflowFacts, tools: frozenset[str], facts: Facts) -> int | None:
    """Return how often a run calls some tools at most; None where nothing says so."""
    # Networkx is loaded only for a program with workflows.
    from interlock_dsl.analysis.knowledge.bounds import bounds

    budget = None if workflow.decl.budget is None else workflow.decl.budget.tool_calls
    found, total = bounds(workflow, facts), 0
    for name, step in workflow.steps.items():
        if isinstance(step, AgentStepFacts) and tools & set(step.tools):
            return budget
        if isinstance(step, RunStepFacts) and tools & callable_tools(facts.workflows[step.workflow], facts):
            return budget
        if isinstance(step, CallStepFacts) and step.call.tool in tools:
            attempts = found.visit[name].calls
            if attempts is None:
                return budget
            total += found.visits.get(name, 0) * attempts
    return total if budget is None else min(budget, total)
