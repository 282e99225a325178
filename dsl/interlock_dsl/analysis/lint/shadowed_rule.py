"""# shadowed-rule

A rule of a policy that changes nothing: wherever it applies, another rule has decided already. It repeats a rule, is
narrower than one of its kind, asks for an approval of what is forbidden, or limits what another limit keeps lower.
Remove it, or change the one that is wrong.

```ilk
tool payments.send(cents: int in 1..10_000) { needs payments.write  effect write }

policy desk {
  forbid payments.send
    when args.cents > 5_000
  forbid payments.send
    when args.cents > 8_000   // warning: [shadowed-rule] "this `forbid` changes nothing"
}
```

```ilk
tool payments.send(cents: int in 1..10_000) { needs payments.write  effect write }

role boss { reach "boss" }

policy desk {
  forbid payments.send
    when args.cents > 8_000
  require approval by boss for payments.send
    when args.cents > 5_000
}
```

Found by asking, for each tool that the rule is about, for a call to which it applies and the other does not. Certain.
Rules of which this cannot be decided are not reported. A `permit` inside a `forbid` is `overridden-permit`.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import RuleFacts
from interlock_dsl.analysis.knowledge.wording import conditions
from interlock_dsl.analysis.reasoning.rules import Applied, Rules, covers_agents
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the rules that others make superfluous."""
    rules = program.rules
    order = {rule.id: at for at, rule in enumerate(rules.all)}
    for rule in rules.all:
        if program.of_pack(conditions(rule)):
            continue
        known = rules.known(rule)
        by = None if known is None else _shadowing(rules, rule, known, order)
        if by is not None:
            yield _finding(rule, by)


def _finding(rule: RuleFacts, by: RuleFacts) -> Diagnostic:
    kind, other = rule.decl.kind, by.decl.kind
    why = f"the `{other}` applies wherever it does" if kind == other else f"all of it is under a `{other}`"
    label = Label(conditions(by), "this one decides")
    help = "remove it, or change the one that is wrong"
    return diagnose("shadowed-rule", f"this `{kind}` changes nothing: {why}", conditions(rule), "", label, help=help)


def _shadowing(rules: Rules, rule: RuleFacts, known: tuple[Applied, ...], order: dict[str, int]) -> RuleFacts | None:
    """Return a rule that makes another superfluous; of two that do the same, the later is."""
    if all(map(rules.never, known)):
        return None
    for other in rules.all:
        if other is rule or not _stronger(other, rule) or not covers_agents(other, rule):
            continue
        if not _covers(rules, other, known) or rules.unmeant(other):
            continue
        own = rules.known(other)
        mutual = own is not None and _stronger(rule, other) and covers_agents(rule, other) and _covers(rules, rule, own)
        if not mutual or order[other.id] < order[rule.id]:
            return other
    return None


def _covers(rules: Rules, wide: RuleFacts, narrow: tuple[Applied, ...]) -> bool:
    by_tool = rules.by_tool[wide.id]
    return all((other := by_tool.get(one.tool.name)) is not None and rules.covers(other, one) for one in narrow)


def _stronger(strong: RuleFacts, weak: RuleFacts) -> bool:
    """Say whether a rule, where both apply, leaves another without effect."""
    one, other = strong.decl, weak.decl
    match one.kind, other.kind:
        case ("forbid", "forbid" | "require" | "limit") | ("permit", "permit"):
            return True
        case "redact", "redact":
            return all(any(_inside(field.text, wide.text) for wide in one.fields) for field in other.fields)
        case "notify", "notify":
            return one.role is not None and other.role is not None and one.role.text == other.role.text
        case "require", "require":
            same = one.role is not None and other.role is not None and one.role.text == other.role.text
            return same and _deadline(weak) >= _deadline(strong)
        case "limit", "limit":
            same = _tools(strong) == _tools(weak) and strong.counts == weak.counts
            return same and _kept(strong) <= _count(weak, strong)
        case _:
            return False


def _inside(field: str, wide: str) -> bool:
    return f"{field}.".startswith(f"{wide}.")


def _deadline(rule: RuleFacts) -> float:
    return float("inf") if rule.decl.within is None else rule.decl.within.micros


def _tools(rule: RuleFacts) -> frozenset[str]:
    return frozenset(pattern.text for pattern in rule.decl.patterns)


def _kept(rule: RuleFacts) -> int:
    return rule.decl.count or 0


def _count(weak: RuleFacts, strong: RuleFacts) -> float:
    """Return how many calls, or how much, in the period of a strong limit a weak one lets through at least."""
    if weak.decl.period is None or strong.decl.period is None:
        return -1
    periods = -(-weak.decl.period.micros // strong.decl.period.micros)
    return (weak.decl.count or 0) / periods
