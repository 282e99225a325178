"""# unrelated-scope

A tool needs, besides a scope of its own, one that another tool is called with, and no other tool of the program needs
more than one. Whoever is to call the first has to be granted what the second is called with, and may call that as well.

```ilk
tool mail.read(id: string) -> { text: string } { needs mail.read  effect read }
tool notes.get(id: string) -> { text: string } { needs notes.read  effect read }
tool accounts.close(id: string) {
  needs accounts.write, mail.read   // warning: [unrelated-scope] "whoever may call `accounts.close` may"
  effect irreversible
  idempotent by id
}
```

```ilk
tool mail.read(id: string) -> { text: string } { needs mail.read  effect read }
tool notes.get(id: string) -> { text: string } { needs notes.read  effect read }
tool accounts.close(id: string) {
  needs accounts.write
  effect irreversible
  idempotent by id
}
```

Found by comparing what the tools need: the second scope is all that a tool of another family (`mail.*`, `accounts.*`)
needs. Certain as far as it goes; where a call takes both on purpose, let it have a scope of its own.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose

OTHERS = 2
"""How many other tools there must be."""


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the scopes of other tools that a single tool needs besides its own."""
    declared = [(tool, tool.decl) for tool in program.facts.tools.values() if tool.decl is not None and tool.decl.needs]
    several = [(tool, decl) for tool, decl in declared if len(tool.needs) > 1]
    if len(several) != 1 or len(declared) <= OTHERS:
        return
    ((tool, decl),) = several
    if decl.span.source.name not in program.entries:
        return
    for scope in decl.needs[1:]:
        others = [(each, it) for each, it in declared if each.needs == {scope.text} and not _akin(each.name, tool.name)]
        if others:
            other, its = others[0]
            yield diagnose(
                "unrelated-scope",
                f"whoever may call `{tool.name}` may call `{other.name}` as well",
                scope.span,
                "",
                Label(its.needs[0].span, f"all that `{other.name}` needs"),
                help="remove it, or let the tool have one scope of its own",
            )


def _akin(one: str, other: str) -> bool:
    return one.rpartition(".")[0] == other.rpartition(".")[0]
