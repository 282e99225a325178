"""# suppressed-finding

What comments allow, with their reasons: under `--strict` a note for each comment, so that a reviewer sees what a file
would report without them. Notes do not count: the exit code of `check` stays 0.

```ilk
type Order { id: string }

// interlock: allow unused-definition because "for later"   // note: [suppressed-finding] "is allowed: for later"
role supervisor { reach "desk" }

workflow look(order: Order) {
  end done { id: order.id }

  start -> done
}
```

```ilk
type Order { id: string }

workflow look(order: Order) {
  end done { id: order.id }

  start -> done
}
```

Found by running every rule. Certain.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.examination.suppressions import suppressions
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the comments that allow findings, with how many and why."""
    for each in suppressions(program.files):
        for code in each.codes:
            count = sum(each.allows(found) and found.code == code for found in program.found)
            if count:
                said = f"{count} finding{'s' if count > 1 else ''} of `{code}` {'are' if count > 1 else 'is'} allowed"
                yield diagnose("suppressed-finding", f"{said}: {each.reason}", each.span)
