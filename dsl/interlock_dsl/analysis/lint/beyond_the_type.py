"""# beyond-the-type

A comparison that the declared types decide: it is true, or false, for every value there can be. A share in `0.0..1.0`
is never above 1.5, an amount in `0..1_000_000` never below zero, and no hour is later than 23. The constant is wrong,
or the bound of the type is.

```ilk
type Reading { share: double in 0.0..1.0 }

workflow judge(reading: Reading) {
  end high
  end low

  start -> high
    when reading.share > 1.5   // warning: [beyond-the-type] "`reading.share > 1.5` is never true"
  start -> low
    otherwise
}
```

```ilk
type Reading { share: double in 0.0..1.0 }

workflow judge(reading: Reading) {
  end high
  end low

  start -> high
    when reading.share > 0.5
  start -> low
    otherwise
}
```

Found by evaluating each comparison with intervals in place of values, as the types give them, also of sizes, of counts
of calls and of what a calendar shows. Certain. A comparison that only writes down the other end of an interval
(`0.5 <= share && share <= 1.0`), or tells a bound again in a grant, is reported under `--strict`. In a decision table
only what is never true is reported, where its row can still match.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.knowledge.decided import Decided, decided
from interlock_dsl.analysis.values.failing import Failing
from interlock_dsl.analysis.values.points import contains
from interlock_dsl.analysis.values.state import State
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.tree import Name
from interlock_dsl.diagnostics import Certainty, Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the comparisons that the types decide."""
    for place in program.places:
        row = place.kind == "row"
        if row and _never(place.checked):
            continue
        every = list(decided(place.checked))
        never = any(not found.value for found in every)
        for found in every:
            if not found.value or not (row or never):
                yield _finding(found, told=found.closing or (place.kind == "grant" and found.at_bound))


def _finding(found: Decided, *, told: bool) -> Diagnostic:
    """Return a finding; what only tells the type's bound again is a matter of style."""
    text = found.node.span.text
    about = found.about.name if isinstance(found.about, Name) else found.about.span.text
    said = "is always true" if found.value else "is never true"
    message = f"`{text}` {said}: `{about}` is {found.because}"
    help = "compare with a value that it can have, or change the bounds of its type"
    made = diagnose("beyond-the-type", message, found.node.span, help=help)
    if not told:
        return made
    return Diagnostic(made.code, made.message, made.labels, made.notes, made.help, Certainty.HEURISTIC)


def _never(condition: Checked) -> bool:
    failing = Failing(condition)
    state = State(condition.scope.variables, condition.scope.optional_variables)
    return not contains(failing.evaluate(failing.root, state)[0], True)
