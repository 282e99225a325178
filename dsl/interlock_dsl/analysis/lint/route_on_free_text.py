"""# route-on-free-text

A condition compares a text that a model writes freely with a constant: the model may write the same thing in other
words, with another capital, with a full stop. Let the step return an enum, so that the model chooses one of the words
that the routes know.

```ilk
agent triage { model "small" }

workflow request(text: string) {
  step sort by triage { task "what is it about"  returns { topic: string max 40 } }
  end billing
  end other

  start -> sort
    pass text
  sort -> billing
    when sort.topic == "billing"   // warning: [route-on-free-text] "`sort.topic` is a text that a model writes freely"
  sort -> other
    otherwise
}
```

```ilk
agent triage { model "small" }

workflow request(text: string) {
  step sort by triage { task "what is it about"  returns { topic: enum("billing", "other") } }
  end billing
  end other

  start -> sort
    pass text
  sort -> billing
    when sort.topic == "billing"
  sort -> other
    otherwise
}
```

Found by the types of what conditions of routes compare by `==`, `!=` and `in`: an output of an agent's step whose
type is a text and no enum. A pattern that is usually a mistake, reported under `--strict`. A comparison with the
empty text asks whether there is one, and is not reported.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.expressions import free_names, walk
from interlock_dsl.analysis.facts import AgentStepFacts
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.tree import Call, Expression, ListOf, Literal
from interlock_dsl.cel.types import StringType
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose

EQUALITIES = frozenset({"_==_", "_!=_", "@in"})


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the comparisons of free text of models in conditions of routes."""
    for questions in program.questions.values():
        for route in questions.workflow.routes:
            if route.when is not None:
                yield from _compared(route.when, questions)


def _compared(condition: Checked, questions: Questions) -> Iterator[Diagnostic]:
    for node in walk(condition.expression):
        if not isinstance(node, Call) or node.function not in EQUALITIES or len(node.arguments) != 2:
            continue
        left, right = node.arguments
        for text, other in ((left, right), (right, left)):
            if _words(other) and _free(condition, text, questions):
                message = f"`{text.span.text}` is a text that a model writes freely"
                help = "let the step return an enum of the words that the routes know"
                yield diagnose("route-on-free-text", message, node.span, help=help)


def _words(node: Expression) -> bool:
    """Whether an expression is a text that is not empty, or a list of such texts."""
    match node:
        case Literal(value=str() as text):
            return bool(text)
        case ListOf(items=items):
            return bool(items) and all(_words(item.value) for item in items)
        case _:
            return False


def _free(condition: Checked, node: Expression, questions: Questions) -> bool:
    type = condition.type_of(node)
    written = isinstance(type, StringType) and type.values is None
    steps = questions.workflow.steps
    return written and any(isinstance(steps.get(name.name), AgentStepFacts) for name in free_names(node))
