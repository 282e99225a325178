"""# repeated-name

A name stands twice in one list: a scope in `may`, `needs` or a `grant`, a tool in a rule, or a tool that a pattern in
the same rule covers. The second says nothing. Often another name was meant there.

```ilk
tool mail.read(id: string) -> { text: string } { needs mail.read  effect read }
tool mail.send(id: string) { needs mail.send  effect write }
agent clerk {
  may mail.read, mail.read   // warning: [repeated-name] "`mail.read` is in this list already"
}

policy desk {
  permit mail.send, mail.send by clerk   // warning: [repeated-name] "`mail.send` is in this list already"
}
```

```ilk
tool mail.read(id: string) -> { text: string } { needs mail.read  effect read }
tool mail.send(id: string) { needs mail.send  effect write }
agent clerk {
  may mail.read, mail.send
}

policy desk {
  permit mail.read, mail.send by clerk
}
```

Found by comparing the names of each list. Certain. `interlock fix` removes the second one.
"""

from collections.abc import Iterator
from types import NoneType
from typing import get_args

from interlock_dsl.analysis.declarations.policies import matches
from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.cel.tree import Expression
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.diagnostic import Edit
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.syntax.parts import parts
from interlock_dsl.syntax.tree import AgentDecl, Grant, Ident, RuleDecl, TestDecl, ToolDecl, UsePack, WorkflowDecl

CODE = "repeated-name"
WITHOUT_LISTS = (*get_args(Expression), TestDecl, Ident, str, int, NoneType)
"""What holds no list of names that is looked at."""


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the names that stand twice in a list, or are covered there by a pattern."""
    for file in program.files:
        if file.source.name in program.entries:
            yield from _inside(file.declarations)


def _inside(value: object) -> Iterator[Diagnostic]:
    names = _list(value)
    for at, name in enumerate(names):
        before = next((each for each in names[:at] if each.text == name.text), None)
        wide = next((each for each in names if each.text != name.text and matches(each.text, name.text)), None)
        if before is not None:
            edit = Edit(Span(name.span.source, names[at - 1].span.end, name.span.end), "")
            message = f"`{name.text}` is in this list already"
            help = "remove it, or name what was meant"
            yield diagnose(CODE, message, name.span, "", Label(before.span, "here"), help=help, edits=(edit,))
        elif wide is not None and isinstance(value, RuleDecl | UsePack):
            message = f"`{wide.text}` is about `{name.text}` as well"
            help = "remove one of them, or name what was meant"
            yield diagnose(CODE, message, name.span, "", Label(wide.span, "this one"), help=help)
    for part in parts(value):
        if not isinstance(part, WITHOUT_LISTS):
            yield from _inside(part)


def _list(value: object) -> tuple[Ident, ...]:
    match value:
        case AgentDecl(may=names) | WorkflowDecl(may=names) | ToolDecl(needs=names) | Grant(scopes=names):
            return names or ()
        case RuleDecl(patterns=names) | UsePack(patterns=names):
            return names
        case _:
            return ()
