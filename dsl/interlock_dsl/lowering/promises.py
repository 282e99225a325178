"""Promises of a workflow."""

from interlock_dsl.analysis.facts import (
    AlwaysFacts,
    CostAtMostFacts,
    EndsWithinFacts,
    EndsWithinStepsFacts,
    NeverBeforeFacts,
    NeverUnapprovedFacts,
    PromiseFacts,
    ReachesFacts,
)
from interlock_dsl.lowering.expressions import compiled, optional
from interlock_dsl.program import promises as program


def lower_promise(facts: PromiseFacts) -> program.Promise:
    """Return a promise."""
    span = facts.decl.span
    match facts:
        case NeverUnapprovedFacts(id, decl, tools, where):
            role, count = (None, 1) if decl.approval is None else (decl.approval.role.text, decl.approval.count)
            return program.NeverUnapproved(id, tools, optional(where), role, count, span)
        case NeverBeforeFacts(id, _, tools, where, first):
            return program.NeverBefore(id, tools, optional(where), first, span)
        case AlwaysFacts(id, _, condition, reads, needs):
            return program.Always(id, compiled(condition), reads, needs, span)
        case EndsWithinStepsFacts(id, decl):
            return program.EndsWithinSteps(id, decl.steps, span)
        case EndsWithinFacts(id, decl):
            return program.EndsWithin(id, decl.time.micros, span)
        case CostAtMostFacts(id, decl):
            return program.CostAtMost(id, decl.cost.micros, decl.cost.currency, span)
        case ReachesFacts(id, decl):
            return program.Reaches(id, decl.end.text, span)
