"""# overlapping-rows

Two rows of a table match for the same values, where exactly one has to: the step that it decides fails then. Narrow
one of them, or write `hit first` for the first that matches.

```ilk
table fee(amount: int in 0..1_000) -> { fee: int } {
  when 0..100   then 5
  when 100..500 then 3                // error: [overlapping-rows] "two rows of `fee` match for the same values"
  when > 500    then 0
}

workflow pay(amount: int in 0..1_000) {
  step cost decides fee(amount: amount)
  end done { fee: cost.fee }

  start -> cost
  cost -> done
}
```

```ilk
table fee(amount: int in 0..1_000) -> { fee: int } {
  hit first

  when 0..100   then 5
  when 100..500 then 3
  when > 500    then 0
}

workflow pay(amount: int in 0..1_000) {
  step cost decides fee(amount: amount)
  end done { fee: cost.fee }

  start -> cost
  cost -> done
}
```

Found by asking whether the conditions of two rows can be true together, for values of the parameters that the steps
pass, given what is certain where they begin; for a table that no step uses, for all values of their types. Reported
with such values, once for each row.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.examination.tables import Rows, tables
from interlock_dsl.analysis.values.problem import Claim
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the rows of `unique` tables that match together with one before them."""
    for rows in tables(program):
        if rows.table.decl.hit == "unique":
            yield from _overlaps(rows)


def _overlaps(rows: Rows) -> Iterator[Diagnostic]:
    conditional = [row for row in rows.table.rows if row.condition is not None]
    for at, row in enumerate(conditional):
        for other in conditional[:at]:
            if row.condition is None or other.condition is None:
                continue
            message = f"two rows of `{rows.table.decl.name.text}` match for the same values"
            both = [Claim(row.condition), Claim(other.condition)]
            help = "narrow one of them, or write `hit first` for the first that matches"
            said = diagnose(
                "overlapping-rows", message, row.span, "this one", Label(other.span, "and this one"), help=help
            )
            found = rows.happens(said, both)
            if found is not None:
                yield found
                break
