"""The compiler: texts in, a sealed program and every diagnostic out."""

import gc
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TypeAlias

from interlock_dsl.compiler.load import Read
from interlock_dsl.compiler.stages import (
    Compilation,
    Lint,
    declare_types,
    fold_constants,
    judge_everything,
    leave_out_allowed,
    lint_facts,
    load_files,
    lower_facts,
    outline_workflows,
    resolve_names,
    seal_program,
    tell_uses,
)
from interlock_dsl.diagnostics import Diagnostic, DiagnosticError
from interlock_dsl.program.model import Program

Stage: TypeAlias = Callable[[Compilation], Compilation]

STAGES: tuple[tuple[str, Stage], ...] = (
    ("load", load_files),
    ("resolve", resolve_names),
    ("constants", fold_constants),
    ("types", declare_types),
    ("outline", outline_workflows),
    ("check", judge_everything),
    ("lower", lower_facts),
    ("seal", seal_program),
)
"""The compiler, in order: text to trees; names; constants; types; graphs; facts; the program; its digest."""


def check(
    entries: Iterable[str], read: Read, after: Callable[[str], None] | None = None, lint: Lint | None = None
) -> tuple[Program | None, tuple[Diagnostic, ...]]:
    """Compile the files that `entries` name, and return the program (None if there is an error) and all findings.

    `read` returns the text of a path; it raises OSError or LookupError where there is none (which passes through for
    an entry). `after` is called with the name of each stage once it is done. With `lint` the rules of lint are run too,
    as one more stage; the time that proofs take is told apart as `prove`.
    """
    unit = compilation(entries, read, after, lint)
    return unit.program, unit.report.ordered()


def compilation(
    entries: Iterable[str], read: Read, after: Callable[[str], None] | None = None, lint: Lint | None = None
) -> Compilation:
    """Compile as `check` does, and return all that the stages have made."""
    rules = () if lint is None else (("lint", partial(lint_facts, wanted=lint, after=after)),)
    stages: tuple[tuple[str, Stage], ...] = (*STAGES, *rules)
    unit = Compilation(tuple(entries), read)
    collecting = gc.isenabled()
    gc.disable()  # hardly anything that is made here is garbage, and looking for it takes longer than a stage
    try:
        for name, stage in stages:
            unit = stage(unit)
            if after is not None:
                after(name)
        unit = tell_uses(leave_out_allowed(unit))
    finally:
        if collecting:
            gc.enable()
    return unit


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
