"""# missing-escalation

When something goes wrong at a step (`on failure`, `on denied`, ...), a route leads to an end and tells nobody, while
every other way into that end tells somebody (`escalate to`). What ends there is what people are to look at; on this way
they do not hear of it.

```ilk
tool orders.get(id: string) -> { total: int in 0..1_000 } { needs orders.read  effect read }
tool mail.send(id: string) { needs mail.write  effect write }
role duty_manager { reach "duty-phone" }

workflow answer(id: string) {
  step look calls orders.get(id: id)
  step send calls mail.send(id: id)
  end done
  end stuck

  start -> look  grant orders.read
  look -> send  when look.total < 500  grant mail.write
  look -> stuck  otherwise  escalate to duty_manager because "too large"
  look -> stuck  on failure  escalate to duty_manager because "the order cannot be read"
  send -> done
  send -> stuck   // warning: [missing-escalation] "nobody is told when `send` leads to `stuck` on failure"
    on failure
}
```

```ilk
tool orders.get(id: string) -> { total: int in 0..1_000 } { needs orders.read  effect read }
tool mail.send(id: string) { needs mail.write  effect write }
role duty_manager { reach "duty-phone" }

workflow answer(id: string) {
  step look calls orders.get(id: id)
  step send calls mail.send(id: id)
  end done
  end stuck

  start -> look  grant orders.read
  look -> send  when look.total < 500  grant mail.write
  look -> stuck  otherwise  escalate to duty_manager because "too large"
  look -> stuck  on failure  escalate to duty_manager because "the order cannot be read"
  send -> done
  send -> stuck  on failure  escalate to duty_manager because "the answer cannot be sent"
}
```

Found by comparing the ways into each end: at least two escalate whatever happens, and one that something that went
wrong takes does not. Certain as far as the routes go; an end for what is nobody's business may be one of its own.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import EscalationFacts
from interlock_dsl.analysis.knowledge.handovers import ways_into
from interlock_dsl.analysis.knowledge.wording import ends
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose

OTHERS = 2
"""How many other ways there must be."""


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the only way into an end on which nobody is told that something went wrong."""
    for workflow in program.facts.workflows.values():
        for end, into in ways_into(workflow).items():
            silent = [route for route in into if not any(map(_always, route.escalations))]
            told = [escalation for route in into for escalation in route.escalations if _always(escalation)]
            if end not in workflow.ends or len(silent) != 1 or len(into) <= OTHERS:
                continue
            (route,) = silent
            decl = route.link.decl
            if decl.trigger is not None and not route.escalations and end in {each.text for each in decl.targets}:
                sources = " and ".join(f"`{source}`" for source in route.link.sources)
                yield diagnose(
                    "missing-escalation",
                    f"nobody is told when {sources} leads to `{end}` on {decl.trigger}",
                    ends(route),
                    "",
                    Label(told[0].decl.span, "somebody is on every other way"),
                    help=f"add `escalate to {told[0].decl.role.text} because ...`",
                )


def _always(escalation: EscalationFacts) -> bool:
    return escalation.when is None and not escalation.decl.on_expiry
