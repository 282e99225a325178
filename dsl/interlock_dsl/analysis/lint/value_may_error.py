"""# value-may-error

An argument, an output or a key that has no value for some inputs: a text that is read as a number, a map that is asked
for a key it may not have, a sum that leaves 64 bits. The step fails then. Ask first, or bound what goes in.

```ilk
workflow total(counts: map<string, int in 0..9>) {
  step look sets { apples: counts["apples"] }   // error: [value-may-error] "a key that is not there"
  end done { apples: look.apples }

  start -> look
  look -> done
}
```

```ilk
workflow total(counts: map<string, int in 0..9>) {
  step look sets { apples: counts[?"apples"].orValue(0) }
  end done { apples: look.apples }

  start -> look
  look -> done
}
```

Found by asking for values, allowed by everything that is certain on the way, with which the expression ends in an
error. Reported with these values; the overflow of a number that has no bounds is reported under `--strict`. A division
by zero and an item that is not there have codes of their own.
"""

from collections.abc import Iterator
from dataclasses import replace

from interlock_dsl.analysis.examination.evidence import failures
from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.diagnostics import Certainty, Diagnostic
from interlock_dsl.diagnostics.source import Span

READING = {
    frozenset({"bad-conversion", "bad-format"}): "can end in a conversion of what cannot be read",
    frozenset({"no-such-key"}): "can read a key that is not there",
    frozenset({"time-range"}): "can leave the years 0001 to 9999",
    frozenset({"bad-argument", "bad-value", "no-value", "not-a-number"}): "can have no value",
    frozenset({"bad-key", "duplicate-key"}): "can make a map with a key twice",
}
HELP = "ask before reading, or bound what goes in"


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the values that there may not be."""
    seen: set[Span] = set()
    for codes, said in READING.items():
        for found in failures(program, "value-may-error", codes, said, HELP):
            if found.span not in seen:
                seen.add(found.span)
                yield found
    if not program.quiet:
        return
    for found in failures(program, "value-may-error", frozenset({"overflow"}), "can leave 64 bits", HELP):
        # Every sum of numbers without bounds can: that is known, and no reason to report it.
        yield replace(found, stated=Certainty.HEURISTIC, witness=None)
