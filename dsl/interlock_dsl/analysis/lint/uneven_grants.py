"""# uneven-grants

An agent's step is reached with scopes on one way, and without any on another: there the agent is shown no tool,
although the task is the same. Usually a `grant` was forgotten, on the way back to the step for instance.

```ilk
tool stock.find(sku: string) -> { on_hand: int in 0..100 } { needs stock.read  effect read }
agent planner { model "large"  may stock.read }

workflow replace(sku: string) {
  step propose by planner { task "find a replacement"  returns { sku: string  sure: bool } }
  end done { sku: propose.sku }
  end unsure

  start -> propose
    grant stock.read
    pass sku
  propose -> propose   // warning: [uneven-grants] "`propose` is shown no tool on this way, and `stock.find` on another"
    when !propose.sure
    at most 2 times, then -> unsure
    pass sku
  propose -> done
    otherwise
}
```

```ilk
tool stock.find(sku: string) -> { on_hand: int in 0..100 } { needs stock.read  effect read }
agent planner { model "large"  may stock.read }

workflow replace(sku: string) {
  step propose by planner { task "find a replacement"  returns { sku: string  sure: bool } }
  end done { sku: propose.sku }
  end unsure

  start -> propose
    grant stock.read
    pass sku
  propose -> propose
    when !propose.sure
    at most 2 times, then -> unsure
    grant stock.read
    pass sku
  propose -> done
    otherwise
}
```

Found by comparing what the ways into each step of an agent show it. Certain. A step of its own says best that an agent
is to do the same without tools.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import AgentStepFacts
from interlock_dsl.analysis.knowledge.handovers import shown, ways_into
from interlock_dsl.analysis.knowledge.wording import ends
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose, listed


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the ways into steps of agents on which they are shown no tool, unlike on others."""
    for workflow in program.facts.workflows.values():
        into = ways_into(workflow)
        for name, step in workflow.steps.items():
            if not isinstance(step, AgentStepFacts) or len(into[name]) < 2:
                continue
            tools = [(route, shown(route, step, program.facts)) for route in into[name]]
            with_tools = next((each for each in tools if each[1]), None)
            for route, found in tools:
                if not found and with_tools is not None:
                    there, some = with_tools
                    yield diagnose(
                        "uneven-grants",
                        f"`{name}` is shown no tool on this way, and {listed(some)} on another",
                        ends(route),
                        "",
                        Label(ends(there), "this way"),
                        help="grant the same here, or make it a step of its own",
                    )
