"""Checked expressions become compiled ones."""

from interlock_dsl.analysis.facts import Values
from interlock_dsl.cel.check import Checked
from interlock_dsl.cel.environment import CompiledExpression


def compiled(checked: Checked) -> CompiledExpression:
    """Return a checked expression ready to be evaluated."""
    return CompiledExpression(checked.expression, checked.scope, checked)


def optional(checked: Checked | None) -> CompiledExpression | None:
    """Return a checked expression, if there is one, ready to be evaluated."""
    return None if checked is None else compiled(checked)


def compiled_all(values: Values) -> dict[str, CompiledExpression]:
    """Return checked expressions by name ready to be evaluated."""
    return {name: compiled(checked) for name, checked in values.items()}
