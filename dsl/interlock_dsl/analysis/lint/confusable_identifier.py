"""# confusable-identifier

Two names of the same kind that differ only by case, by an underscore, or by letters that look alike (`l`, `1` and `I`;
`0` and `O`). One is easily written for the other, and both are there, so nothing is reported. Rename one of them.

```ilk
type Order {
  order_id: string
  orderId: string   // warning: [confusable-identifier] "`orderId` is easily taken for `order_id`"
}

workflow look(order: Order) {
  end done { a: order.order_id, b: order.orderId }

  start -> done
}
```

```ilk
type Order { order_id: string  customer_id: string }

workflow look(order: Order) {
  end done { a: order.order_id, b: order.customer_id }

  start -> done
}
```

Found by comparing names without case and underscores. Certain: the names are there.
"""

from collections.abc import Iterable, Iterator
from typing import get_args

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.cel.tree import Expression
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.syntax.parts import parts
from interlock_dsl.syntax.tree import FieldNode, Ident, RouteDecl

WITHOUT_FIELDS = (RouteDecl, *get_args(Expression))
"""What declares no field, and makes up most of a program."""
ALIKE = str.maketrans({"_": None, "1": "l", "i": "l", "0": "o"})


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the names that are easily taken for another of their kind."""
    known = program.declarations
    for declared in (known.types, known.tools, known.agents, known.roles, known.workflows, known.tables):
        yield from _alike(decl.name for decl in declared.values())
    for workflow in known.workflows.values():
        yield from _alike(node.name for node in (*workflow.parameters, *workflow.steps, *workflow.ends))
    for file in program.files:
        for group in _fields(file.declarations):
            yield from _alike(field.name for field in group)


def _alike(names: Iterable[Ident]) -> Iterator[Diagnostic]:
    first: dict[str, Ident] = {}
    for name in names:
        other = first.setdefault(name.text.lower().translate(ALIKE), name)
        if other.text != name.text:
            message = f"`{name.text}` is easily taken for `{other.text}`"
            label = Label(other.span, "the other")
            yield diagnose("confusable-identifier", message, name.span, "", label, help="rename one of them")


def _fields(value: object) -> Iterator[tuple[FieldNode, ...]]:
    """Yield the fields that stand together: in one record, or in one list of parameters."""
    if isinstance(value, WITHOUT_FIELDS):
        return
    if isinstance(value, tuple):
        group = tuple(each for each in value if isinstance(each, FieldNode))
        if group:
            yield group
    for part in parts(value):
        yield from _fields(part)
