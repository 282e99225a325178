"""# unformatted

A file is not in the one format. Where every file is, a change shows what was changed and nothing else.

```ilk
role lead {reach "leads"}   // warning: [unformatted] "the file is not in the one format"
agent clerk { may mail.send }
tool mail.send(id: string) {
  needs mail.send
  effect write
}

policy desk {
  require approval by lead for mail.send
}
```

```ilk
role lead { reach "leads" }

agent clerk {
  may mail.send
}

tool mail.send(id: string) {
  needs mail.send
  effect write
}

policy desk {
  require approval by lead for mail.send
}
```

Found by formatting the file; the first line that would be another is shown. Certain. Reported under `--strict`.
`interlock fmt` writes the file in the format, and so does `interlock fix --strict`.
"""

from collections.abc import Iterator
from itertools import zip_longest

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.diagnostic import Edit
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.diagnostics.source import Source, Span


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the files that are not in the one format, where somebody can format them."""
    for file in program.files:
        text, source = file.source.text, file.source
        if program.format is None or not program.quiet or source.name not in program.entries:
            continue
        formatted = program.format(text)
        if formatted == text:
            continue
        yield diagnose(
            "unformatted",
            "the file is not in the one format",
            _first(source, formatted),
            "the first line that would be another",
            help="write it with `interlock fmt`",
            edits=(Edit(Span(source, 0, len(text)), formatted),),
        )


def _first(source: Source, formatted: str) -> Span:
    """Return the first line of a text that is another one in the format."""
    start = 0
    for line, other in zip_longest(source.text.splitlines(keepends=True), formatted.splitlines(keepends=True)):
        if line != other or line is None:
            return Span(source, start, start + len((line or "").rstrip("\r\n")))
        start += len(line)
    return Span(source, start, start)
