"""Programs as the rules of lint see them."""

from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.compiler.compile import STAGES
from interlock_dsl.compiler.stages import Compilation


def examined(text: str, file: str = "made.ilk") -> Examined:
    """Return what is examined of a text without mistakes."""
    unit = Compilation((file,), {file: text}.__getitem__)
    for name, stage in STAGES:
        if name == "lower":
            break
        unit = stage(unit)
    assert unit.facts is not None, unit.report.ordered()
    return Examined(unit.files, unit.declarations, unit.facts, frozenset(unit.entries))
