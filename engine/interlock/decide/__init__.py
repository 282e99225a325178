"""Deciding one call: pure, and the same for every path that asks.

`Authorizer.decide` is the public way. `interlock.decide.evaluator` decides on checked values; it is private to this
package and to the machine of runs.
"""

from interlock.decide.authorizer import Authorizer
from interlock.decide.decision import (
    Answer,
    ApprovalNeed,
    Cause,
    Claim,
    Decision,
    NotifyRole,
    Obligation,
    Reason,
    RedactFields,
)
from interlock.decide.history import History
from interlock.decide.request import Consent, Principal

__all__ = [
    "Answer", "ApprovalNeed", "Authorizer", "Cause", "Claim", "Consent", "Decision", "History", "NotifyRole",
    "Obligation", "Principal", "Reason", "RedactFields",
]  # fmt: skip
