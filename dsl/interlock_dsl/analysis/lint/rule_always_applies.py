"""# rule-always-applies

A rule of a policy has a condition, and it is true of every call: office hours that never end, two sides of an `||`
that leave nothing out. Such a `forbid` forbids everything. Write the condition that was meant, or leave it out.

```ilk
tool payments.send(cents: int in 1..10_000) { needs payments.write  effect write }

policy desk {
  forbid payments.send
    when now.getHours() < 18 || now.getHours() >= 8   // warning: [rule-always-applies] "applies to every call"
}
```

```ilk
tool payments.send(cents: int in 1..10_000) { needs payments.write  effect write }

policy desk {
  permit payments.send
  forbid payments.send
    when now.getHours() < 8 || now.getHours() >= 18
}
```

Found by asking, for each tool that the rule is about, for values of which its conditions are not true. Certain.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.knowledge.wording import conditions
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the rules whose conditions are true of every call."""
    rules = program.rules
    for rule in rules.all:
        if not program.of_pack(conditions(rule)) and rules.unmeant(rule):
            help = "write the condition that was meant, or leave it out"
            message = "this rule applies to every call, whatever its condition says"
            yield diagnose("rule-always-applies", message, conditions(rule), help=help)
