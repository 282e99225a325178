"""The compiler, as the verbs use it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from interlock_cli.errors import CommandError, did_you_mean
from interlock_cli.sources import Unit, display
from interlock_cli.text_files import read_text

if TYPE_CHECKING:
    from interlock_dsl.analysis.examination.examined import Examined
    from interlock_dsl.analysis.facts import Facts
    from interlock_dsl.compiler.stages import Lint
    from interlock_dsl.diagnostics import Diagnostic
    from interlock_dsl.program.model import Program, Workflow


PARTS = {
    "load": "parse",
    "resolve": "analyse",
    "types": "analyse",
    "outline": "analyse",
    "check": "analyse",
    "seal": "lower",
    "allow": "lint",
}
"""What a stage of the compiler is part of, where the part has another name."""


class Stopwatch:
    """What each part of checking took, over all that is compiled: parse, analyse, lower, lint, prove. Seconds."""

    def __init__(self) -> None:
        self.parts: dict[str, float] = {}
        self._last = time.perf_counter()

    def begin(self) -> None:
        """Count from here."""
        self._last = time.perf_counter()

    def __call__(self, stage: str) -> None:
        """Note that a stage is done."""
        now = time.perf_counter()
        part = PARTS.get(stage, stage)
        self.parts[part] = self.parts.get(part, 0.0) + now - self._last
        self._last = now


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a unit: its program (None if there is an error), what was found, and what comments allow.

    `examined` is what the rules of lint have seen, None without them. `facts` is what is known of a program's texts,
    None of a bundle, or if there is an error.
    """

    program: "Program | None"
    found: "tuple[Diagnostic, ...]" = ()
    allowed: "tuple[tuple[Diagnostic, str], ...]" = ()
    examined: "Examined | None" = None
    facts: "Facts | None" = None


def examine(unit: Unit, clock: Stopwatch | None = None, lint: "Lint | None" = None) -> Checked:
    """Compile a unit. With `lint`, its rules are run too."""
    from interlock_dsl.compiler.compile import compilation

    if unit.bundle is not None:
        return Checked(_loaded(unit.bundle))
    if clock is not None:
        clock.begin()
    made = compilation(unit.entries, unit.read, clock, lint)
    return Checked(made.program, made.report.ordered(), made.allowed, made.examined, made.facts)


def _loaded(path: Path) -> "Program":
    """Return the program of a bundle. Raises CommandError if it is none, or not the program that it says it is."""
    from interlock_dsl.program import bundle

    shown = display(path)
    try:
        program = bundle.load(read_text(path, bundle.LARGEST, f"`{shown}`").encode())
    except bundle.BundleError as problem:
        again = "compile it again with `interlock compile`"
        raise CommandError(f"`{shown}` cannot be used: {problem}", again) from problem
    return program


def compiled(unit: Unit) -> "Program":
    """Return a unit's program. Raises `DiagnosticError`, which `main` shows, if it has an error."""
    return program_of(examine(unit))


def program_of(checked: Checked) -> "Program":
    """Return the program of a unit that was examined. Raises `DiagnosticError` if it has an error."""
    from interlock_dsl.diagnostics import DiagnosticError

    if checked.program is None:
        raise DiagnosticError(checked.found)
    return checked.program


def compiled_again(sources: Mapping[str, str], digest: str) -> "Program":
    """Return the program of a journal, which must still have the digest it had.

    Raises CommandError where this release reads the sources differently than the one that ran them.
    """
    from interlock_dsl.compiler.compile import compile_sources
    from interlock_dsl.diagnostics import DiagnosticError

    help = "use the release of interlock that started the run"
    try:
        program = compile_sources(sources)
    except DiagnosticError as error:
        raise CommandError(f"the program of this run no longer compiles: {error.diagnostics[0]}", help) from error
    if program.digest != digest:
        raise CommandError(
            f"the program of this run means something else now: {digest[:12]} became {program.digest[:12]}", help
        )
    return program


def the_workflow(program: "Program", name: str) -> "Workflow":
    """Return the workflow of that name; without one the only one, or the only one that no other runs.

    Raises CommandError if that is none or unclear.
    """
    from interlock_dsl.program.paths import workflows_run

    known = list(program.workflows)
    if name:
        if name not in program.workflows:
            otherwise = "" if known else "the files declare none"
            raise CommandError(f"there is no workflow `{name}`", did_you_mean(name, known, otherwise))
        return program.workflows[name]
    inside = workflows_run(program)
    outermost = [each for each in known if each not in inside]
    if len(outermost) == 1:
        return program.workflows[outermost[0]]
    if not known:
        raise CommandError("the files declare no workflow", "`workflow NAME(...) { ... }` declares one")
    raise CommandError(
        f"there are {len(known)} workflows", "`--workflow` says which: " + ", ".join(f"`{each}`" for each in known)
    )
