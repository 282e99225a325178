"""# impossible-row

No values of the table's parameters match this row. Often a limit is beyond the type, or two cells of a row that is
split over several lines are in the wrong columns. Write the values that were meant, or remove the row.

```ilk
table fee(amount: int in 0..1_000) -> { fee: int } {
  when > 1_000 then 5                 // warning: [impossible-row] "this row of `fee` never matches"
  otherwise    then 3
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
  when > 100 then 5
  otherwise  then 3
}

workflow pay(amount: int in 0..1_000) {
  step cost decides fee(amount: amount)
  end done { fee: cost.fee }

  start -> cost
  cost -> done
}
```

Found by asking whether the row can match for any values of the parameters' types. Certain. Under `--strict` a row is
reported as well that matches for none of the values that the steps pass, given what is certain where they begin.
"""

from collections.abc import Iterator
from dataclasses import replace

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.examination.tables import Rows, tables
from interlock_dsl.analysis.values.problem import Claim, Impossible
from interlock_dsl.diagnostics import Certainty, Diagnostic
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.diagnostics.source import Span


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the rows that never match."""
    for rows in tables(program):
        for row in rows.table.rows:
            if row.condition is None:
                continue
            claims = [Claim(row.condition)]
            if isinstance(rows.ask(claims), Impossible):
                yield _finding(rows, row.span, "no value of the parameters' types does")
            elif rows.uses and _unused(rows, claims):
                found = _finding(rows, row.span, "none of the values that the steps pass does")
                yield replace(found, stated=Certainty.HEURISTIC)


def _unused(rows: Rows, claims: list[Claim]) -> bool:
    asked = [use.ask(claims) for use in rows.uses]
    return all(found is not None and isinstance(found[0].answer, Impossible) for found in asked)


def _finding(rows: Rows, span: Span, under: str) -> Diagnostic:
    message = f"this row of `{rows.table.decl.name.text}` never matches"
    return diagnose("impossible-row", message, span, under, help="write the values that were meant, or remove the row")
