"""# shadowed-row

The rows before this one match whenever it does, so it is never the one that counts. Put it before the wider one, or
narrow that one; an `otherwise` that is never reached can go.

```ilk
table fee(amount: int in 0..1_000, member: bool) -> { fee: int } {
  hit first

  when > 100 | -    then 5
  when > 500 | true then 0            // warning: [shadowed-row] "this row of `fee` is never the first that matches"
  otherwise  then 3
}

workflow pay(amount: int in 0..1_000, member: bool) {
  step cost decides fee(amount: amount, member: member)
  end done { fee: cost.fee }

  start -> cost
  cost -> done
}
```

```ilk
table fee(amount: int in 0..1_000, member: bool) -> { fee: int } {
  hit first

  when > 500 | true then 0
  when > 100 | -    then 5
  otherwise  then 3
}

workflow pay(amount: int in 0..1_000, member: bool) {
  step cost decides fee(amount: amount, member: member)
  end done { fee: cost.fee }

  start -> cost
  cost -> done
}
```

Found by asking whether the row can match where all before it do not, for all values of the parameters. Certain. A row
that never matches at all is an `impossible-row`. Rows after `otherwise` keep the program from running, as a
`row-after-otherwise`.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.examination.tables import Rows, tables
from interlock_dsl.analysis.values.problem import Claim, Impossible, Outcome
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the rows that are never the first that matches, and the `otherwise` rows that are never reached."""
    for rows in tables(program):
        if rows.table.decl.hit != "collect":
            yield from _shadowed(rows)


def _shadowed(rows: Rows) -> Iterator[Diagnostic]:
    table = rows.table
    for at, row in enumerate(table.rows):
        if at == 0 or (row.condition is not None and table.decl.hit != "first"):
            continue
        alone = [] if row.condition is None else [Claim(row.condition)]
        before = [Claim(each.condition, Outcome.FALSE) for each in table.rows[:at] if each.condition is not None]
        if isinstance(rows.ask([*alone, *before]), Impossible) and not isinstance(rows.ask(alone), Impossible):
            name = table.decl.name.text
            never = "never reached" if row.condition is None else "never the first that matches"
            wider = [
                Label(each.span, "this one")
                for each in table.rows[:at]
                if each.condition is not None
                and isinstance(rows.ask([*alone, Claim(each.condition, Outcome.FALSE)]), Impossible)
            ]
            help = (
                "remove it, or narrow the row that is too wide" if row.condition is None else "put it before that one"
            )
            under = "the rows before it match whenever it does"
            yield diagnose("shadowed-row", f"this row of `{name}` is {never}", row.span, under, *wider[:1], help=help)
