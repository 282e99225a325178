"""# unusable-permit

A rule permits an agent what the agent may never hold: its `may` lacks a scope that the tool needs, so the call is
denied all the same. Either the rule names the wrong agent or tool, or the agent lacks a scope.

```ilk
tool mail.send(text: string) { needs mail.send  effect write }
tool mail.read() -> { text: string } { needs mail.read  effect read }

agent postman { model "small"  may mail.read }

policy desk {
  permit mail.read by postman
  permit mail.send by postman   // warning: [unusable-permit] "so this permits nothing"
}
```

```ilk
tool mail.send(text: string) { needs mail.send  effect write }
tool mail.read() -> { text: string } { needs mail.read  effect read }

agent postman { model "small"  may mail.read, mail.send }

policy desk {
  permit mail.* by postman
}
```

Found by comparing the scopes of the tools that the rule is about with what the agent may hold. Certain. A rule for a
family of tools is reported if the agent may call none of them.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.declarations.policies import matches
from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose, listed


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the permits by which an agent can call nothing."""
    facts = program.facts
    for rule in (rule.decl for _, rules in facts.policies.values() for rule in rules if rule.decl.kind == "permit"):
        agent = None if rule.agent is None else facts.agents.get(rule.agent.text)
        if agent is None:
            continue
        may = {scope.text for scope in agent.may}
        for pattern in rule.patterns:
            tools = [tool for tool in facts.tools.values() if matches(pattern.text, tool.name)]
            if tools and all(tool.needs - may for tool in tools):
                lacking = sorted(frozenset[str].union(*(tool.needs - may for tool in tools)))
                yield diagnose(
                    "unusable-permit",
                    f"`{agent.name.text}` may not hold {listed(lacking)}, so this permits nothing",
                    pattern.span,
                    "",
                    Label(agent.name.span, "declared here"),
                    help=f"let the agent hold it: `may {', '.join(lacking)}`, or remove the rule",
                )
