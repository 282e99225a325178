"""# unproved-promise

It was neither proved that every run of the workflow keeps a promise, nor was a run found that breaks it. The promise is
kept while a run proceeds all the same. Reported under `--strict`.

```ilk
tool archive.store(text: string) { needs archive.write  effect write }
agent writer { model "large" }

workflow note(text: string max 100) {
  step draft by writer { task "write it up"  returns { text: string max 50 } }
  step keep calls archive.store(text: draft.text)
  end kept

  start -> draft
    pass text
  draft -> keep
    grant archive.write
  keep -> kept

  always draft.text.trim() == "" // warning: [unproved-promise] "neither proved nor refuted"
    || draft.text.trim().substring(0, 1) != ""
}
```

```ilk
tool archive.store(text: string) { needs archive.write  effect write }
agent writer { model "large" }

workflow note(text: string max 100) {
  step draft by writer { task "write it up"  returns { text: string max 50 } }
  step keep calls archive.store(text: draft.text)
  end kept

  start -> draft
    pass text
  draft -> keep
    grant archive.write
  keep -> kept

  always size(draft.text) <= 50
}
```

Found as `broken-promise` is: what is beyond the reasoner, or its limit, leaves a promise open. Unknown.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.promises.judgement import State
from interlock_dsl.diagnostics import Certainty, Diagnostic, Label


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the promises that were neither proved nor refuted."""
    for judged in program.judgements:
        if judged.state is State.UNKNOWN:
            message = f"the promise is neither proved nor refuted: {judged.reason}"
            labels = (Label(judged.promise.decl.span),)
            yield Diagnostic("unproved-promise", message, labels, stated=Certainty.UNKNOWN)
