"""Comparisons that the declared types decide, whatever the values: `share > 1.5` where a share is in 0.0..1.0."""

from collections.abc import Iterator
from dataclasses import dataclass

from interlock_dsl.analysis.values.arithmetic import SIGNS
from interlock_dsl.analysis.values.domain import LIMITS, Choice, Domain, Numbers, Sized, Text
from interlock_dsl.analysis.values.failing import Failing
from interlock_dsl.analysis.values.points import constants
from interlock_dsl.analysis.values.state import State
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.tree import Bind, Call, Comprehension, Expression, children

MEMBERSHIP = "@in"


@dataclass(frozen=True, slots=True)
class Decided:
    """A comparison that always comes to `value`. `about` is the side that is no constant, `because` what it can be.

    `at_bound`: it is true and compares with the very bound of the type; `closing`: besides, it only writes down the
    other end of an interval.
    """

    node: Call
    value: bool
    about: Expression
    because: str
    at_bound: bool = False
    closing: bool = False


def decided(checked: Checked) -> Iterator[Decided]:
    """Yield the comparisons of an expression that come to the same for all values of the types."""
    scope = checked.scope
    failing = Failing(checked)
    state = State(scope.variables, scope.optional_variables)
    yield from _inside(failing, checked.expression, state, ())


def _inside(failing: Failing, node: Expression, state: State, beside: tuple[Expression, ...]) -> Iterator[Decided]:
    match node:
        case Comprehension():
            yield from _inside(failing, node.range, state, ())
            inside = failing.inside(node, state)
            for part in (node.condition, node.body):
                if part is not None:
                    yield from _inside(failing, part, inside, ())
            return
        case Bind(value=value, body=body):
            failing.define(node, value)
            yield from _inside(failing, value, state, ())
            yield from _inside(failing, body, state, ())
            return
        case Call(function=function, arguments=(left, right)) if function in SIGNS or function == MEMBERSHIP:
            yield from _compared(failing, node, left, right, state, beside)
        case Call(function="_&&_"):
            operands = tuple(failing.operands(node))
            for operand in operands:
                yield from _inside(failing, operand, state, tuple(o for o in operands if o is not operand))
            return
    for part in children(node):
        yield from _inside(failing, part, state, ())


def _compared(
    failing: Failing, node: Call, left: Expression, right: Expression, state: State, beside: tuple[Expression, ...]
) -> Iterator[Decided]:
    found, errors = failing.evaluate(node, state)
    if errors or not isinstance(found, Choice) or len(found.values) != 1:
        return
    one, other = failing.evaluate(left, state)[0], failing.evaluate(right, state)[0]
    known, bound = constants(one), constants(other)
    if known is not None and len(known) == 1:
        if bound is not None and len(bound) == 1:
            return  # two constants
        about, domain, constant = right, other, one
    else:
        about, domain, constant = left, one, other
    shown = _shown(domain)
    if shown is not None:
        value = True in found.values
        at_bound = value and _at_the_end(domain, constant)
        yield Decided(node, value, about, shown, at_bound, at_bound and _bounded_beside(about, beside))


def _shown(domain: Domain) -> str | None:
    """Say in words what a domain is, None for one that says nothing."""
    match domain:
        case Numbers(kind="int" | "uint" | "double", low=low, high=high):
            least, most = LIMITS[domain.kind]
            if low == least:
                return None if high == most else f"at most {_number(high)}"
            return f"at least {_number(low)}" if high == most else f"in {_number(low)}..{_number(high)}"
        case Text(high=high):
            return f"a text of at most {high} characters"
        case Sized(high=high):
            return f"of at most {high} items"
        case Choice(values) if all(isinstance(value, str) for value in values):
            return "one of " + ", ".join(f'"{value}"' for value in sorted(map(str, values)))
        case _:
            return None


def _number(number: float) -> str:
    return f"{number:_}"


def _at_the_end(domain: Domain, constant: Domain) -> bool:
    if not (isinstance(domain, Numbers) and isinstance(constant, Numbers)):
        return False
    return constant.low == constant.high and constant.low in (domain.low, domain.high)


def _bounded_beside(about: Expression, beside: tuple[Expression, ...]) -> bool:
    """Say whether another condition beside a comparison is about the same: together they write an interval."""
    return any(isinstance(other, Call) and other.function in SIGNS and about in other.arguments for other in beside)
