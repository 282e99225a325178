"""# rule-never-applies

A rule of a policy whose conditions are true of no call: the parts exclude each other, or the arguments never have such
values. What it was to forbid, to require or to permit goes on as if it were not there.

```ilk
tool payments.send(cents: int in 1..10_000) { needs payments.write  effect write }

policy desk {
  permit payments.send
  forbid payments.send
    when args.cents > 5_000 && args.cents < 1_000   // warning: [rule-never-applies] "this rule never applies"
}
```

```ilk
tool payments.send(cents: int in 1..10_000) { needs payments.write  effect write }

policy desk {
  permit payments.send
  forbid payments.send
    when args.cents > 5_000 || args.cents < 100
}
```

Found by asking, for each tool that the rule is about, for values of which its conditions are true. Certain.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.knowledge.wording import conditions
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the rules that apply to no call."""
    rules = program.rules
    for rule in rules.all:
        known = rules.known(rule)
        if known is not None and all(map(rules.never, known)):
            help = "write the conditions that were meant, or remove the rule"
            yield diagnose("rule-never-applies", "this rule never applies", conditions(rule), help=help)
