"""# tainted-sink

Text that strangers write (`@untrusted`) goes straight into a tool that changes the world: a step calls it with that
text, and nobody approves the call. Whoever writes the text decides what the tool is told. Pass what an agent or a
person made of it, ask for an approval, or, if the tool is made for such text, label its parameter `@untrusted` as well.

```ilk
tool mail.reply(to: string, text: string) {
  needs mail.send
  effect irreversible
  idempotent by to
}

workflow answer(from: string, message: string @untrusted) {
  step send calls mail.reply(to: from, text: message)   // warning: [tainted-sink] "`message` is untrusted"
  end sent

  start -> send
    grant mail.send
  send -> sent
}
```

```ilk
tool tickets.open(from: string, text: string @untrusted) {
  needs tickets.write
  effect write
}

workflow answer(from: string, message: string @untrusted) {
  step open calls tickets.open(from: from, text: message)
  end opened

  start -> open
    grant tickets.write
  open -> opened
}
```

It is the same for a step that runs another workflow: what is labelled around is labelled inside too, by the declaration
of the parameter that it goes into.

Found by following the labels of the fields that each argument of a step's call reads. Certain. What a model makes of
untrusted text is not followed. That text labelled `@pii` goes where its label is not declared is reported under
`--strict`.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.declarations.policies import rules_for
from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import CallStepFacts, Facts, RouteFacts, WorkflowFacts
from interlock_dsl.analysis.knowledge.handovers import ways_into
from interlock_dsl.analysis.knowledge.inside import inner_steps
from interlock_dsl.analysis.knowledge.labels import carries_text, labels_inside, labels_read
from interlock_dsl.diagnostics import Certainty, Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose

SAID = {"untrusted": "untrusted", "pii": "personal data"}


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the arguments of steps' calls that labelled text goes into."""
    facts = program.facts
    for workflow in facts.workflows.values():
        yield from _inner(workflow, facts)
        into = ways_into(workflow)
        for name, step in workflow.steps.items():
            if not isinstance(step, CallStepFacts) or facts.tools[step.call.tool].effect == "read":
                continue
            tool, gated = facts.tools[step.call.tool], _gated(into[name], step.call.tool, facts)
            for argument, checked in step.call.arguments.items():
                parameter = tool.parameters.fields[argument]
                if not carries_text(parameter.type):
                    continue
                for label, path in labels_read(checked.expression, workflow, facts).items():
                    if label not in SAID or label in parameter.labels or (gated and label == "untrusted"):
                        continue
                    yield diagnose(
                        "tainted-sink",
                        f"`{path}` is {SAID[label]}, and goes into `{argument}` of `{tool.name}` as it is",
                        checked.expression.span,
                        "",
                        Label(tool.span if tool.decl is None else tool.decl.name.span, f"its effect is {tool.effect}"),
                        help=f"pass what was made of it, ask for an approval, or label the parameter `@{label}`",
                        stated=None if label == "untrusted" else Certainty.HEURISTIC,
                    )


def _inner(workflow: WorkflowFacts, facts: Facts) -> Iterator[Diagnostic]:
    """Yield the inputs of workflows inside that labelled text goes into, and that do not have the label there."""
    for step in inner_steps(workflow).values():
        parameters = facts.workflows[step.workflow].parameters.fields
        for argument, checked in step.arguments.items():
            parameter = parameters[argument]
            inner = parameter.labels | labels_inside(parameter.type)
            for label, path in labels_read(checked.expression, workflow, facts).items():
                if label not in SAID or label in inner or not carries_text(parameter.type):
                    continue
                yield diagnose(
                    "tainted-sink",
                    f"`{path}` is {SAID[label]}, and goes into `{argument}` of `{step.workflow}`, where it is not",
                    checked.expression.span,
                    "",
                    help=f"label the parameter `@{label}`",
                    stated=None if label == "untrusted" else Certainty.HEURISTIC,
                )


def _gated(into: list[RouteFacts], tool: str, facts: Facts) -> bool:
    """Say whether somebody approves every call of a step."""
    if all(route.approval is not None for route in into):
        return True
    return any(
        rule.decl.kind == "require" and rule.decl.when is None and rule.decl.unless is None
        for rule in rules_for(facts, tool, agent="")
    )
