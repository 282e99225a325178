"""# unused-definition

A declaration that nothing in the program uses: a type, an agent, a role or a table that no workflow, policy, tool or
other declaration names. Such a declaration is left over, or the place that should name it names something else. Remove
it, or use it. A tool that nothing calls is not reported: agents may be shown it by its scopes, and services call it.

```ilk
type Order { id: string }

role supervisor { reach "desk" }   // warning: [unused-definition] "the role `supervisor` is used nowhere"

workflow look(order: Order) {
  end done

  start -> done
}
```

```ilk
type Order { id: string }

role supervisor { reach "desk" }

workflow look(order: Order) {
  step decide asks supervisor { question "is this right?"  returns { right: bool }  within 4h }
  end done

  start -> decide
  decide -> done
  decide -> done on expiry
}
```

Found by collecting the names that declarations refer to. Certain. In a program of several files, what another program
may use as well is not reported: only declarations of files that were given, not of those they `use`.
"""

from collections.abc import Iterator
from dataclasses import fields

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.edits import removal
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.syntax.parts import parts
from interlock_dsl.syntax.tree import AgentDecl, File, Ident, RoleDecl, TableDecl, TypeDecl

KINDS = {TypeDecl: "type", AgentDecl: "agent", RoleDecl: "role", TableDecl: "table"}


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the declarations that are used nowhere."""
    used = {name for file in program.files for name in _names(file)}
    used |= {name for use in program.declarations.uses for name in _inside(use.policy.rules)}
    for file in program.files:
        if file.source.name not in program.entries:
            continue
        for decl in file.declarations:
            if isinstance(decl, TypeDecl | AgentDecl | RoleDecl | TableDecl) and decl.name.text not in used:
                message = f"the {KINDS[type(decl)]} `{decl.name.text}` is used nowhere"
                edits = (removal(decl.span, block=True),)
                yield diagnose("unused-definition", message, decl.name.span, help="remove it, or use it", edits=edits)


def _names(file: File) -> Iterator[str]:
    """Yield every name in a file but those that declarations have themselves."""
    for decl in file.declarations:
        for field in fields(decl):
            if field.name != "name":
                yield from _inside(getattr(decl, field.name))


def _inside(value: object) -> Iterator[str]:
    if isinstance(value, Ident):
        yield value.text
        return
    for part in parts(value):
        yield from _inside(part)
