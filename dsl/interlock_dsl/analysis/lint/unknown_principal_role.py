"""# unknown-principal-role

A condition asks whether the principal has a role that nothing in the program knows: no `role` is declared by that
name, and no test starts a run with it. Mostly it is misspelt, so that the condition is never true.

```ilk
tool payments.send(cents: int) { needs payments.write  effect write }

role supervisor { reach "desk" }

policy desk {
  permit payments.send
    when "supervisors" in principal.roles   // warning: [unknown-principal-role] "nothing knows a role `supervisors`"
  require approval by supervisor for payments.send
}
```

```ilk
tool payments.send(cents: int) { needs payments.write  effect write }

role supervisor { reach "desk" }

policy desk {
  permit payments.send
    when "supervisor" in principal.roles
  require approval by supervisor for payments.send
}
```

Found by comparing the names. The roles of principals are given by who starts a run, so a name that is like none that
the program knows is reported under `--strict`; one that is nearly a known one by default. Heuristic.
"""

from collections.abc import Iterator
from dataclasses import replace

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.expressions import walk
from interlock_dsl.analysis.knowledge.places import places
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.tree import Call, Comprehension, Expression, Literal, Name, Select
from interlock_dsl.diagnostics import Certainty, Diagnostic
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.diagnostics.spelling import nearest
from interlock_dsl.syntax.tree import Starts


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the roles of principals that nothing else knows."""
    started = (item for test in program.declarations.tests for item in test.items if isinstance(item, Starts))
    known = {*program.declarations.roles, *(role for start in started for role in start.roles)}
    for place in places(program.facts):
        for role in _asked(place.checked):
            if role.value in known:
                continue
            meant = nearest(str(role.value), known)
            message = f"nothing knows a role `{role.value}`: none is declared, and no test starts with it"
            help = f"did you mean `{meant}`?" if meant else "declare it, or start a test with it"
            found = diagnose("unknown-principal-role", message, role.span, help=help)
            yield replace(found, stated=Certainty.PROVED if meant else Certainty.HEURISTIC)


def _asked(checked: Checked) -> Iterator[Literal]:
    """Yield the names that are looked for among the roles of the principal."""
    for node in walk(checked.expression):
        match node:
            case Call(function="@in", arguments=(Literal(value=str()) as role, among)) if _roles(among):
                yield role
            case Comprehension(kind="exists", range=among, variables=(name,), body=body) if _roles(among):
                yield from _compared(body, name)
            case _:
                pass


def _roles(node: Expression) -> bool:
    return isinstance(node, Select) and node.field == "roles" and node.operand == Name("principal", node.span)


def _compared(body: Expression, name: str) -> Iterator[Literal]:
    for node in walk(body):
        match node:
            case Call(function="_==_", arguments=(Name(name=one), Literal(value=str()) as role)) if one == name:
                yield role
            case Call(function="_==_", arguments=(Literal(value=str()) as role, Name(name=one))) if one == name:
                yield role
            case _:
                pass
