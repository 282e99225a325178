"""Conditions of rules in words, as far as a call does not meet them."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from interlock_dsl.cel import CompiledExpression, EvaluationError
from interlock_dsl.cel.meter import Meter
from interlock_dsl.cel.tree import Call, Expression, Literal, Name, Select, children
from interlock_dsl.program.model import Rule

_OPPOSITE: Final = {"_<_": ">=", "_<=_": ">", "_>_": "<=", "_>=_": "<", "_==_": "!=", "_!=_": "=="}


def unmet(rule: Rule, known: Mapping[str, object]) -> str:
    """Return the parts of a permit's condition that are not true of `known`, as they are written; empty if all are."""
    parts = () if rule.when is None else _parts(rule.when)
    said = [_wanted(part.expression) for part in parts if value(part, known) is not True]
    if rule.unless is not None and value(rule.unless, known) is not False:
        said.append(_opposite(rule.unless.expression))
    return " and ".join(said)


def otherwise(rule: Rule, known: Mapping[str, object]) -> str:
    """Return what keeps a rule from applying: the opposite of each part of its condition; empty if nothing does.

    A part that has no value for `known` says so: what it reads is missing.
    """
    said: list[str] = []
    for part in () if rule.when is None else _parts(rule.when):
        missing = " (which has no value)" if value(part, known) is None else ""
        said.append(_opposite(part.expression) + missing)
    if rule.unless is not None:
        said += [" and ".join(_wanted(part.expression) for part in _parts(rule.unless))]
    return " or ".join(said)


def value(condition: CompiledExpression, known: Mapping[str, object]) -> object:
    """Return the value of an expression, or None where it has none."""
    try:
        return condition.interpreted(known, Meter())
    except EvaluationError:
        return None


def written(rule: Rule) -> str:
    """Return the condition of a rule as it is written, with a space before it; empty where there is none."""
    when = "" if rule.when is None else f" when {_text(rule.when.expression)}"
    return when + ("" if rule.unless is None else f" unless {_text(rule.unless.expression)}")


def with_constants(sentence: str, rule: Rule) -> str:
    """Return a sentence about a rule with the values of the constants (`let`) that it names."""
    conditions = [each for each in (rule.when, rule.unless) if each is not None]
    known = {name: shown for condition in conditions for name, shown in _constants(condition)}
    said = [f"{name} is {shown}" for name, shown in known.items() if re.search(rf"\b{name}\b", sentence)]
    return f"{sentence} ({', '.join(said)})" if said else sentence


@lru_cache(4096)
def _constants(condition: CompiledExpression) -> tuple[tuple[str, str], ...]:
    """Return the constants of a condition with their values: literals now, under the names that were written."""
    found: list[tuple[str, str]] = []
    open_ = [condition.expression]
    while open_:
        node = open_.pop()
        name = node.span.text
        if isinstance(node, Literal) and name.isidentifier() and name not in ("true", "false", "null"):
            found.append((name, _shown(node.value)))
        open_ += reversed(children(node))
    return tuple(found)


def _shown(constant: object) -> str:
    if isinstance(constant, str):
        return json.dumps(constant, ensure_ascii=False)
    if isinstance(constant, bool) or constant is None:
        return {True: "true", False: "false", None: "null"}[constant]
    return f"{int(constant):_}" if isinstance(constant, int) else str(constant)


def _wanted(part: Expression) -> str:
    role = _role(part)
    return f"a principal of role {role}" if role else _text(part)


def _opposite(part: Expression) -> str:
    role = _role(part)
    if role:
        return f"a principal who is no {role}"
    if isinstance(part, Call):
        if part.function == "!_":
            return _text(part.arguments[0])
        if part.function in _OPPOSITE:
            left, right = part.arguments
            return f"{_text(left)} {_OPPOSITE[part.function]} {_text(right)}"
    return f"!({_text(part)})"


def _role(part: Expression) -> str:
    """Return the role that `"role" in principal.roles` asks for; empty for anything else."""
    match part:
        case Call("@in", (Literal(str(role)), Select(Name("principal"), "roles"))):
            return role
        case _:
            return ""


@lru_cache(4096)
def _parts(condition: CompiledExpression) -> tuple[CompiledExpression, ...]:
    return tuple([CompiledExpression(part, condition.scope, None) for part in _conjuncts(condition.expression)])


def _conjuncts(expression: Expression) -> Iterator[Expression]:
    if isinstance(expression, Call) and expression.function == "_&&_" and expression.receiver is None:
        for argument in expression.arguments:
            yield from _conjuncts(argument)
    else:
        yield expression


def _text(expression: Expression) -> str:
    return " ".join(expression.span.text.split())
