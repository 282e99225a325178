"""All checks of a workflow that need only its graph."""

from interlock_dsl.analysis.checks.form import check_form
from interlock_dsl.analysis.checks.ineffective import check_ineffective
from interlock_dsl.analysis.checks.permissions import check_permissions
from interlock_dsl.analysis.checks.races import check_races
from interlock_dsl.analysis.checks.shape import check_shape
from interlock_dsl.analysis.symbols import Symbols
from interlock_dsl.analysis.workflows.outline import Outline
from interlock_dsl.syntax.clauses import Clauses


def check_workflow(outline: Outline, symbols: Symbols, clauses: Clauses) -> None:
    """Report what is wrong with the routes of a workflow and where they lead, before their conditions are judged."""
    check_form(outline, symbols.report, clauses)
    check_shape(outline, symbols)
    check_races(outline, symbols.report)
    check_permissions(outline, symbols)
    check_ineffective(outline, symbols)
