"""# wider-permit

A `permit` for a tool that changes something leaves out what every other `permit` of the program says: for which agent
it is (`by`), or on which condition (`when`), or names a whole family of which there is one tool (`money.*`) where the
others name theirs. It permits every agent what the others permit one, every call what they permit some, or what is
declared later.

```ilk
tool mail.send(to: string max 80) { needs mail.write  effect write }
tool notes.add(text: string max 80) { needs notes.write  effect write }
tool money.send(cents: int in 1..10_000) { needs money.write  effect irreversible  idempotent by cents }
agent clerk { may mail.write, notes.write, money.write }

policy desk {
  permit mail.send by clerk
  permit notes.add by clerk
  permit money.send   // warning: [wider-permit] "every agent may call `money.send`: the other permits say which"
}
```

```ilk
tool mail.send(to: string max 80) { needs mail.write  effect write }
tool notes.add(text: string max 80) { needs notes.write  effect write }
tool money.send(cents: int in 1..10_000) { needs money.write  effect irreversible  idempotent by cents }
agent clerk { may mail.write, notes.write, money.write }

policy desk {
  permit mail.send by clerk
  permit notes.add by clerk
  permit money.send by clerk
}
```

Found by comparing the permits of all policies, where there are at least two others and they agree. What stands there
is certain; whether it is meant is not known: `by *` says that every agent is meant, `when true` every call.
"""

from collections.abc import Iterator, Sequence

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import RuleFacts
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose, listed

OTHERS = 2
"""How many other permits there must be."""


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the permits for more than what all the others are for."""
    rules = program.rules
    permits = [rule for rule in rules.all if rule.decl.kind == "permit"]
    if len(permits) <= OTHERS:
        return
    for rule in permits:
        others = [each for each in permits if each is not rule]
        tools = [tool.name for tool in rules.tools(rule) if tool.effect != "read"]
        if not tools or rule.decl.span.source.name not in program.entries:
            continue
        if rule.decl.agent is None and all(each.decl.agent is not None for each in others):
            message = f"every agent may call {listed(tools)}: the other permits say which"
            yield _finding(message, rule, others, "add `by AGENT`, or `by *` if all are meant")
        if _unconditional(rule) and not any(map(_unconditional, others)):
            message = f"{listed(tools)} may be called on no condition: the other permits have one"
            yield _finding(message, rule, others, "add a `when`")
        if len(tools) == 1 and len(list(rules.tools(rule))) == 1 and _family(rule) and not any(map(_family, others)):
            message = f"`{rule.decl.patterns[0].text}` is `{tools[0]}` alone: the other permits name their tools"
            yield _finding(message, rule, others, f"write `{tools[0]}`, so that no tool is permitted that comes later")


def _family(rule: RuleFacts) -> bool:
    return any(pattern.text.endswith("*") for pattern in rule.decl.patterns)


def _unconditional(rule: RuleFacts) -> bool:
    return rule.when is None and rule.unless is None


def _finding(message: str, rule: RuleFacts, others: Sequence[RuleFacts], help: str) -> Diagnostic:
    label = Label(others[0].decl.patterns[0].span, "as this one does")
    return diagnose("wider-permit", message, rule.decl.patterns[0].span, "", label, help=help)
