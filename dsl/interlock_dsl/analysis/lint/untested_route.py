"""# untested-route

A route of a workflow that has tests, and none of them takes it. What the route hands over, asks for and leads to was
never tried: a mistake there is found by the first run that takes it. The way out of a
bounded route is looked at once the route is taken.

```ilk
workflow triage(amount: int in 0..1_000) {
  end small
  end large

  start -> small
    when amount < 500
  start -> large   // warning: [untested-route] "no test takes `start->large#1`"
    otherwise
}

test "a small one" {
  given amount 20
  expect ends small
}
```

```ilk
workflow triage(amount: int in 0..1_000) {
  end small
  end large

  start -> small
    when amount < 500
  start -> large
    otherwise
}

test "a small one" {
  given amount 20
  expect ends small
}

test "a large one" {
  given amount 500
  expect ends large
}
```

Found by running the tests, so only where they can be run: on the command line with `--strict`, and where `untaken` of
`interlock_dsl.compiler.stages.Lint` is given. A workflow that no test runs, not even inside another, is not judged.
Certain; `interlock test --coverage` tells the same, and of rules as well.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.knowledge.inside import inside
from interlock_dsl.analysis.knowledge.wording import ends
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the routes that no test takes, of workflows that have tests."""
    facts = program.facts
    started = {test.workflow for test in facts.tests if test.workflow}
    tested = started.union(each.decl.name.text for name in started for each in inside(facts.workflows[name], facts))
    for name, workflow in facts.workflows.items():
        for route in workflow.routes if name in tested else ():
            ways = [route] if route.out is None else [route, route.out]
            untaken = next((way.link.id for way in ways if (name, way.link.id) in program.untaken), None)
            if untaken is not None:
                help = "add a test in which it is taken"
                yield diagnose("untested-route", f"no test takes `{untaken}`", ends(route), help=help)
