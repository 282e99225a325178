"""The closed list of causes for which an expression of a program that checks clean may have no value."""

from reference.values import Lack

CAUSES = {
    "overflow": "overflow",
    "division-by-zero": "division or remainder by zero",
    "bad-conversion": "conversion",
    "limit-exceeded": "pattern or cost limit",
    "invalid-pattern": "pattern or cost limit",
}
"""Codes of `EvaluationError` that stand for one cause, whatever the place."""


def cause_of(lack: Lack) -> str:
    """Return the cause of a missing value; empty if it is none of the closed list."""
    code, place, sentence = lack
    if code == "out-of-range":
        return "index" if "no item" in sentence else "time range" if "timestamp" in sentence else "conversion"
    if code == "no-such-key":
        # Only an index (a literal in generated programs) looks up a key; of a field the checker knows that it is there.
        return "missing map key" if place[:1] in tuple('"0123456789') else ""
    return CAUSES.get(code, "")
