"""# unused-definition

A declaration that nothing in the program uses: a type, an agent, a role, a table or a constant that no workflow,
policy, tool or other declaration names, and a field of the context that no condition reads. Such a declaration is left
over, or the place that should name it names something else. Remove it, or use it. A tool that nothing calls is not
reported: agents may be shown it by its scopes, and services call it.

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

```ilk
context {
  risk: enum("low", "high")
  channel: string                      // warning: [unused-definition] "the context field `channel` is read nowhere"
}

let cap = 100
let limit = 50                         // warning: [unused-definition] "the constant `limit` is used nowhere"

tool pay.send(cents: int in 0..1_000) { needs pay.write  effect write  idempotent by cents }

policy desk {
  permit pay.send when args.cents <= cap && context.risk == "low"
}
```

Found by collecting the names that declarations refer to. Certain. In a program of several files, what another program
may use as well is not reported: only declarations of files that were given, not of those they `use`.
"""

from collections.abc import Iterator
from dataclasses import fields

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.examination.names import names_in
from interlock_dsl.cel.tree import Name, Present, Select
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.edits import removal
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.syntax.parts import parts
from interlock_dsl.syntax.tree import (
    AgentDecl,
    ContextDecl,
    File,
    LetDecl,
    RoleDecl,
    TableDecl,
    TypeDecl,
)

KINDS = {TypeDecl: "type", AgentDecl: "agent", RoleDecl: "role", TableDecl: "table", LetDecl: "constant"}


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the declarations that are used nowhere."""
    own = [decl for file in program.files if file.source.name in program.entries for decl in file.declarations]
    named = [decl for decl in own if isinstance(decl, TypeDecl | AgentDecl | RoleDecl | TableDecl | LetDecl)]
    used = _used(program) if named else set()
    for decl in own:
        if isinstance(decl, ContextDecl):
            yield from _unread(decl, program)
    for decl in named:
        if decl.name.text not in used:
            message = f"the {KINDS[type(decl)]} `{decl.name.text}` is used nowhere"
            edits = (removal(decl.span, block=True),)
            yield diagnose("unused-definition", message, decl.name.span, help="remove it, or use it", edits=edits)


def _used(program: Examined) -> set[str]:
    used = {name for file in program.files for name in _names(file)}
    return used | {name for use in program.declarations.uses for name in names_in(use.policy.rules)}


def _unread(decl: ContextDecl, program: Examined) -> Iterator[Diagnostic]:
    """Yield the fields of the context that are read nowhere; all count as read where the whole is."""
    read = {name for file in program.files for each in file.declarations for name in _context_fields(each)}
    for field in decl.fields:
        if field.name.text not in read and "" not in read:
            message = f"the context field `{field.name.text}` is read nowhere"
            yield diagnose("unused-definition", message, field.name.span, help="remove it, or use it")


def _context_fields(value: object) -> Iterator[str]:
    match value:
        case Select(operand=Name(name="context"), field=field) | Present(operand=Name(name="context"), field=field):
            yield field
            return
        case Name(name="context"):
            yield ""
            return
    for part in parts(value):
        yield from _context_fields(part)


def _names(file: File) -> Iterator[str]:
    """Yield every name in a file but those that declarations have themselves."""
    for decl in file.declarations:
        for field in fields(decl):
            if field.name != "name":
                yield from names_in(getattr(decl, field.name))
