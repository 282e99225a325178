"""The Interlock language: from the text of `.ilk` files to a checked, sealed program.

    program = compile_text(text, "refund.ilk")         # raises DiagnosticError with everything that is wrong
    program, diagnostics = check_text(text)            # the same without raising, warnings included
    program = compile_sources({"a.ilk": a, "common.ilk": b}, ["a.ilk"])
    program, diagnostics = check(["a.ilk"], read)      # `read` gives the text of a path

Everything here is pure: no clock, no files, no network. What a program is, is in `interlock_dsl.program.model`; what a
condition is, in `interlock_dsl.cel`; how types meet JSON, in `interlock_dsl.schema`. Names are loaded
when they are first used, so importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from interlock_dsl.compiler.compile import STAGES, check, check_text, compile_sources, compile_text
    from interlock_dsl.diagnostics import Diagnostic, DiagnosticError, Severity
    from interlock_dsl.diagnostics.source import Source, Span
    from interlock_dsl.program.model import Program

__all__ = [
    "STAGES",
    "Diagnostic",
    "DiagnosticError",
    "Program",
    "Severity",
    "Source",
    "Span",
    "check",
    "check_text",
    "compile_sources",
    "compile_text",
]

_HOMES = {
    "STAGES": "compiler.compile",
    "check": "compiler.compile",
    "Diagnostic": "diagnostics",
    "DiagnosticError": "diagnostics",
    "Program": "program.model",
    "Severity": "diagnostics",
    "Source": "diagnostics.source",
    "Span": "diagnostics.source",
    "check_text": "compiler.compile",
    "compile_sources": "compiler.compile",
    "compile_text": "compiler.compile",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"interlock_dsl.{_HOMES[name]}"), name)
    raise AttributeError(f"module `interlock_dsl` has no `{name}`")
