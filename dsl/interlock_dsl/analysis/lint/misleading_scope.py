"""# misleading-scope

What a scope is called and what it lets its holder do are at odds: a tool that changes something needs only scopes that
are called `read`, or a tool that only reads needs one that is called `write`. Whoever grants `orders.read` means to let
somebody look; whoever has to grant `orders.write` for looking grants more than is needed. Name the scope that fits, or
say which effect the tool has.

```ilk
tool orders.get(id: string) -> { total: int } { needs orders.read  effect read }
tool orders.cancel(id: string) {
  needs orders.read   // warning: [misleading-scope] "`orders.read` lets its holder call `orders.cancel`, a write"
  effect write
}
```

```ilk
tool orders.get(id: string) -> { total: int } { needs orders.read  effect read }
tool orders.cancel(id: string) { needs orders.write  effect write }
```

Found by comparing the last word of each scope (`read`, `view`, `list`; `write`, `edit`, `update`, `create`, `delete`)
with the effect of the tools that need it. Certain for `read` and `write`; a guess for the other words.
"""

from collections.abc import Iterator
from typing import Final

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.diagnostics import Certainty, Diagnostic
from interlock_dsl.diagnostics.report import diagnose

LOOKING: Final = frozenset({"read", "view", "list"})
CHANGING: Final = frozenset({"write", "edit", "update", "create", "delete"})


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the scopes whose name says something else than the tools that need them do."""
    for name, tool in program.facts.tools.items():
        decl = tool.decl
        if decl is None or decl.effect is None or not decl.needs or decl.span.source.name not in program.entries:
            continue
        words = [scope.text.rpartition(".")[2] for scope in decl.needs]
        if tool.effect != "read" and all(word in LOOKING for word in words):
            scope = decl.needs[0]
            what = "a write" if tool.effect == "write" else "an irreversible tool"
            yield diagnose(
                "misleading-scope",
                f"`{scope.text}` lets its holder call `{name}`, {what}",
                scope.span,
                "called a scope for looking",
                help="name a scope for changing, or say `effect read` if the tool changes nothing",
                stated=_certainty(words[0]),
            )
        for scope, word in zip(decl.needs, words, strict=True):
            if tool.effect == "read" and word in CHANGING:
                yield diagnose(
                    "misleading-scope",
                    f"`{name}` only reads, and needs `{scope.text}`",
                    scope.span,
                    "called a scope for changing",
                    help="name a scope for reading, or say which effect the tool has",
                    stated=_certainty(word),
                )


def _certainty(word: str) -> Certainty:
    return Certainty.PROVED if word in ("read", "write") else Certainty.HEURISTIC
