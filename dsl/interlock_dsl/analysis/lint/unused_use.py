"""# unused-use

A file is used, and nothing of it is: no type, tool, agent, role, table or constant of it, or of the files it uses, is
named elsewhere, and it brings no policy, workflow or test. The `use` is left over. Remove it.

```ilk in people.ilk
role supervisor { reach "desk" }
```

```ilk
use "people.ilk"   // warning: [unused-use] "nothing of `people.ilk` is used"

workflow look(id: string) {
  end done { id: id }

  start -> done
}
```

```ilk
use "people.ilk"

workflow look(id: string) {
  step decide asks supervisor { question "is this right?"  returns { right: bool }  within 4h }
  end done { right: decide.right }
  end late

  start -> decide
    pass id
  decide -> done
  decide -> late
    on expiry
}
```

Found by comparing the names that used files declare, and the scopes that their tools need, with those that the other
files have. Certain. A file of nothing but `use` stands for what it uses and is not judged; neither are files that were
not given.
"""

from collections.abc import Iterator, Mapping
from posixpath import dirname, join, normpath

from interlock_dsl.analysis.declarations.policies import matches
from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.examination.names import names_in
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.edits import removal
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.syntax.tree import (
    AgentDecl,
    ContextDecl,
    File,
    LetDecl,
    RoleDecl,
    TableDecl,
    ToolDecl,
    TypeDecl,
    Use,
)


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the uses of files of which nothing is used."""
    files = {file.source.name: file for file in program.files}
    for file in program.files:
        uses = [each for each in file.declarations if isinstance(each, Use)]
        if file.source.name not in program.entries or len(uses) == len(file.declarations):
            continue
        for use in uses:
            reached = _reached(_target(file, use), files)
            if file.source.name not in reached and _is_unused(reached, files):
                message = f"nothing of `{use.path}` is used"
                yield diagnose("unused-use", message, use.span, help="remove it", edits=(removal(use.span),))


def _target(file: File, use: Use) -> str:
    return normpath(join(dirname(file.source.name), use.path))


def _reached(name: str, files: Mapping[str, File]) -> set[str]:
    """Return a file and all that it uses."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        name = waiting.pop()
        if name in files and name not in found:
            found.add(name)
            waiting.extend(_target(files[name], use) for use in files[name].declarations if isinstance(use, Use))
    return found


def _is_unused(reached: set[str], files: Mapping[str, File]) -> bool:
    declared: set[str] = set()
    tools: set[str] = set()
    for decl in (decl for name in reached for decl in files[name].declarations):
        match decl:
            case Use():
                continue
            case ContextDecl():
                declared.add("context")
            case ToolDecl(name=name, needs=needs):
                tools.add(name.text)
                declared.update(scope.text for scope in needs)
            case TypeDecl() | AgentDecl() | RoleDecl() | TableDecl() | LetDecl():
                declared.add(decl.name.text)
            case _:
                return False
    others = [decl for path, file in files.items() if path not in reached for decl in file.declarations]
    named = {name for decl in others for name in names_in(decl)}
    return declared.isdisjoint(named) and not any(matches(name, tool) for name in named for tool in tools)
