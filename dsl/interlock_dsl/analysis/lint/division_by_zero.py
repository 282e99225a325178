"""# division-by-zero

A division, or a remainder, whose divisor can be 0: the expression has no value then, so that the step fails, and a
condition does not hold. Let the type of the divisor begin at 1, or ask before dividing.

```ilk
workflow share(part: int in 0..100, whole: int in 0..100) {
  step work sets { percent: 100 * part / whole }   // error: [division-by-zero] "a division by zero"
  end done { percent: work.percent }

  start -> work
  work -> done
}
```

```ilk
workflow share(part: int in 0..100, whole: int in 0..100) {
  step work sets { percent: whole > 0 ? 100 * part / whole : 0 }
  end done { percent: work.percent }

  start -> work
  work -> done
}
```

Found by asking for values, allowed by everything that is certain on the way, with which the divisor is 0. Reported with
these values. The conditions of routes are looked at by `condition-may-error`.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.evidence import failures
from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.diagnostics import Diagnostic

CODES = frozenset({"division-by-zero"})


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the divisions whose divisor can be 0."""
    help = "ask before dividing, or let the type of the divisor exclude 0"
    yield from failures(program, "division-by-zero", CODES, "can end in a division by zero", help)
