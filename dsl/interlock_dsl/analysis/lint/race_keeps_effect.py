"""# race-keeps-effect

A step in a branch that may lose a race calls a tool that changes the world and says no `undo`. When another branch
wins, what the step did stays: nothing can take it back, and the run says so at its end. Give the tool an `undo`, or
call it after the race, when it is known which branch has won.

```ilk
tool rooms.book(day: string) -> { id: string } { needs rooms.write  effect write  idempotent by day }

workflow plan(day: string) {
  step room calls rooms.book(day: day)   // warning: [race-keeps-effect] "what `rooms.book` did stays"
  step pause waits for 10m
  end booked

  start -> room, pause
    grant rooms.write
  room, pause -> booked
    merge first
}
```

```ilk
tool rooms.book(day: string) -> { id: string } {
  needs rooms.write
  effect write
  idempotent by day
  undo rooms.free(id: result.id)
}
tool rooms.free(id: string) { needs rooms.write  effect write  idempotent by id }

workflow plan(day: string) {
  step room calls rooms.book(day: day)
  step pause waits for 10m
  end booked

  start -> room, pause
    grant rooms.write
  room, pause -> booked
    merge first
}
```

Found by looking at what lies in the branches that race, in workflows that their steps run, and in the tools that their
agents are shown. Certain.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.knowledge.groups import groups
from interlock_dsl.analysis.knowledge.handovers import offered, without_undo
from interlock_dsl.analysis.knowledge.losing import racing
from interlock_dsl.analysis.workflows.flow import flow
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the steps in branches that race whose effects cannot be undone."""
    for workflow in program.facts.workflows.values():
        races = [group for group in groups(workflow) if group.race]
        if not races:
            continue
        branches, bits = flow(workflow.graph).branches, {name: 1 << at for at, name in enumerate(workflow.steps)}
        hands, told = offered(workflow, program.facts), set[str]()
        for race in races:
            lost = racing(branches, race.sources, bits)
            merge = race.routes[0].link.decl.merge
            for name in (name for name, bit in bits.items() if lost & bit and name not in told):
                kept = without_undo(workflow.steps[name], hands, program.facts)
                if not kept:
                    continue
                told.add(name)
                yield diagnose(
                    "race-keeps-effect",
                    f"what `{kept[0]}` did stays when another branch wins: it has no `undo`",
                    workflow.steps[name].decl.name.span,
                    f"`{name}` may call it and lose",
                    *(() if merge is None else (Label(merge.span, "the race"),)),
                    help=f"give `{kept[0]}` an `undo`, or call it after the race",
                )
