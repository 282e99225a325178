"""# overridden-permit

A `permit` of what a `forbid` forbids: `forbid` wins over everything else, so that the rule permits nothing. Make the
`forbid` narrower, or remove the `permit`.

```ilk
tool payments.send(cents: int in 1..10_000) { needs payments.write  effect write }

policy desk {
  forbid payments.*
    when args.cents > 5_000
  permit payments.send
    when args.cents > 8_000   // warning: [overridden-permit] "this `permit` permits nothing"
}
```

```ilk
tool payments.send(cents: int in 1..10_000) { needs payments.write  effect write }

policy desk {
  forbid payments.*
    when args.cents > 5_000
    unless "senior" in principal.roles
  permit payments.send
}
```

Found by asking, for each tool that the `permit` is about, for a call to which it applies and the `forbid` does not.
Certain.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import RuleFacts
from interlock_dsl.analysis.knowledge.wording import conditions
from interlock_dsl.analysis.reasoning.rules import Applied, Rules, covers_agents
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the permits that a `forbid` leaves nothing of."""
    rules = program.rules
    for rule in rules.all:
        known = rules.known(rule)
        if rule.decl.kind != "permit" or known is None or all(map(rules.never, known)):
            continue
        by = _overriding(rules, rule, known)
        if by is not None:
            label = Label(conditions(by), "this forbids all of it")
            help = "make the `forbid` narrower, or remove the `permit`"
            message = "this `permit` permits nothing: a `forbid` wins over it"
            yield diagnose("overridden-permit", message, conditions(rule), "", label, help=help)


def _overriding(rules: Rules, rule: RuleFacts, known: tuple[Applied, ...]) -> RuleFacts | None:
    for other in rules.all:
        if other.decl.kind != "forbid" or not covers_agents(other, rule):
            continue
        by_tool = rules.by_tool[other.id]
        covered = all((wide := by_tool.get(one.tool.name)) is not None and rules.covers(wide, one) for one in known)
        if covered and not rules.unmeant(other):
            return other
    return None
