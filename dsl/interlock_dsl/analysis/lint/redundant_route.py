"""# redundant-route

Two routes of a step lead to the same place and hand over the same: what tells them apart decides nothing. Either one
clause was forgotten, such as an approval, or they are one route.

```ilk
tool pay(amount: int in 1..50_000) { needs money.pay  effect write }

agent billing { model "small" }

workflow refund(order: string) {
  step assess by billing { task "propose an amount"  returns { amount: int in 1..50_000 } }
  step give calls pay(amount: assess.amount)
  end paid
  end declined

  start -> assess
    pass order
  assess -> give
    when assess.amount <= 100
    grant money.pay
  assess -> give                   // warning: [redundant-route] "two routes from `assess` to `give` do the same"
    when assess.amount > 100
    grant money.pay
  assess -> declined
    on failure
  give -> paid
}
```

```ilk
tool pay(amount: int in 1..50_000) { needs money.pay  effect write }

agent billing { model "small" }
role lead { reach "leads" }

workflow refund(order: string) {
  step assess by billing { task "propose an amount"  returns { amount: int in 1..50_000 } }
  step give calls pay(amount: assess.amount)
  end paid
  end declined

  start -> assess
    pass order
  assess -> give
    when assess.amount <= 100
    grant money.pay
  assess -> give
    when assess.amount > 100
    grant money.pay
    after approval by lead within 4h
  assess -> declined
    on failure
  give -> paid
  give -> declined
    on denied
}
```

Found by comparing the targets and the clauses of routes that compete. Certain. Routes with a bound are counted apart,
and are not compared.
"""

from collections.abc import Iterator

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import RouteFacts
from interlock_dsl.analysis.knowledge.groups import Group
from interlock_dsl.analysis.knowledge.wording import after, ends, targets
from interlock_dsl.diagnostics import Diagnostic, Label
from interlock_dsl.diagnostics.report import diagnose


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the routes that do the same as another one that they compete with."""
    for questions in program.questions.values():
        for group in questions.arrivals.groups:
            yield from _doubled(group)


def _doubled(group: Group) -> Iterator[Diagnostic]:
    plain = [route for route in group.routes if route.link.decl.bound is None]
    for at, route in enumerate(plain):
        same = next((other for other in plain[:at] if _handed(other) == _handed(route)), None)
        if same is not None:
            yield diagnose(
                "redundant-route",
                f"two routes from {after(group)} to {targets(route)} do the same",
                ends(route),
                "this one",
                Label(ends(same), "and this one"),
                help="add the clause that is missing in one of them, or make them one route",
            )


def _handed(route: RouteFacts) -> tuple[object, ...]:
    """Return what a route leads to and hands over, comparable."""
    decl = route.link.decl
    grants = frozenset((frozenset(scope.text for scope in grant.scopes), grant.where) for grant in decl.grants)
    passes = frozenset(each.text for each in route.passes)
    return frozenset(route.link.targets), grants, passes, decl.approval, frozenset(decl.escalations)
