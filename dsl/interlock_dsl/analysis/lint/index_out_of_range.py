"""# index-out-of-range

An item of a list, or a part of a text, that may not be there: the first of what may be empty, the third of what may
have two. The expression has no value then, so that the step fails. Ask for the size first, or use
`list[?0].orValue(x)`.

```ilk
workflow first(names: list<string> max 5) {
  step pick sets { name: names[0] }   // error: [index-out-of-range] "an item that is not there"
  end done { name: pick.name }

  start -> pick
  pick -> done
}
```

```ilk
workflow first(names: list<string> max 5) {
  step pick sets { name: names[?0].orValue("nobody") }
  end done { name: pick.name }

  start -> pick
  pick -> done
}
```

Found by asking for values, allowed by everything that is certain on the way, with which there is no such item. Reported
with these values. The conditions of routes are looked at by `condition-may-error`.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.evidence import failures
from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.diagnostics import Diagnostic

CODES = frozenset({"no-such-index"})


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield what reads an item that may not be there."""
    help = "ask for the size first, or read it with `[?...]` and `orValue`"
    yield from failures(program, "index-out-of-range", CODES, "can read an item that is not there", help)
