"""Why an expression that checks has no value: the closed list of causes.

A checked expression lacks a value for one of these causes or for none. Any other code of an evaluation error (a name
or a field that is not there) is found by the checker; when it appears all the same, the checker or the machine has a
defect.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Cause(StrEnum):
    """A cause for which a checked expression may have no value; the value is what people are shown."""

    OVERFLOW = "overflow"
    ZERO = "division or remainder by zero"
    INDEX = "index"
    MISSING_KEY = "missing map key"
    CONVERSION = "conversion"
    TIME_RANGE = "time range"
    LIMIT = "pattern or cost limit"
    OUTSIDE_TYPE = "value outside its type"
    NOT_SUPPLIED = "context that is not supplied"


_CAUSES: Final[Mapping[str, Cause]] = {
    "overflow": Cause.OVERFLOW,
    "division-by-zero": Cause.ZERO,
    "no-such-index": Cause.INDEX,
    "no-such-key": Cause.MISSING_KEY,
    "bad-conversion": Cause.CONVERSION,
    "bad-format": Cause.CONVERSION,
    "bad-time-zone": Cause.CONVERSION,
    "time-range": Cause.TIME_RANGE,
    "invalid-pattern": Cause.LIMIT,
    "limit-exceeded": Cause.LIMIT,
    "too-deep": Cause.LIMIT,
    "bad-argument": Cause.OUTSIDE_TYPE,
    "bad-key": Cause.OUTSIDE_TYPE,
    "bad-value": Cause.OUTSIDE_TYPE,
    "duplicate-key": Cause.OUTSIDE_TYPE,
    "no-value": Cause.OUTSIDE_TYPE,
    "not-a-number": Cause.OUTSIDE_TYPE,
    # Only a value of type `dyn` gets as far as an operator that does not take it.
    "no-such-overload": Cause.OUTSIDE_TYPE,
    # Everything but `context` is bound by the engine itself.
    "unbound-variable": Cause.NOT_SUPPLIED,
}


def cause_of(code: str) -> Cause | None:
    """Return the cause that a code of `EvaluationError` stands for; None if it is none of the closed list."""
    return _CAUSES.get(code)
