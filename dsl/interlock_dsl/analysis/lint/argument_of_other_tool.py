"""# argument-of-other-tool

A rule concerns several tools, and its condition reads an argument that only some of them have. Of a call of the others
the condition has no value, so that the rule decides it whatever its arguments are: a `forbid` forbids every call, a
`require` asks for every call, a `permit` permits none, and a `limit` whose amount or key it is denies every call. Name
the tools that have the argument, or ask `has(...)` first.

```ilk
tool refunds.issue(amount: int) -> { id: string } { needs refunds.write  effect write }
tool refunds.void(receipt: string) { needs refunds.write  effect write }

policy desk {
  forbid refunds.*   // warning: [argument-of-other-tool] "`refunds.void` has no argument `amount`: every call of it"
    when args.amount > 100_000
}
```

```ilk
tool refunds.issue(amount: int) -> { id: string } { needs refunds.write  effect write }
tool refunds.void(receipt: string) { needs refunds.write  effect write }

policy desk {
  forbid refunds.issue when args.amount > 100_000
}
```

Found by comparing the arguments that a condition reads with the parameters of the tools that its rule concerns.
Certain. Nothing is said of a condition that asks which tool is called, or whether the argument is there.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.declarations.policies import concerns
from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.expressions import walk
from interlock_dsl.analysis.facts import Facts, RuleFacts
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.tree import Expression, Name, Present, Select
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose, listed

COMES_TO = {
    "forbid": "is forbidden", "require": "needs the approval", "permit": "is not permitted by it", "limit": "is denied",
}  # fmt: skip


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the rules that read arguments which some of their tools do not have."""
    facts = program.facts
    for _, rules in facts.policies.values():
        for rule in rules:
            if rule.decl.span.source.name not in program.entries or rule.decl.kind not in COMES_TO:
                continue
            for tool, missing in _missing(rule, facts):
                yield diagnose(
                    "argument-of-other-tool",
                    f"`{tool}` has no argument {listed(missing)}: every call of it {COMES_TO[rule.decl.kind]}",
                    rule.decl.patterns[0].span.to(rule.decl.patterns[-1].span),
                    help="name the tools that have the argument",
                )


def _missing(rule: RuleFacts, facts: Facts) -> Iterator[tuple[str, list[str]]]:
    """Yield the tools that a rule concerns without having an argument that others have, and that argument."""
    parts = [] if rule.when is None else list(walk(rule.when.expression))
    if any(isinstance(part, Present) or (isinstance(part, Name) and part.name == "tool") for part in parts):
        return
    if rule.decl.kind == "limit":  # its condition without a value only has it apply
        counted = [rule.amount, *(key for key in rule.keys if isinstance(key, Checked))]
        parts = [part for each in counted if each is not None for part in walk(each.expression)]
        if any(isinstance(part, Present) for part in parts):
            return
    read = dict.fromkeys(part.field for part in parts if isinstance(part, Select) and _is_args(part.operand))
    concerned = [tool for tool in facts.tools.values() if tool.decl is not None and concerns(rule.decl, tool.name)]
    for tool in concerned:
        missing = [
            name
            for name in read
            if name not in tool.parameters.fields and any(name in other.parameters.fields for other in concerned)
        ]
        if missing:
            yield tool.name, missing


def _is_args(node: Expression) -> bool:
    return isinstance(node, Name) and node.name == "args"
