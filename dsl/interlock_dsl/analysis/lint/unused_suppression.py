"""# unused-suppression

A comment that allows a finding which is not there, which cannot be allowed, or whose code does not exist. What it was
written for was put right, or it stands on another line; left in place it would hide the next finding there. Remove it.

`// interlock: allow CODE because "reason"` allows findings of a code (or of several, with commas) on its line, or, on a
line of its own, on the next line that is not a comment; `allow CODE in file because "reason"` in the whole file.
Warnings and findings of lint can be allowed, errors of the language cannot.

```ilk
type Order { id: string }

// interlock: allow unused-definition because "for later"   // warning: [unused-suppression] "nothing here is reported"
workflow look(order: Order) {
  end done { id: order.id }

  start -> done   // interlock: alow unused-definition   // warning: [unused-suppression] "this comment allows nothing"
}
```

```ilk
// interlock: allow unused-definition because "the desk comes next"
role supervisor { reach "desk" }

workflow look(id: string) {
  end done { id: id }

  start -> done
}
```

Found by running every rule. Certain.
"""

import re
from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.examination.suppressions import allowable, suppressions
from interlock_dsl.diagnostics import CODES, Diagnostic
from interlock_dsl.diagnostics.edits import removal, respelt
from interlock_dsl.diagnostics.report import diagnose, instead
from interlock_dsl.diagnostics.source import Span

CODE = "unused-suppression"
FORM = 'write `// interlock: allow CODE because "reason"`'


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the comments, of files that were given, that allow nothing."""
    for each in suppressions(file for file in program.files if file.source.name in program.entries):
        if not each.codes:
            yield diagnose(CODE, "this comment allows nothing: it cannot be read", each.span, help=FORM)
        for code in each.codes if each.reason or not each.codes else ():
            if code not in CODES:
                said = f"this comment allows nothing: there is no code `{code}`"
                near = instead(code, CODES)
                yield diagnose(CODE, said, each.span, help=near, edits=respelt(code, CODES, _place(code, each.span)))
            elif not allowable(code):
                yield diagnose(
                    CODE, f"`{code}` is an error of the language or about a promise, which cannot be allowed", each.span
                )
            elif not any(each.allows(found) and found.code == code for found in program.found):
                where = "in this file" if each.line is None else "here"
                edits = (removal(each.span),) if len(each.codes) == 1 else ()
                said = f"nothing {where} is reported as `{code}`"
                yield diagnose(CODE, said, each.span, help="remove it", edits=edits)


def _place(code: str, comment: Span) -> Span:
    """Return where a code stands in a comment."""
    found = re.search(rf"(?<![a-z-]){code}(?![a-z-])", comment.text)
    at = comment.start + (found.start() if found is not None else 0)
    return Span(comment.source, at, at + len(code))
