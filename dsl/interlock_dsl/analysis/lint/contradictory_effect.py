"""# contradictory-effect

A tool says `effect read`, and its declaration or another one treats it as a tool that changes something: it has an
`idempotent by`, or it is the undo of another. What only reads can be called again without a key, and undoes nothing. If
the tool changes something after all, `effect read` lets its calls be repeated without care, and leaves out what is
asked of writes.

```ilk
tool seats.hold(flight: string) -> { id: string } {
  needs seats.hold
  effect read
  idempotent by flight   // warning: [contradictory-effect] "`seats.hold` only reads, and has a key"
}
```

```ilk
tool seats.hold(flight: string) -> { id: string } {
  needs seats.hold
  effect write
  idempotent by flight
}
```

Found by looking at the declarations. Certain.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield what says that a tool changes something which says that it only reads."""
    tools = program.facts.tools
    for name, tool in tools.items():
        decl = tool.decl
        if decl is None or decl.effect is None or decl.span.source.name not in program.entries:
            continue
        help = "say `effect write` or `effect irreversible`, or remove this"
        if tool.effect == "read" and tool.key is not None:
            text = f"`{name}` only reads, and has a key"
            yield diagnose("contradictory-effect", text, tool.key.expression.span, "of no use to a read", help=help)
        undo = None if tool.undo is None else tools.get(tool.undo.tool)
        if undo is not None and undo.decl is not None and undo.effect == "read" and tool.effect != "read":
            text = f"`{undo.name}` only reads, and is to undo `{name}`"
            yield diagnose("contradictory-effect", text, undo.decl.name.span, "an undo changes something", help=help)
