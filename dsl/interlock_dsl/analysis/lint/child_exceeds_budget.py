"""# child-exceeds-budget

One agent or one call may use more than the whole run: the `tokens` or `cost` of an agent, or the `cost` of a tool, are
above the workflow's budget. An agent is then cut off before it has used what it is given; a call of such a tool is
always denied. The same is said of a workflow that a step runs, if its budget is above that of the workflow around: the
tighter one refuses. One of the two numbers is wrong.

```ilk
agent writer {   // warning: [child-exceeds-budget] "`writer` may use 90_000 tokens, but a run of `reply` has 40_000"
  model "large"
  tokens 90_000
}

workflow reply(text: string max 500) {
  budget { tokens 40_000 }

  step draft by writer { task "write a reply"  returns { text: string max 500 } }
  end done { text: draft.text }

  start -> draft
    pass text
  draft -> done
}
```

```ilk
agent writer { model "large"  tokens 9_000 }

workflow reply(text: string max 500) {
  budget { tokens 40_000 }

  step draft by writer { task "write a reply"  returns { text: string max 500 } }
  end done { text: draft.text }

  start -> draft
    pass text
  draft -> done
}
```

Found by comparing what the agents, the called tools and the workflows run by steps declare with the budget. Certain.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import AgentStepFacts, Facts, WorkflowFacts
from interlock_dsl.analysis.knowledge.handovers import callable_tools
from interlock_dsl.analysis.knowledge.inside import inner_steps
from interlock_dsl.analysis.knowledge.quantities import duration_words, money_words
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.syntax.tree import BudgetDecl, Money


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the agents, tools and workflows inside that may use more than a whole run."""
    for name, workflow in program.facts.workflows.items():
        budget = workflow.decl.budget
        if budget is None:
            continue
        for what, span, needed, most in (
            *_beyond(workflow, budget, program.facts),
            *_slices(workflow, budget, program.facts),
        ):
            yield diagnose(
                "child-exceeds-budget",
                f"{what} {needed}, but a run of `{name}` has {most}",
                span,
                "more than the whole run",
                Label(budget.span, "the budget of the run"),
                help="lower it, or raise the budget of the workflow",
            )


def _beyond(workflow: WorkflowFacts, budget: BudgetDecl, facts: Facts) -> Iterator[tuple[str, Span, str, str]]:
    steps = (step for step in workflow.steps.values() if isinstance(step, AgentStepFacts))
    for agent in dict.fromkeys(facts.agents[step.decl.agent.text] for step in steps):
        tokens, name = agent.tokens, agent.name
        if tokens is not None and budget.tokens is not None and tokens > budget.tokens:
            yield f"`{name.text}` may use", name.span, f"{tokens:_} tokens", f"{budget.tokens:_}"
        if agent.cost is not None and budget.cost is not None and agent.cost.micros > budget.cost.micros:
            yield f"`{name.text}` may cost", name.span, _words(agent.cost), _words(budget.cost)
    for tool in sorted(callable_tools(workflow, facts)):
        decl = facts.tools[tool].decl
        if decl is None or decl.cost is None or budget.cost is None or decl.cost.micros <= budget.cost.micros:
            continue
        yield f"a call of `{tool}` costs", decl.name.span, _words(decl.cost), _words(budget.cost)


def _slices(workflow: WorkflowFacts, budget: BudgetDecl, facts: Facts) -> Iterator[tuple[str, Span, str, str]]:
    """Yield what workflows that steps run have of their own, and the whole run has less of."""
    for step in inner_steps(workflow).values():
        own, name, span = facts.workflows[step.workflow].decl.budget, f"`{step.workflow}` has", step.decl.workflow.span
        if own is None:
            continue
        counted = (
            (own.steps, budget.steps, "steps"),
            (own.tool_calls, budget.tool_calls, "tool calls"),
            (own.tokens, budget.tokens, "tokens"),
        )
        for one, most, unit in counted:
            if one is not None and most is not None and one > most:
                yield name, span, f"{one:_} {unit}", f"{most:_}"
        if own.cost is not None and budget.cost is not None and own.cost.micros > budget.cost.micros:
            yield name, span, _words(own.cost), _words(budget.cost)
        if own.time is not None and budget.time is not None and own.time.micros > budget.time.micros:
            yield name, span, duration_words(own.time.micros), duration_words(budget.time.micros)


def _words(money: Money) -> str:
    return money_words(money.micros, money.currency)
