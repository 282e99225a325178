"""# inconsistent-limits

Two rules draw the line at the same number, and one of them takes that number to the other side: `> 1_000` in one and
`>= 1_000` in the other. For this one value they disagree: what one has approved is not what the other notifies of.

```ilk
let alone = 1_000

tool money.send(id: string, cents: int in 1..10_000) { needs money.write  effect irreversible  idempotent by id }
agent clerk { may money.write }
role lead { reach "leads" }

policy desk {
  permit money.send by clerk
  require approval by lead within 4h for money.send
    when args.cents > alone
  notify lead for money.send
    when args.cents >= alone   // warning: [inconsistent-limits] "`args.cents == 1_000` counts as more than"
}
```

```ilk
let alone = 1_000

tool money.send(id: string, cents: int in 1..10_000) { needs money.write  effect irreversible  idempotent by id }
agent clerk { may money.write }
role lead { reach "leads" }

policy desk {
  permit money.send by clerk
  require approval by lead within 4h for money.send
    when args.cents > alone
  notify lead for money.send
    when args.cents > alone
}
```

Found by comparing the comparisons of an argument of one tool with one number, in the rules of policies and workflows
and in `never ... where`: `>` and `<=` draw the line above the number, `<` and `>=` below it. Lines at 0 and 1 are left
out. That the two differ for this one value is certain.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.declarations.policies import concerns, every_rule
from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.expressions import walk
from interlock_dsl.analysis.facts import Facts, NeverUnapprovedFacts
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.tree import Call, Expression, Literal, Name, Select
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose
from interlock_dsl.diagnostics.source import Span

ABOVE = {"_>_": True, "_<=_": True, "_>=_": False, "_<_": False}
"""Whether a comparison with a number to its right draws the line above the number; with one to its left, below it."""
SMALL = (-1, 0, 1)


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the comparisons that draw a line on the other side of a number than one before them."""
    drawn: dict[tuple[str, Expression, object], tuple[bool, Span]] = {}
    told: set[Span] = set()
    for tools, condition in _conditions(program.facts):
        for node in walk(condition.expression):
            line = _line(node)
            if line is None or node.span.source.name not in program.entries:
                continue
            argument, number, above = line
            for tool in tools:
                first, where = drawn.setdefault((tool, argument, number.value), (above, node.span))
                if first is not above and node.span not in told:
                    told.add(node.span)
                    yield _finding(node.span, where, argument, number, above)


def _finding(here: Span, there: Span, argument: Expression, number: Literal, above: bool) -> Diagnostic:
    value = f"`{argument.span.text} == {number.value:_}`"
    one, other = ("no more than", "more than") if above else ("more than", "no more than")
    return diagnose(
        "inconsistent-limits",
        f"{value} counts as {one} the limit here, and as {other} it in another rule",
        here,
        "",
        Label(there, "the other rule"),
        help="write both with `>` and `<=`, or both with `>=` and `<`",
    )


def _conditions(facts: Facts) -> Iterator[tuple[tuple[str, ...], Checked]]:
    """Yield the conditions of rules and promises, each with the tools that it is about."""
    for rule in every_rule(facts):
        tools = tuple(tool for tool in facts.tools if concerns(rule.decl, tool))
        for condition in (rule.when, rule.unless):
            if condition is not None:
                yield tools, condition
    for workflow in facts.workflows.values():
        for promise in workflow.promises:
            if isinstance(promise, NeverUnapprovedFacts) and promise.where is not None:
                yield tuple(sorted(promise.tools)), promise.where


def _line(node: Expression) -> tuple[Expression, Literal, bool] | None:
    """Return an argument, the number that it is compared with, and whether the line is above the number."""
    match node:
        case Call(function=function, arguments=(argument, Literal() as number)) if function in ABOVE:
            above = ABOVE[function]
        case Call(function=function, arguments=(Literal() as number, argument)) if function in ABOVE:
            above = not ABOVE[function]
        case _:
            return None
    counts = isinstance(number.value, int | float) and not isinstance(number.value, bool)
    return (argument, number, above) if counts and number.value not in SMALL and _read(argument) else None


def _read(node: Expression) -> bool:
    """Say whether an expression reads an argument: `args.a`, `args.a.b`."""
    while isinstance(node, Select):
        node = node.operand
        if node == Name("args", node.span):
            return True
    return False
