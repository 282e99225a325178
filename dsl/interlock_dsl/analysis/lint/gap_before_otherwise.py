"""# gap-before-otherwise

One value between two limits is taken by neither route, so it goes to `otherwise`, together with everything else that
is left: `<` beside `>` with the same limit, where one of them was probably meant to include it. Write `<=` or `>=`,
or give the value a route of its own.

```ilk
agent billing { model "small" }

workflow refund(order: string) {
  step assess by billing { task "propose an amount"  returns { ok: bool  amount: int in 0..50_000 } }
  end small
  end large
  end declined

  start -> assess
    pass order
  assess -> small
    when assess.ok && assess.amount < 100
  assess -> large
    when assess.ok && assess.amount > 100   // warning: [gap-before-otherwise] "`assess.amount == 100` goes to"
  assess -> declined
    otherwise
}
```

```ilk
agent billing { model "small" }

workflow refund(order: string) {
  step assess by billing { task "propose an amount"  returns { ok: bool  amount: int in 0..50_000 } }
  end small
  end large
  end declined

  start -> assess
    pass order
  assess -> small
    when assess.ok && assess.amount <= 100
  assess -> large
    when assess.ok && assess.amount > 100
  assess -> declined
    otherwise
}
```

Found where two conditions of a step compare the same with the same limit by `<` and by `>`, and ask more than that,
and where the value at the limit can come to `otherwise` although all else that one of them asks is true. A pattern
that is usually a mistake, reported with values. Where nothing but the limit tells the two apart from `otherwise`,
that is taken to be meant.
"""

from collections.abc import Iterator
from itertools import permutations

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.knowledge.groups import Group
from interlock_dsl.analysis.knowledge.statements import parts
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.analysis.rehearsal.story import evidenced
from interlock_dsl.analysis.values.problem import Claim, Outcome, Possible
from interlock_dsl.cel.tree import Call
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the limits at which a value falls between two routes."""
    for questions in program.questions.values():
        for group in questions.arrivals.groups:
            if group.otherwise is not None:
                yield from _gaps(group, questions)


def _gaps(group: Group, questions: Questions) -> Iterator[Diagnostic]:
    last = group.otherwise
    asked = [list(parts(Claim(route.when))) for route in group.conditional if route.when is not None]
    for below, above in permutations(asked, 2):
        if last is None or len(below) + len(above) == 2:
            continue
        for less in below:
            more = next((each for each in above if _adjoin(less, each)), None)
            if more is None:
                continue
            between = [Claim(each.condition, Outcome.FALSE) for each in (less, more)]
            rest = [each for each in below if each is not less]
            statements = [*group.taken(last), *between, *rest]
            found = questions.ask(questions.arrivals.before(group), statements)
            if isinstance(found.answer, Possible):
                yield evidenced(_finding(less, more), questions, found, group, [*between, *rest])


def _adjoin(less: Claim, more: Claim) -> bool:
    """Whether two comparisons leave out exactly one value: `x < c` and `x > c`."""
    match less.condition.expression, more.condition.expression:
        case Call(function="_<_", arguments=left), Call(function="_>_", arguments=right):
            return left == right and less.outcomes is more.outcomes is Outcome.TRUE
        case _:
            return False


def _finding(less: Claim, more: Claim) -> Diagnostic:
    one, other = less.condition.expression, more.condition.expression
    assert isinstance(other, Call)
    value, limit = (each.span.text for each in other.arguments)
    return diagnose(
        "gap-before-otherwise",
        f"`{value} == {limit}` goes to `otherwise`",
        other.span,
        "leaves it out",
        Label(one.span, "and so does this"),
        help=f"write `<= {limit}` or `>= {limit}` in one of the two",
    )
