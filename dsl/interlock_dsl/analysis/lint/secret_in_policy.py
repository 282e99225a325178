"""# secret-in-policy

A text that looks like a key, a token or a password stands in the file: it goes into version control, into the journal
of every run and in front of models. Revoke it, and let the tool's adapter read it from where secrets are kept.

```ilk
agent clerk {
  model "small"
  instructions "use the key sk-abcdefghijklmnopqrstuvwx"   // warning: [secret-in-policy] "looks like a secret"
}

workflow look(id: string) {
  step find by clerk { task "find it"  returns { text: string } }
  end done { text: find.text }

  start -> find
    pass id
  find -> done
}
```

```ilk
agent clerk { model "small"  instructions "use the search of the shop" }

workflow look(id: string) {
  step find by clerk { task "find it"  returns { text: string } }
  end done { text: find.text }

  start -> find
    pass id
  find -> done
}
```

Found by the forms that well-known services give their keys. Certain as far as the form goes.
"""

import re
from collections.abc import Iterator
from typing import Final

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.diagnostics.source import Span

FORMS: Final = re.compile(
    r"\b(?:sk-[A-Za-z0-9_-]{20,}|sk_live_[A-Za-z0-9]{16,}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}"
    r"|AKIA[0-9A-Z]{16}|xox[abprs]-[A-Za-z0-9-]{10,}|AIza[0-9A-Za-z_-]{35}|glpat-[\w-]{20,}"
    r"|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,})|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|://[^\s/:@\"]+:[^\s/:@\"]{6,}@"
)
"""Keys as services write them, signed tokens, private keys, and passwords in addresses."""


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the places that look like secrets."""
    for file in program.files:
        for found in FORMS.finditer(file.source.text):
            yield diagnose(
                "secret-in-policy",
                "this looks like a secret, and everybody who reads the file has it",
                Span(file.source, found.start(), found.end()),
                help="revoke it, and keep the new one where the tool's adapter reads it",
            )
