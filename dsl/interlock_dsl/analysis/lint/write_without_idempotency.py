"""# write-without-idempotency

A tool that writes has no `idempotent by` where a reader expects one: it undoes a tool that has a key, or is undone by
one that has, or every other tool of the program that changes something has one. When the answer to a call without a key
is lost, nobody can tell whether it happened: it is not made again, not even when the run goes on after a crash.

```ilk
tool seats.hold(flight: string) -> { id: string } {
  needs seats.write
  effect write
  idempotent by flight
  undo seats.release(hold: result.id)
}

tool seats.release(hold: string) {   // warning: [write-without-idempotency] "`seats.release` has no key, unlike"
  needs seats.write
  effect write
}
```

```ilk
tool seats.hold(flight: string) -> { id: string } {
  needs seats.write
  effect write
  idempotent by flight
  undo seats.release(hold: result.id)
}

tool seats.release(hold: string) {
  needs seats.write
  effect write
  idempotent by hold
}
```

Found by comparing the declarations of the tools that change something. Certain for a tool and its undo. That the others
have a key is reported where there are three others and no second one without, with two others under `--strict`: a tool
may need none. Irreversible tools are asked for a key in any case: `irreversible-without-idempotency`.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.diagnostics import Certainty, Diagnostic
from interlock_dsl.diagnostics.report import diagnose, listed

MOST = 3
"""How many other tools with a key make a pattern."""


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the tools that write without a key, unlike the others."""
    tools = {name: tool for name, tool in program.facts.tools.items() if tool.decl is not None and tool.decl.effect}
    changing = [name for name, tool in tools.items() if tool.effect != "read"]
    without = [name for name in changing if tools[name].key is None]
    keyed = [name for name in changing if tools[name].key is not None]
    for name in without:
        decl = tools[name].decl
        if decl is None or tools[name].effect != "write" or decl.span.source.name not in program.entries:
            continue
        undone = [other for other in keyed if (undo := tools[other].undo) is not None and undo.tool == name]
        back = tools[name].undo
        undoing = [] if back is None else [other for other in keyed if other == back.tool]
        like = undone or undoing or (keyed if without == [name] and len(keyed) > 1 else [])
        if like:
            what = "which it undoes" if undone else "which undoes it" if undoing else "the others that change something"
            yield diagnose(
                "write-without-idempotency",
                f"`{name}` has no key, unlike {listed(like)}, {what}",
                decl.name.span,
                "a call whose answer is lost is never made again",
                help="add `idempotent by ...` with what tells one call from another",
                stated=Certainty.PROVED if undone or undoing or len(keyed) >= MOST else Certainty.HEURISTIC,
            )
