"""# unused-input

A parameter of a workflow that nothing reads: no condition, no argument, no end, and no route passes it. Whoever starts
a run has to give it, and it changes nothing. Often the place that should use it was forgotten.

```ilk
agent clerk { model "small" }

workflow look(id: string, urgent: bool) {   // warning: [unused-input] "nothing in `look` reads its input `urgent`"
  step find by clerk { task "find it"  returns { text: string } }
  end done { text: find.text }

  start -> find
    pass id
  find -> done
}
```

```ilk
agent clerk { model "small" }

workflow look(id: string, urgent: bool) {
  step find by clerk { task "find it"  returns { text: string } }
  end done { text: find.text }

  start -> find
    pass id, urgent
  find -> done
}
```

Found by collecting what the workflow reads and passes. Certain. A field of a parameter that is read nowhere is reported
under `--strict`: types are often shared.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.knowledge.reads import read_by
from interlock_dsl.cel.types import RecordType
from interlock_dsl.diagnostics import Certainty, Diagnostic
from interlock_dsl.diagnostics.report import diagnose, listed


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the parameters, and fields of parameters, that nothing reads."""
    for name, workflow in program.facts.workflows.items():
        read = read_by(workflow)
        for parameter in workflow.decl.parameters:
            field = workflow.parameters.fields[parameter.name.text]
            if not read.has(parameter.name.text):
                message = f"nothing in `{name}` reads its input `{parameter.name.text}`"
                yield diagnose(
                    "unused-input", message, parameter.name.span, help="remove it, or pass it where it belongs"
                )
            elif isinstance(field.type, RecordType):
                unread = [each for each in field.type.fields if not read.has(parameter.name.text, each)]
                if unread:
                    message = f"nothing in `{name}` reads {listed(unread)} of its input `{parameter.name.text}`"
                    yield diagnose("unused-input", message, parameter.name.span, stated=Certainty.HEURISTIC)
