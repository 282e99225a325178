"""# missing-rows

For some values no row of the table matches: the step that it decides fails then. Add the rows that are missing, or a
last row `otherwise`.

```ilk
table fee(amount: int in 0..1_000) -> { fee: int } {   // error: [missing-rows] "no row of `fee` matches"
  when 0..99    then 5
  when 101..500 then 3
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
  when 0..99    then 5
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

Found by asking whether all rows can fail to match, for values of the parameters that the steps pass, given what is
certain where they begin; for a table that no step uses, for all values of their types. Reported with such values. A
table that collects may collect nothing.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.examination.tables import tables
from interlock_dsl.analysis.values.problem import Claim, Outcome
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the tables without a row for some values."""
    for rows in tables(program):
        table = rows.table
        claims = [Claim(row.condition, Outcome.FALSE) for row in table.rows if row.condition is not None]
        if table.decl.hit == "collect" or len(claims) < len(table.rows):
            continue
        message = f"no row of `{table.decl.name.text}` matches for some values"
        help = "add the rows that are missing, or a last row `otherwise`"
        found = rows.happens(diagnose("missing-rows", message, table.decl.name.span, help=help), claims)
        if found is not None:
            yield found
