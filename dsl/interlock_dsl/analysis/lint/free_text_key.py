"""# free-text-key

A limit is for each value of a text that is no enum, such as `for each args.account`. Texts are told apart exactly, and
a model may spell the same account in another way: another spelling is another account, with a limit of its own. Limit
each principal or all calls together as well, take an enum or a number as the key, or let the tool refuse every spelling
but one.

```ilk
tool money.send(account: string max 34, cents: int in 1..1_000_000) { needs money.send  effect write }
agent teller { model "small"  may money.send }

policy desk {
  permit money.send by teller
  limit money.send to 4 per 1h for each args.account   // warning: [free-text-key] "another spelling is another account"
}
```

```ilk
tool money.send(account: int in 0..99_999_999, cents: int in 1..1_000_000) { needs money.send  effect write }
agent teller { model "small"  may money.send }

policy desk {
  permit money.send by teller
  limit money.send to 4 per 1h for each args.account
}
```

Found by the types of the arguments that a key reads. Possible, since the tool may know only one spelling; reported
under `--strict`.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.declarations.policies import concerns
from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.expressions import walk
from interlock_dsl.analysis.facts import Facts, RuleFacts
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.tree import Name, Select
from interlock_dsl.cel.types import DYN, StringType
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the keys of limits that are made of a text without a list of its values."""
    facts = program.facts
    for rule in (rule for _, rules in facts.policies.values() for rule in rules):
        for key in rule.keys:
            if isinstance(key, Checked) and _free(key, rule, facts):
                span = key.expression.span
                message = f"`{span.text}` may be spelled freely: another spelling is another account"
                help = "limit each principal or all calls as well, or make it an enum or a number"
                yield diagnose("free-text-key", message, span, help=help)


def _free(key: Checked, rule: RuleFacts, facts: Facts) -> bool:
    """Say whether a key is a text, or may be one, that is made of a text which is no enum."""
    if key.type != DYN and not (isinstance(key.type, StringType) and key.type.values is None):
        return False
    read = {
        node.field
        for node in walk(key.expression)
        if isinstance(node, Select) and isinstance(node.operand, Name) and node.operand.name == "args"
    }
    fields = [
        tool.parameters.fields[name].type
        for tool in facts.tools.values()
        if concerns(rule.decl, tool.name)
        for name in read & tool.parameters.fields.keys()
    ]
    return any(isinstance(type, StringType) and type.values is None for type in fields)
