"""What the compiler says: diagnostics as values, the registry of their codes, the source they point at, their messages,
and how they are printed.
"""

from interlock_dsl.diagnostics.codes import CODES, Certainty, Code, Severity, UnregisteredCodeError
from interlock_dsl.diagnostics.diagnostic import Diagnostic, DiagnosticError, Label

__all__ = [
    "CODES",
    "Certainty",
    "Code",
    "Diagnostic",
    "DiagnosticError",
    "Label",
    "Severity",
    "UnregisteredCodeError",
]
