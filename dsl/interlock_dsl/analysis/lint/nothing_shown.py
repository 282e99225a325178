"""# nothing-shown

An agent or a person is shown nothing: a route leads to the step and passes no field, and an agent has no tool, or only
tools that ask for a text of which it knows none: the name of a customer, an order. A model then has only the words of
its task, a person only those of the question, so that the answer is about nothing that happened in the run. Pass what
they are to work on.

```ilk
agent critic { model "small" }

workflow review(text: string max 500) {
  step check by critic { task "is the text polite?"  returns { polite: bool } }
  end done { text: text, polite: check.polite }

  start -> check   // warning: [nothing-shown] "`check` is shown nothing"
  check -> done
}
```

```ilk
agent critic { model "small" }

workflow review(text: string max 500) {
  step check by critic { task "is the text polite?"  returns { polite: bool } }
  end done { text: text, polite: check.polite }

  start -> check
    pass text
  check -> done
}
```

Found by looking at what each route into the step of an agent or a person passes and grants. Certain. Where nothing
could be passed, for the workflow has no input and no step before it has an output, nothing is said.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import AgentStepFacts, AskStepFacts, RouteFacts, ToolFacts, WorkflowFacts
from interlock_dsl.analysis.knowledge.handovers import shown, ways_into
from interlock_dsl.cel.types import StringType
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose, listed
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.graph import START


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the routes that lead to the step of an agent or a person and show them nothing."""
    for workflow in program.facts.workflows.values():
        into = ways_into(workflow)
        for name, step in workflow.steps.items():
            if not isinstance(step, AgentStepFacts | AskStepFacts) or step.rows is not None:
                continue
            for route in into[name]:
                if route.passes or not _passable(workflow, route):
                    continue
                tools = shown(route, step, program.facts) if isinstance(step, AgentStepFacts) else []
                if not all(_asks_for_text(program.facts.tools[tool]) for tool in tools):
                    continue
                lacks = "it has no tool"
                if isinstance(step, AskStepFacts):
                    lacks = "a person has only the words of the question"
                elif tools:
                    lacks = f"it knows nothing to call {listed(tools, 'or')} with"
                block = "`{ pass ... }` behind the condition of `reconcile`," if _reconciles(route) else "`pass ...`"
                yield diagnose(
                    "nothing-shown",
                    f"`{name}` is shown nothing: no field is passed to it, and {lacks}",
                    _place(route),
                    "hands over nothing",
                    help=f"add {block} with what is to be worked on",
                )


def _asks_for_text(tool: ToolFacts) -> bool:
    """Say whether a call needs a text that is not one of a few."""
    fields = tool.parameters.fields.values()
    return any(isinstance(f.type, StringType) and f.type.values is None and not f.optional for f in fields)


def _passable(workflow: WorkflowFacts, route: RouteFacts) -> bool:
    return bool(workflow.parameters.fields) or any(source != START for source in route.link.sources)


def _place(route: RouteFacts) -> Span:
    decl = route.link.decl
    if route.link.way_out and decl.bound is not None and decl.bound.then is not None:
        return decl.bound.then.span
    if _reconciles(route):
        return decl.targets[-1].span
    return decl.sources[0].span.to(decl.targets[-1].span)


def _reconciles(route: RouteFacts) -> bool:
    """Say whether a route is written as `reconcile by` within another one."""
    decl = route.link.decl
    return decl.span.start > decl.sources[0].span.start
