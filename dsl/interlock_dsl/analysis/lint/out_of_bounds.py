"""# out-of-bounds

The value of an argument, or of a table's output, can be outside of what its type allows: a tool would be called with
0 where it takes 1 to 100, or with a text that is too long. Such a call is refused when it is made, and the step fails.
Let a condition on the way keep such values out, or give both sides the same bounds.

```ilk
tool refunds.issue(amount: int in 1..10_000) { needs refunds.write  effect write }

agent clerk { model "small" }

workflow refund(text: string) {
  step assess by clerk {
    task "propose an amount"
    returns { amount: int in 0..10_000 }
  }
  step pay calls refunds.issue(
    amount: assess.amount   // error: [out-of-bounds] "the argument `amount` of `refunds.issue` can be outside"
  )
  end paid

  start -> assess  pass text
  assess -> pay    grant refunds.write
  pay -> paid
}
```

```ilk
tool refunds.issue(amount: int in 1..10_000) { needs refunds.write  effect write }

agent clerk { model "small" }

workflow refund(text: string) {
  step assess by clerk {
    task "propose an amount"
    returns { amount: int in 0..10_000 }
  }
  step pay calls refunds.issue(amount: assess.amount)
  end paid
  end nothing

  start -> assess    pass text
  assess -> pay      when assess.amount > 0  grant refunds.write
  assess -> nothing  otherwise
  pay -> paid
}
```

Found by asking for values, allowed by everything that is certain on the way, with which the expression leaves the type.
Reported with these values, and the run that leads there.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.evidence import shown
from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.values.problem import Outside
from interlock_dsl.cel.types import DYN
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the values that can leave their types."""
    for place in program.places:
        wanted, given = place.wanted, place.checked.type
        if wanted is None or given in (wanted, DYN):
            continue
        message = f"{place.names} can be outside of `{wanted}`"
        help = "keep such values out by a condition on the way, or give both the same bounds"
        diagnostic = diagnose("out-of-bounds", message, place.checked.expression.span, help=help)
        found = shown(program, place, Outside(place.checked, wanted), diagnostic)
        if found is not None:
            yield found
