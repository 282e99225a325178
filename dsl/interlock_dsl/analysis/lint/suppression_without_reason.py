"""# suppression-without-reason

A comment that allows findings and does not say why. It allows nothing: whoever reads it later cannot tell whether it
still holds. Say why, after `because`.

```ilk
type Order { id: string }

// interlock: allow unused-definition   // warning: [suppression-without-reason] "does not say why"
role supervisor { reach "desk" }

workflow look(order: Order) {
  end done { id: order.id }

  start -> done
}
```

```ilk
type Order { id: string }

// interlock: allow unused-definition because "the desk comes next"
role supervisor { reach "desk" }

workflow look(order: Order) {
  end done { id: order.id }

  start -> done
}
```

Found by reading the comments. Certain.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.examination.suppressions import suppressions
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the comments, of files that were given, that allow something without a reason."""
    for each in suppressions(file for file in program.files if file.source.name in program.entries):
        if each.codes and not each.reason:
            message = "this comment does not say why, so it allows nothing"
            yield diagnose("suppression-without-reason", message, each.span, help='add `because "..."`')
