"""# wildcard-tool

A rule permits every tool there is, or will be, to everybody and without a condition: `permit *`. A tool that is added
later is permitted by it too, whatever it does. Name the tools, or their families.

```ilk
tool mail.read() -> { text: string } { needs mail.read  effect read }
tool mail.send(text: string) { needs mail.send  effect write }

policy desk {
  permit *   // warning: [wildcard-tool] "this permits every tool, also those that are added later"
  forbid mail.send when size(args.text) == 0
}
```

```ilk
tool mail.read() -> { text: string } { needs mail.read  effect read }
tool mail.send(text: string) { needs mail.send  effect write }

policy desk {
  permit mail.*
  forbid mail.send when size(args.text) == 0
}
```

Found by looking at the rule. Certain. A `permit *` for one agent is reported under `--strict`.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.diagnostics import Certainty, Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the rules that permit everything."""
    for rule in (rule.decl for _, rules in program.facts.policies.values() for rule in rules):
        if rule.kind != "permit" or rule.when is not None or rule.unless is not None:
            continue
        everybody = rule.agent is None or rule.agent.text == "*"
        for pattern in rule.patterns:
            if pattern.text == "*":
                yield diagnose(
                    "wildcard-tool",
                    "this permits every tool, also those that are added later",
                    pattern.span,
                    help="name the tools, or families of them: `mail.*`",
                    stated=None if everybody else Certainty.HEURISTIC,
                )
