"""# impossible-step

A step's call that a policy always forbids: whatever leads to the step, and whatever its arguments are, a `forbid`
applies, and the call is denied. Either the rule is wider than it was meant to be, or the way to the step should not
let such values through.

```ilk
tool payments.send(cents: int in 1..10_000) { needs payments.write  effect write }

workflow pay(cents: int in 1..10_000) {
  step send calls payments.send(cents: cents)   // error: [impossible-step] "no call of `send` is allowed"
  end done
  end refused

  start -> send     when cents > 5_000  grant payments.write
  start -> refused  otherwise
  send -> done
}

policy desk {
  forbid payments.send
    when args.cents >= 1_000
}
```

```ilk
tool payments.send(cents: int in 1..10_000) { needs payments.write  effect write }

workflow pay(cents: int in 1..10_000) {
  step send calls payments.send(cents: cents)
  end done
  end refused

  start -> send     when cents > 500  grant payments.write
  start -> refused  otherwise
  send -> done
}

policy desk {
  forbid payments.send
    when args.cents >= 1_000
}
```

Found by asking, with everything that is certain where the step begins and the values of its arguments, for a call to
which the rule does not apply. Certain.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.declarations.policies import concerns
from interlock_dsl.analysis.examination.evidence import arguments
from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import CallStepFacts
from interlock_dsl.analysis.knowledge.wording import conditions
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.analysis.reasoning.rules import Applied, called
from interlock_dsl.analysis.values.problem import Impossible
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the calls of steps that a rule always forbids."""
    for questions in program.questions.values():
        for name, step in questions.workflow.steps.items():
            if not isinstance(step, CallStepFacts):
                continue
            for one in _forbids(program, step.call.tool):
                if not program.rules.unmeant(one.rule) and _always(questions, name, step, one):
                    label = Label(conditions(one.rule), "this forbids every one of them")
                    message = f"no call of `{name}` is allowed: a `forbid` always applies to it"
                    help = "make the rule narrower, or lead such values elsewhere"
                    yield diagnose("impossible-step", message, step.decl.name.span, "", label, help=help)
                    break


def _forbids(program: Examined, tool: str) -> Iterator[Applied]:
    """Yield the rules that forbid calls of a tool by a step itself."""
    for rule in program.rules.all:
        if rule.decl.kind == "forbid" and concerns(rule.decl, tool, agent=""):
            yield from (one for one in program.rules.of[rule.id] if one is not None and one.tool.name == tool)


def _always(questions: Questions, name: str, step: CallStepFacts, one: Applied) -> bool:
    arrivals = questions.arrivals.at(name)
    bound = arguments(step)
    extra = called(one.tool, questions.facts, agent="")
    if not arrivals or isinstance(questions.ask(arrivals, bound, extra).answer, Impossible):
        return False
    return all(
        isinstance(questions.ask(arrivals, [*bound, not_met], extra).answer, Impossible) for not_met in one.does_not
    )
