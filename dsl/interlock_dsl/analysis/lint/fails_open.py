"""# fails-open

A rule that restricts asks whether a value is there, and does not apply where it is not: a call that leaves the value
out is not restricted. Where leaving it out is no reason to trust a call, write the condition so that it is true then:
`!has(args.amount) || args.amount > 100`.

```ilk
tool pay(amount?: int in 1..1_000, to: string max 40) { needs money.pay  effect write }

agent payer { model "small"  may money.pay }

policy money {
  permit pay by payer
  forbid pay when has(args.amount) && args.amount > 100   // warning: [fails-open] "does not apply"
}
```

```ilk
tool pay(amount?: int in 1..1_000, to: string max 40) { needs money.pay  effect write }

agent payer { model "small"  may money.pay }

policy money {
  permit pay by payer
  forbid pay when !has(args.amount) || args.amount > 100
}
```

Found where a part of the condition of a `forbid` or `require`, or of the `where` of a promise, that must be true asks
for presence. A pattern that is often a mistake, reported under `--strict`.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.declarations.policies import every_rule
from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import NeverBeforeFacts, NeverUnapprovedFacts
from interlock_dsl.analysis.knowledge.statements import parts
from interlock_dsl.analysis.values.problem import Claim, Outcome
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.tree import Present
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield what restricts only where a value is there."""
    for condition in _restricting(program):
        for part in parts(Claim(condition)):
            asked = part.condition.expression
            if part.outcomes is Outcome.TRUE and isinstance(asked, Present):
                read = f"{asked.operand.span.text}.{asked.field}"
                message = f"this does not apply where `{read}` is absent"
                help = f"if that is no reason to trust a call, write `!has({read}) || ...`"
                yield diagnose("fails-open", message, asked.span, help=help)


def _restricting(program: Examined) -> Iterator[Checked]:
    for rule in every_rule(program.facts):
        if rule.decl.kind in ("forbid", "require", "redact") and rule.when is not None:
            yield rule.when
    for workflow in program.facts.workflows.values():
        for promise in workflow.promises:
            if isinstance(promise, NeverUnapprovedFacts | NeverBeforeFacts) and promise.where is not None:
                yield promise.where
