"""# irreversible-without-idempotency

A tool whose effect cannot be taken back has no `idempotent by`. When the answer to a call is lost, nobody can tell
whether it happened: it cannot be made again, and the run has to be looked at by a person. With a key, a call that is
made again is recognised by the tool and happens once. Say by which arguments a call is recognised.

```ilk
tool money.send(   // warning: [irreversible-without-idempotency] "a call of `money.send` whose answer is lost"
  to: string,
  cents: int
) { needs money.write  effect irreversible }

workflow pay(to: string, cents: int) {
  step send calls money.send(to: to, cents: cents)
  end done

  start -> send
    grant money.write
  send -> done
}
```

```ilk
tool money.send(to: string, cents: int) {
  needs money.write
  effect irreversible
  idempotent by to + "/" + string(cents)
}

workflow pay(to: string, cents: int) {
  step send calls money.send(to: to, cents: cents)
  end done

  start -> send
    grant money.write
  send -> done
}
```

Found by looking at the declaration. Certain.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the irreversible tools without a key."""
    for name, tool in program.facts.tools.items():
        decl = tool.decl
        if decl is None or decl.effect is None or tool.effect != "irreversible" or tool.key is not None:
            continue
        if decl.span.source.name in program.entries:
            yield diagnose(
                "irreversible-without-idempotency",
                f"a call of `{name}` whose answer is lost is never made again",
                decl.name.span,
                "irreversible, without a key",
                help="add `idempotent by ...` with what tells one call from another",
            )
