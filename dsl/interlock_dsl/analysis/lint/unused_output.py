"""# unused-output

A step that only finds something out, and nothing reads what it gives: an agent that changes nothing, a question, a call
that only reads, a table, values that are set. It costs time, tokens or somebody's attention, and the run goes on as if
it had not been there. Often the condition that should look at it was forgotten.

```ilk
agent critic { model "small" }

workflow send(text: string max 500) {
  step check by critic {   // warning: [unused-output] "nothing reads what `check` gives"
    task "is it polite?"
    returns { polite: bool }
  }
  end sent { text: text }

  start -> check
    pass text
  check -> sent
}
```

```ilk
agent critic { model "small" }

workflow send(text: string max 500) {
  step check by critic { task "is it polite?"  returns { polite: bool } }
  end sent { text: text }
  end kept

  start -> check
    pass text
  check -> sent
    when check.polite
  check -> kept
    otherwise
}
```

Found by collecting what the workflow reads and passes. Certain. Single fields of an answer that nothing reads are
reported under `--strict`, but for a text that a person may leave out: a note for the records.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import (
    AgentStepFacts,
    AskStepFacts,
    CallStepFacts,
    EventStepFacts,
    Facts,
    StepFacts,
    TimeStepFacts,
)
from interlock_dsl.analysis.knowledge.handovers import offered, triggers
from interlock_dsl.analysis.knowledge.reads import read_by
from interlock_dsl.cel.types import StringType, Type
from interlock_dsl.diagnostics import Certainty, Diagnostic
from interlock_dsl.diagnostics.report import diagnose, listed


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the steps that only give an output which nothing reads."""
    for workflow in program.facts.workflows.values():
        shown = offered(workflow, program.facts)
        read, handled = read_by(workflow), triggers(workflow)
        for name, step in workflow.steps.items():
            if not read.has(name):
                if not handled[name] and _only_gives(step, shown.get(name, set()), program.facts):
                    message = f"nothing reads what `{name}` gives"
                    yield diagnose("unused-output", message, step.decl.name.span, help="use it, or remove the step")
            elif isinstance(step, AgentStepFacts | AskStepFacts):
                person = isinstance(step, AskStepFacts)
                unread = [
                    field
                    for field, its in step.returns.fields.items()
                    if not read.has(name, field) and not (person and its.optional and _is_text(its.type))
                ]
                if unread:
                    message = f"nothing reads {listed(unread)} of what `{name}` answers"
                    yield diagnose("unused-output", message, step.decl.name.span, stated=Certainty.HEURISTIC)


def _is_text(type: Type) -> bool:
    return isinstance(type, StringType) and type.values is None


def _only_gives(step: StepFacts, shown: set[str], facts: Facts) -> bool:
    """Say whether a step gives something, and changes nothing in the world."""
    match step:
        case CallStepFacts(call=call):
            return facts.tools[call.tool].effect == "read" and facts.tools[call.tool].result is not None
        case AgentStepFacts(returns=returns):
            writes = any(facts.tools[tool].effect != "read" for tool in shown)
            return bool(returns.fields) and not writes
        case AskStepFacts(returns=returns):
            return bool(returns.fields)
        case EventStepFacts() | TimeStepFacts():
            return False
        case _:
            return True
