"""Policies around an agent that you have already: what it may call is decided, explained and recorded.

    guard = Guard.load("support.ilk", journal=SqliteJournal("runs.db"))
    session = guard.session(principal=Principal("ann"), request="pay the invoice")
    decision = session.decide("transfers.send", {"to": "DE02", "cents": 1200}, agent="teller")
    if decision:
        session.observe(decision, send(**decision.args))

A session is journaled as a run: `show`, `replay` and `verify` know it, and `Guard.resume` goes on with it in another
process. A decision is on record before it is returned.
"""

from interlock.guard.decision import CallDecision
from interlock.guard.guard import Guard
from interlock.guard.session import Session

__all__ = ["CallDecision", "Guard", "Session"]
