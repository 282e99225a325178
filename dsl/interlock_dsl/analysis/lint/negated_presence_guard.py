"""# negated-presence-guard

Something is given because a value is absent: a grant, a permit, or a route that grants. Whoever can leave the value
out gets it. Ask for a value that says so instead.

```ilk
tool pay(amount: int in 1..1_000, flag?: bool) { needs money.pay  effect write }

agent payer { model "small"  may money.pay }

policy money {
  permit pay by payer when !has(args.flag)   // warning: [negated-presence-guard] "given because `args.flag` is absent"
}
```

```ilk
tool pay(amount: int in 1..1_000, flag?: bool) { needs money.pay  effect write }

agent payer { model "small"  may money.pay }

policy money {
  permit pay by payer when has(args.flag) && !args.flag
}
```

Found where a part of the condition of a `permit`, of a grant, or of a route that grants asks for absence and must be
true. A pattern that is often a mistake, reported under `--strict`.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.knowledge.statements import parts
from interlock_dsl.analysis.values.problem import Claim, Outcome
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.tree import Present
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield what is given because a value is absent."""
    for condition in _giving(program):
        for part in parts(Claim(condition)):
            asked = part.condition.expression
            if part.outcomes is Outcome.FALSE and isinstance(asked, Present):
                message = f"this is given because `{asked.operand.span.text}.{asked.field}` is absent"
                yield diagnose("negated-presence-guard", message, asked.span, help="ask for a value that says so")


def _giving(program: Examined) -> Iterator[Checked]:
    for _, rules in program.facts.policies.values():
        for rule in rules:
            if rule.decl.kind == "permit" and rule.when is not None:
                yield rule.when
    for workflow in program.facts.workflows.values():
        for route in workflow.routes:
            if route.when is not None and route.grants:
                yield route.when
            for grant in route.grants:
                if grant.where is not None:
                    yield grant.where
