"""Deciding one call: pure, and the same for every path that asks."""

from interlock.decide.authorize import Authorizer
from interlock.decide.decision import Answer, ApprovalNeed, Cause, Decision, Reason
from interlock.decide.history import History
from interlock.decide.request import Consent, Principal, Request, bindings_at, decode_arguments

__all__ = [
    "Answer",
    "ApprovalNeed",
    "Authorizer",
    "Cause",
    "Consent",
    "Decision",
    "History",
    "Principal",
    "Reason",
    "Request",
    "bindings_at",
    "decode_arguments",
]
