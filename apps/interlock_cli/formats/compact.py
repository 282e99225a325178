"""One line a finding, as editors and grep read it: `refund.ilk:41:27: error[overlapping-routes]: two routes ...`."""

from collections.abc import Sequence

from interlock_dsl.diagnostics import Diagnostic


def compact(diagnostics: Sequence[Diagnostic]) -> str:
    """Return the findings, a line each."""
    return "".join(f"{diagnostic}\n" for diagnostic in diagnostics)
