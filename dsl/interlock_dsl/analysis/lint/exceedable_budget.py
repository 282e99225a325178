"""# exceedable-budget

A way through the workflow needs more than its budget: going it, although nothing fails, a run has no
steps, calls, tokens or money left before it reaches the end. What was done until then is given up. Raise the budget, or
make the way shorter; what shall happen all the same can be said with a route `on over budget`.

```ilk
agent writer { model "large"  tokens 8_000 }

workflow article(topic: string max 200) {
  budget { tokens 20_000 }   // warning: [exceedable-budget] "may use 24_000 tokens, and a run has 20_000"

  step outline by writer { task "outline it"  returns { text: string max 500 } }
  step draft by writer { task "write it"  returns { text: string max 5_000 } }
  step polish by writer { task "make it better"  returns { text: string max 5_000 } }
  end done { text: polish.text }

  start -> outline
    pass topic
  outline -> draft
    pass outline.text
  draft -> polish
    pass draft.text
  polish -> done
}
```

```ilk
agent writer { model "large"  tokens 8_000 }

workflow article(topic: string max 200) {
  budget { tokens 30_000 }

  step outline by writer { task "outline it"  returns { text: string max 500 } }
  step draft by writer { task "write it"  returns { text: string max 5_000 } }
  end done { text: draft.text }

  start -> outline
    pass topic
  outline -> draft
    pass outline.text
  draft -> done
}
```

Found by adding up what the steps of each way may use: one call for each step that calls, what each agent and tool
declares. One loop is gone round as often as its bound allows. Certain where a run that goes such a way was rehearsed;
its routes are shown. That a run may need more with all its loops, retries and waits, or on a way that no run was found
to go, is reported under `--strict`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import AgentStepFacts, CallStepFacts, Facts, StepFacts, WorkflowFacts, rows_of
from interlock_dsl.analysis.knowledge.bounds import certain, most
from interlock_dsl.analysis.knowledge.handovers import triggers
from interlock_dsl.analysis.knowledge.quantities import duration_words, money_words
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.analysis.rehearsal.itinerary import Itinerary
from interlock_dsl.analysis.rehearsal.promised import Unlimited
from interlock_dsl.analysis.rehearsal.story import story
from interlock_dsl.analysis.values.problem import Possible
from interlock_dsl.diagnostics import Certainty, Diagnostic
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.diagnostics.witness import Witness
from interlock_dsl.syntax.tree import BudgetDecl

WORDS = {
    "steps": "go {} steps",
    "calls": "make {} calls",
    "tokens": "use {} tokens",
    "cost": "cost {}",
    "time": "take {}",
}

MOST_TRIED: Final = 8
"""Ways of a workflow that are rehearsed."""


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the budgets that a way through their workflow exceeds."""
    for name, workflow in program.facts.workflows.items():
        budget = workflow.decl.budget
        if budget is None:
            continue
        handled = any("over budget" in each for each in triggers(workflow).values())
        limits = {what: limit for what, limit in _limits(budget) if limit is not None}
        worst = most(workflow, program.facts, limits)
        # What a run never comes to need not be looked for on single ways.
        open_ = [what for what, every in worst.items() if every is None or every > limits[what]]
        weights = {what: _weights(workflow, what, program.facts) for what in open_}
        looked = {what: each for what, each in weights.items() if sum(each.values())}
        ways = certain(workflow, looked) if looked else {}
        for what in open_:
            every, way, limit = worst[what], ways.get(what, 0), limits[what]
            # What a single step exceeds is `child-exceeds-budget`.
            if max(way, every or 0) <= limit or max(weights[what].values(), default=0) > limit:
                continue
            shown = _shown_by(program.questions[name], weights[what], limit) if way > limit and not handled else None
            sure = shown is not None
            needed = WORDS[what].format(_written(way if sure else every or 0, what, budget))
            which = "way through" if sure else "run of"
            said = diagnose(
                "exceedable-budget",
                f"a {which} `{name}` may {needed}, and a run has {_written(limit, what, budget)}",
                budget.span,
                help="raise the budget, or say with `on over budget` where the run goes then",
                stated=None if sure else Certainty.POSSIBLE,
            )
            yield replace(said, witness=shown)


def _shown_by(questions: Questions, weights: Mapping[str, int], limit: int) -> Witness | None:
    """Return a way that uses more than the limit, and that a rehearsed run goes if nothing ends it."""
    tried = 0
    for node in (*questions.workflow.ends, *questions.workflow.steps):
        for arrival in questions.arrivals.at(node):
            way = Itinerary(arrival.routes, questions.workflow.routes)
            if tried >= MOST_TRIED or sum(weight * way.visits(step) for step, weight in weights.items()) <= limit:
                continue
            tried += 1
            answer = questions.ask((arrival,), ()).answer
            if isinstance(answer, Possible):
                found = story(questions, arrival, answer.bindings, node, (), Unlimited)
                if found is not None and found.rehearsed:
                    return Witness({}, found.path)
    return None


def _limits(budget: BudgetDecl) -> Iterator[tuple[str, int | None]]:
    yield "steps", budget.steps
    yield "calls", budget.tool_calls
    yield "tokens", budget.tokens
    yield "cost", None if budget.cost is None else budget.cost.micros
    yield "time", None if budget.time is None else budget.time.micros


def _weights(workflow: WorkflowFacts, what: str, facts: Facts) -> dict[str, int]:
    return {name: _once(step, what, facts) for name, step in workflow.steps.items()}


def _once(step: StepFacts, what: str, facts: Facts) -> int:
    """Return what one visit of a step may use, as its author declares it, nothing being done twice."""
    rows = rows_of(step)
    if rows is not None:
        return rows.least if what == "steps" else 0  # a list may be empty
    match step, what:
        case _, "steps":
            return 1
        case CallStepFacts(), "calls":
            return 1
        case CallStepFacts(call=call), "cost":
            tool = facts.tools[call.tool].decl
            return 0 if tool is None or tool.cost is None else tool.cost.micros
        case AgentStepFacts(decl=decl), "tokens":
            return facts.agents[decl.agent.text].tokens or 0
        case AgentStepFacts(decl=decl), "cost":
            cost = facts.agents[decl.agent.text].cost
            return 0 if cost is None else cost.micros
        case _:
            return 0


def _written(amount: int, what: str, budget: BudgetDecl) -> str:
    if what == "cost" and budget.cost is not None:
        return money_words(amount, budget.cost.currency)
    return duration_words(amount) if what == "time" else f"{amount:_}"
