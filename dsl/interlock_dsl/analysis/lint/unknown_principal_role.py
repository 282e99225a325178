"""# unknown-principal-role

A condition asks whether the principal has a role that nothing in the program knows: no `role` is declared by that
name, and no test starts a run, or makes calls, on behalf of somebody who has it. Mostly it is misspelt, so that the
condition is never true.

```ilk
tool payments.send(cents: int) { needs payments.write  effect write }

role supervisor { reach "desk" }

policy desk {
  permit payments.send
    when "supervisors" in principal.roles   // warning: [unknown-principal-role] "nothing knows a role `supervisors`"
  require approval by supervisor for payments.send
}
```

```ilk
tool payments.send(cents: int) { needs payments.write  effect write }

role supervisor { reach "desk" }

policy desk {
  permit payments.send
    when "supervisor" in principal.roles
  require approval by supervisor for payments.send
}
```

Found by comparing the names. The roles of principals are given by who starts a run, so a name that is like none that
the program knows is reported under `--strict`; one that is nearly a known one by default. Heuristic.
"""

from collections.abc import Iterator
from dataclasses import replace

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.knowledge.principals import roles_asked
from interlock_dsl.diagnostics import Certainty, Diagnostic
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.diagnostics.spelling import nearest
from interlock_dsl.syntax.tree import Asker, Starts


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the roles of principals that nothing else knows."""
    tests = program.declarations.tests
    started = (item for test in tests for item in (*test.items, test.asker) if isinstance(item, Starts | Asker))
    known = {*program.declarations.roles, *(role for start in started for role in start.roles)}
    for place in program.places:
        for role in roles_asked(place.checked):
            if role.value in known:
                continue
            meant = nearest(str(role.value), known)
            message = f"nothing knows a role `{role.value}`: none is declared, and no test starts with it"
            help = f"did you mean `{meant}`?" if meant else "declare it, or start a test with it"
            found = diagnose("unknown-principal-role", message, role.span, help=help)
            yield replace(found, stated=Certainty.PROVED if meant else Certainty.HEURISTIC)
