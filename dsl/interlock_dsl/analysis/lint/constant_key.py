"""# constant-key

The key by which a tool recognises a call that is made again is the same for every call: `idempotent by` reads none of
the parameters. The tool takes the second call for the first one made again and does nothing. Build the key from what
tells one call from another.

```ilk
tool money.send(to: string, cents: int) {
  needs money.write
  effect irreversible
  idempotent by "payment"   // warning: [constant-key] "every call of `money.send` has the same key"
}
```

```ilk
tool money.send(to: string, cents: int) {
  needs money.write
  effect irreversible
  idempotent by to + "/" + string(cents)
}
```

Found by collecting what the key reads. Certain.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.expressions import free_names
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose, listed


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the keys that are the same for every call."""
    for name, tool in program.facts.tools.items():
        if tool.key is None or not tool.parameters.fields:
            continue
        if not any(read.name in tool.parameters.fields for read in free_names(tool.key.expression)):
            message = f"every call of `{name}` has the same key, so the second one does nothing"
            help = f"build it from {listed(tool.parameters.fields, 'or')}"
            yield diagnose("constant-key", message, tool.key.expression.span, help=help)
