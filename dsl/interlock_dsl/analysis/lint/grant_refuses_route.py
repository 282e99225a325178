"""# grant-refuses-route

The route lets values through to a call for which the condition of its grant does not hold: the call is denied then,
and no rule of a policy says why. The limit of the grant and that of the route are often two versions of one number.
Let them agree, or give those values a route of their own.

```ilk
tool refunds.issue(amount: int in 1..50_000) { needs refunds.write  effect write }

agent billing { model "small" }

workflow refund(order: string) {
  step assess by billing { task "propose an amount"  returns { amount: int in 1..50_000 } }
  step pay calls refunds.issue(amount: assess.amount)
  end paid
  end declined

  start -> assess
    pass order
  assess -> pay
    when assess.amount <= 20_000
    grant refunds.write where args.amount <= 10_000   // error: [grant-refuses-route] "refuses calls of `refunds.issue`"
  assess -> declined
    otherwise
  pay -> paid
}
```

```ilk
tool refunds.issue(amount: int in 1..50_000) { needs refunds.write  effect write }

agent billing { model "small" }

workflow refund(order: string) {
  step assess by billing { task "propose an amount"  returns { amount: int in 1..50_000 } }
  step pay calls refunds.issue(amount: assess.amount)
  end paid
  end declined

  start -> assess
    pass order
  assess -> pay
    when assess.amount <= 20_000
    grant refunds.write where args.amount <= 20_000
  assess -> declined
    otherwise
  pay -> paid
}
```

Found by asking whether the grants of a scope that a step's own call needs can all fail to hold for the arguments of
the call, where no rule forbids it. Reported with such values. What an agent may call with a grant is chosen by its
model, so a grant to an agent may refuse.

Where the step has a route `on denied`, and nothing on the way limits the same argument to the same side, the grant is
taken to be meant as the limit: then it is reported under `--strict`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from interlock_dsl.analysis.declarations.policies import rules_for
from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.facts import GrantFacts
from interlock_dsl.analysis.knowledge.statements import CHANGING, mentioned, parts
from interlock_dsl.analysis.promises.calling import Calling, callings, combined, not_applied
from interlock_dsl.analysis.reasoning.certain import certain
from interlock_dsl.analysis.reasoning.questions import Questions
from interlock_dsl.analysis.rehearsal.story import evidenced
from interlock_dsl.analysis.values.problem import Bound, Claim, Impossible, Outcome, Statement
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.check import check as check_expression
from interlock_dsl.cel.tree import Call, Expression, Literal, Select
from interlock_dsl.cel.types import DoubleType, IntType
from interlock_dsl.diagnostics import Certainty, Diagnostic
from interlock_dsl.diagnostics.report import diagnose

REFUSED = Outcome.FALSE | Outcome.NO_VALUE


def check(program: Examined) -> Iterator[Diagnostic]:
    """Yield the grants that refuse what their route lets through."""
    for questions in program.questions.values():
        for calling in callings(questions, frozenset(program.facts.tools)):
            if not calling.agent:
                for scope in sorted(calling.tool.needs):
                    yield from _refused(questions, calling, scope)


def _refused(questions: Questions, calling: Calling, scope: str) -> Iterator[Diagnostic]:
    granting = [g for g in calling.route.grants if scope in {each.text for each in g.decl.scopes}]
    if not granting or any(_plain(questions, calling, grant) for grant in granting):
        return
    refused = [Claim(grant.where, REFUSED) for grant in granting if grant.where is not None]
    bound = [statement for statement in (calling.cases or ((),))[0] if isinstance(statement, Bound)]
    forbids = [
        rule
        for rule in rules_for(questions.facts, calling.tool.name, "", questions.workflow)
        if rule.decl.kind == "forbid"
    ]
    for case in combined(not_applied(rule) for rule in forbids):
        # At some time a rule that depends on the time does not forbid.
        always = [statement for statement in case if not mentioned(statement) & CHANGING]
        statements: Sequence[Statement] = [*refused, *bound, *always]
        found = questions.ask(calling.arrivals, statements, calling.types)
        if isinstance(found.answer, Impossible):
            continue
        where = refused[0].condition.expression.span
        message = f"the grant refuses calls of `{calling.tool.name}` that its route lets through"
        help = "let the conditions of the route and of the grant agree"
        said = diagnose("grant-refuses-route", message, where, "does not hold for all of them", help=help)
        meant = _denied_goes_on(questions, calling.step) and not _limited(
            questions, calling, refused[0].condition, bound
        )
        shown = evidenced(said, questions, found, calling.step, statements)
        yield replace(shown, stated=Certainty.HEURISTIC, witness=None) if meant else shown
        return


def _denied_goes_on(questions: Questions, step: str) -> bool:
    return any(group.sources == (step,) and group.trigger == "denied" for group in questions.arrivals.groups)


def _limited(questions: Questions, calling: Calling, where: Checked, bound: Sequence[Statement]) -> bool:
    """Whether the way to the call limits an argument to the same side as the grant, or leaves next to nothing of it."""
    arguments = {s.path[1]: s.expression.expression for s in bound if isinstance(s, Bound)}
    route = [limit for claim in _claims(questions, calling) for limit in _limits(claim)]
    for side, of, limit in _limits(Claim(where)):
        if not isinstance(of, Select):
            continue
        asked = [(back, other) for back, about, other in route if about == arguments.get(of.field)]
        if any(back == side or not _between(side, limit, other) for back, other in asked):
            return True
        if _ends_before(questions, calling, side, of, where, bound):
            return True
    return False


def _claims(questions: Questions, calling: Calling) -> Iterator[Claim]:
    """Yield what the route to a call asks: its condition, or as `otherwise` that no other condition holds."""
    if calling.route.when is not None:
        yield Claim(calling.route.when)
    group = next((each for each in questions.arrivals.groups if each.otherwise is calling.route), None)
    for other in () if group is None else group.conditional:
        if other.when is not None:
            yield Claim(other.when, Outcome.FALSE)


def _ends_before(
    questions: Questions, calling: Calling, side: str, of: Select, where: Checked, bound: Sequence[Statement]
) -> bool:
    """Whether an argument never comes to the end of its type: then something on the way limits it already."""
    fields = calling.tool.parameters.fields
    type = fields[of.field].type if of.field in fields else None
    if not isinstance(type, IntType | DoubleType):
        return False
    end = type.high if side == "most" else type.low
    if end is None:
        return False
    there = Bound(("args", of.field), check_expression(Literal(end, of.span), where.scope, None))
    return isinstance(questions.ask(calling.arrivals, [*bound, there], calling.types).answer, Impossible)


def _between(side: str, limit: Expression, bound: Expression) -> bool:
    """Whether there are values between a limit on one side and the route's on the other, as far as they are written."""
    match limit, bound:
        case Literal(value=int() | float() as one), Literal(value=int() | float() as other):
            return one > other if side == "most" else one < other
        case _:
            return True


def _limits(claim: Claim) -> Iterator[tuple[str, Expression, Expression]]:
    """Yield what a claim limits, to which side, and by what."""
    for part in parts(claim):
        match part.condition.expression:
            case Call(function="_<_" | "_<=_" | "_>_" | "_>=_" as function, arguments=(left, right)):
                below = (function in ("_<_", "_<=_")) is (part.outcomes is Outcome.TRUE)
                small, large = (left, right) if below else (right, left)
                yield from (("most", small, large), ("least", large, small))
            case _:
                pass


def _plain(questions: Questions, calling: Calling, grant: GrantFacts) -> bool:
    """Whether a grant has no condition, or one that never holds for any arguments: that is another finding."""
    if grant.where is None:
        return True
    return certain(questions, (questions.arrivals.anywhere,), grant.where, (), calling.types) is False
