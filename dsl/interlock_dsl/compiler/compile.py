"""The compiler: texts in, a sealed program and everything there is to say about them out.

Each stage reads what the ones before it found and goes on after a mistake, so that all mistakes are reported at once.
What a mistake makes unknowable is passed over in silence: a name that is not there is reported where it is first used,
and nothing that follows from it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from interlock_dsl.analysis.symbols import Symbols, resolve
from interlock_dsl.analysis.types import Types
from interlock_dsl.analysis.workflows.outline import Outline, outline
from interlock_dsl.compiler.load import Read, load
from interlock_dsl.diagnostics import Diagnostic, DiagnosticError
from interlock_dsl.diagnostics.report import Report
from interlock_dsl.program.model import Program
from interlock_dsl.syntax.clauses import Clauses
from interlock_dsl.syntax.tree import File


@dataclass
class Compilation:
    """What the stages know so far. `entries` are paths, `read` gives their texts and those of the files they use."""

    entries: tuple[str, ...]
    read: Read
    report: Report = field(default_factory=Report)
    files: tuple[File, ...] = ()
    clauses: Clauses = field(default_factory=Clauses)
    unread: tuple[Diagnostic, ...] = ()
    symbols: Symbols = field(init=False)
    types: Types = field(init=False)
    outlines: dict[str, Outline] = field(default_factory=dict)
    program: Program | None = None


def _load(unit: Compilation) -> None:
    unit.files, unit.clauses = load(unit.entries, unit.read, unit.report)
    unit.unread = unit.report.ordered()


def _resolve(unit: Compilation) -> None:
    unit.symbols = resolve(unit.files, unit.report)


def _types(unit: Compilation) -> None:
    unit.types = Types(unit.symbols)
    unit.types.declared()


def _outline(unit: Compilation) -> None:
    unit.outlines = {name: outline(d, unit.symbols, unit.types) for name, d in unit.symbols.workflows.items()}


def _check(unit: Compilation) -> None:
    from interlock_dsl.analysis.checks.form import check_form
    from interlock_dsl.analysis.checks.ineffective import check_ineffective
    from interlock_dsl.analysis.checks.limits import check_limits
    from interlock_dsl.analysis.checks.permissions import check_permissions, check_scopes
    from interlock_dsl.analysis.checks.shape import check_shape
    from interlock_dsl.analysis.checks.tools import check_tools

    check_limits(unit.symbols, unit.clauses)
    check_tools(unit.symbols, unit.clauses)
    check_scopes(unit.symbols)
    for found in unit.outlines.values():
        check_form(found, unit.report, unit.clauses)
        check_shape(found, unit.symbols)
        check_permissions(found, unit.symbols)
        check_ineffective(found, unit.symbols)


def _assemble(unit: Compilation) -> None:
    from interlock_dsl.lowering.program import assemble

    sources = {file.source.name: file.source.text for file in unit.files}
    unit.program = assemble(unit.symbols, unit.types, unit.outlines, MappingProxyType(sources))


def _seal(unit: Compilation) -> None:
    from interlock_dsl.program.digest import program_digest

    if unit.unread:
        from interlock_dsl.analysis.cascading import Certainty

        unit.report.keep(Certainty(unit.files, unit.unread))
    if unit.report.failed or unit.program is None:
        unit.program = None
    else:
        unit.program = replace(unit.program, digest=program_digest(unit.program))


STAGES: tuple[tuple[str, Callable[[Compilation], None]], ...] = (
    ("load", _load),
    ("resolve", _resolve),
    ("types", _types),
    ("outline", _outline),
    ("check", _check),
    ("assemble", _assemble),
    ("seal", _seal),
)
"""The compiler, in order: read and parse; names; types; shapes; what must hold; the program; its digest."""


def check(
    entries: Iterable[str], read: Read, after: Callable[[str], None] | None = None
) -> tuple[Program | None, tuple[Diagnostic, ...]]:
    """Compile the files that `entries` name, and return the program (None if there is an error) and all findings.

    `read` returns the text of a path; it raises OSError or LookupError where there is none (which passes through for
    an entry). `after` is called with the name of each stage once it is done.
    """
    unit = Compilation(tuple(entries), read)
    for name, stage in STAGES:
        stage(unit)
        if after is not None:
            after(name)
    return unit.program, unit.report.ordered()


def check_text(text: str, name: str = "<text>") -> tuple[Program | None, tuple[Diagnostic, ...]]:
    """Compile one text that uses no other file, and return the program (None if there is an error) and all findings."""
    return check((name,), {name: text}.__getitem__)


def compile_sources(sources: Mapping[str, str], entries: Iterable[str] | None = None) -> Program:
    """Return the program of texts by path; `entries` (all of them, when None) are those it begins with.

    Raises `DiagnosticError` with every finding, in the order of the files, when one of them is an error.
    """
    program, diagnostics = check(tuple(sources) if entries is None else entries, sources.__getitem__)
    if program is None:
        raise DiagnosticError(diagnostics)
    return program


def compile_text(text: str, name: str = "<text>") -> Program:
    """Return the program of one text that uses no other file; raise `DiagnosticError` as `compile_sources` does."""
    return compile_sources({name: text})
