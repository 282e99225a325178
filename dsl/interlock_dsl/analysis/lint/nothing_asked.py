"""# nothing-asked

An agent's step without a `task`, or a question to a person without a `question`: whoever is to answer sees the fields
that were passed, and not what they are asked. Say what the answer is to be about.

```ilk
role lead { reach "leads" }

workflow expense(amount: int) {
  step ask asks lead { returns { fine: bool } }   // warning: [nothing-asked] "`ask` has no `question`"
  end done { fine: ask.fine }

  start -> ask
    pass amount
  ask -> done
}
```

```ilk
role lead { reach "leads" }

workflow expense(amount: int) {
  step ask asks lead { question "is this in order?"  returns { fine: bool } }
  end done { fine: ask.fine }

  start -> ask
    pass amount
  ask -> done
}
```

Found by looking at the step. Certain.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import AgentStepFacts, AskStepFacts
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the steps that ask an agent or a person nothing."""
    for workflow in program.facts.workflows.values():
        for name, step in workflow.steps.items():
            match step:
                case AgentStepFacts(decl=decl) if not decl.task:
                    clause, who = "task", "the agent"
                case AskStepFacts(decl=decl) if not decl.question:
                    clause, who = "question", "the person"
                case _:
                    continue
            message = f"`{name}` has no `{clause}`: {who} is not told what to answer"
            yield diagnose("nothing-asked", message, step.decl.name.span, help=f'add `{clause} "..."`')
