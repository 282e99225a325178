"""What the compiler says: diagnostics as values, the source they point at, their messages, and how they are printed."""

from interlock_dsl.diagnostics.diagnostic import Certainty, Diagnostic, DiagnosticError, Label, Severity

__all__ = ["Certainty", "Diagnostic", "DiagnosticError", "Label", "Severity"]
