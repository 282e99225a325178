"""# failure-without-way-on

Two calls are started together, one has a route `on failure`, and the other has none. When the first fails, the run goes
on as the route says; when the second does, the whole run is given up, and what it did is undone.

```ilk
tool stock.level(sku: string) -> { on_hand: int in 0..100 } { needs stock.read  effect read }
tool terms.get(sku: string) -> { swap: bool } { needs terms.read  effect read }

workflow replace(sku: string) {
  step level calls stock.level(sku: sku)
  step terms calls terms.get(sku: sku)   // warning: [failure-without-way-on] "if `terms` fails, the run is given up"
  end done { swap: terms.swap && level.on_hand == 0 }
  end stuck

  start -> level, terms
    grant stock.read, terms.read
  level, terms -> done
    merge all
  level -> stuck
    on failure
}
```

```ilk
tool stock.level(sku: string) -> { on_hand: int in 0..100 } { needs stock.read  effect read }
tool terms.get(sku: string) -> { swap: bool } { needs terms.read  effect read }

workflow replace(sku: string) {
  step level calls stock.level(sku: sku)
  step terms calls terms.get(sku: sku)
  end done { swap: terms.swap && level.on_hand == 0 }
  end stuck

  start -> level, terms
    grant stock.read, terms.read
  level, terms -> done
    merge all
  level -> stuck
    on failure
  terms -> stuck
    on failure
}
```

Found by comparing the calls that a route starts together. Certain.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import CallStepFacts
from interlock_dsl.analysis.knowledge.losing import ways_on
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the calls without a route for their failure, beside one that has it."""
    for workflow in program.facts.workflows.values():
        handled = ways_on(workflow)
        told: set[str] = set()
        for route in workflow.routes:
            calls = [name for name in route.link.targets if isinstance(workflow.steps.get(name), CallStepFacts)]
            like = next((name for name in calls if "failure" in handled[name]), None)
            for name in calls:
                if like is None or "failure" in handled[name] or name in told:
                    continue
                told.add(name)
                yield diagnose(
                    "failure-without-way-on",
                    f"if `{name}` fails, the run is given up: `{like}`, started with it, has a route `on failure`",
                    workflow.steps[name].decl.name.span,
                    "",
                    Label(workflow.steps[like].decl.name.span, "this one has"),
                    help=f"add `{name} -> ...` with `on failure`",
                )
