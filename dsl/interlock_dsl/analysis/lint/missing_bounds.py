"""# missing-bounds

A number may be anything, and the fields and parameters of its name elsewhere in the program have bounds (`in 1..100`),
or all other numbers of the program have. One of them was forgotten. A bound is checked where a value comes in, and is
what proofs and limits rest on.

```ilk
tool accounts.get(id: string) -> { cents: int in 0..1_000_000 } { needs accounts.read  effect read }
tool money.send(id: string, cents: int in 1..10_000) { needs money.write  effect irreversible  idempotent by id }
tool money.plan(
  id: string,
  cents: int   // warning: [missing-bounds] "`cents` may be any number here, unlike elsewhere"
) { needs money.plan  effect write }
```

```ilk
tool accounts.get(id: string) -> { cents: int in 0..1_000_000 } { needs accounts.read  effect read }
tool money.send(id: string, cents: int in 1..10_000) { needs money.write  effect irreversible  idempotent by id }
tool money.plan(
  id: string,
  cents: int in 1..10_000
) { needs money.plan  effect write }
```

Found by comparing the declarations of fields and parameters: all others of the name, at least two, or all other
numbers, at least three, have bounds. Where there is one other of the name, it is reported under `--strict`. That they
have bounds is certain, that this one is to have some is likely.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import get_args

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import Facts
from interlock_dsl.cel.tree import Expression
from interlock_dsl.cel.types import DoubleType, IntType, UintType
from interlock_dsl.diagnostics import Certainty, Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.syntax.parts import parts
from interlock_dsl.syntax.tree import FieldNode, NamedType, PackDecl, RouteDecl, TestDecl

EXPRESSIONS = get_args(Expression)
OTHERS, ALL_OTHERS = 2, 3
"""How many others of the name, and other numbers of the program, there must be."""
NUMBERS = ("int", "uint", "double")


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the numbers without bounds, where all others of their name have them."""
    named: dict[str, list[tuple[FieldNode, bool]]] = defaultdict(list)
    for file in program.files:
        for field in _fields(file.declarations):
            bounded = _bounded(field, program.facts)
            if bounded is not None:
                named[field.name.text].append((field, bounded))
    without = [field for every in named.values() for field, bounded in every if not bounded]
    others = [field for every in named.values() for field, bounded in every if bounded]
    alone = len(without) == 1 and len(others) >= ALL_OTHERS
    for every in named.values():
        open_ = [field for field, bounded in every if not bounded]
        like = [field for field, bounded in every if bounded]
        if len(open_) == 1 and (like or alone) and open_[0].span.source.name in program.entries:
            certain = alone or len(like) >= OTHERS
            yield _finding(open_[0], like or others, None if certain else Certainty.HEURISTIC)


def _finding(field: FieldNode, others: Sequence[FieldNode], stated: Certainty | None) -> Diagnostic:
    name, like = field.name.text, others[0]
    return diagnose(
        "missing-bounds",
        f"`{name}` may be any number here, unlike {'elsewhere' if like.name.text == name else 'all other numbers'}",
        field.span,
        "",
        Label(like.span, "here it has bounds" if like.name.text == name else "this one has bounds"),
        help=f"write `{name}: int in 0..100`, with the bounds that it has",
        stated=stated,
    )


def _fields(value: object) -> Iterator[FieldNode]:
    if isinstance(value, (*EXPRESSIONS, TestDecl, PackDecl, RouteDecl)):
        return
    if isinstance(value, FieldNode):
        yield value
    for part in parts(value):
        yield from _fields(part)


def _bounded(field: FieldNode, facts: Facts) -> bool | None:
    """Say whether a number has bounds; None for what is no number."""
    match field.type:
        case NamedType(name=name, low=low, high=high) if name.text in NUMBERS:
            return low is not None or high is not None
        case NamedType(name=name) if name.text in facts.types:
            type = facts.types[name.text]
            if isinstance(type, IntType | UintType | DoubleType):
                return type.low is not None or type.high is not None
    return None
