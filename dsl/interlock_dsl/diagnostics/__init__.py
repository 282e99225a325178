"""What the compiler says: diagnostics as values, the registry of their codes, the source they point at, their messages,
and how they are printed.
"""

from interlock_dsl.diagnostics.code import Certainty, Code, Severity
from interlock_dsl.diagnostics.codes import CODES, UnregisteredCodeError
from interlock_dsl.diagnostics.diagnostic import Diagnostic, DiagnosticError, Edit, Label
from interlock_dsl.diagnostics.witness import Waypoint, Witness

__all__ = [
    "CODES",
    "Certainty",
    "Code",
    "Diagnostic",
    "DiagnosticError",
    "Edit",
    "Label",
    "Severity",
    "UnregisteredCodeError",
    "Waypoint",
    "Witness",
]
