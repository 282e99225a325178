"""The stages of the compiler. Each takes what was handed on to it and returns that with what it adds; none changes it.

Each goes on after a mistake, so that all mistakes are reported at once; only lowering and sealing need a program in
which nothing is wrong. What a mistake makes unknowable is passed over in silence: a name that is not there is reported
where it is first used, and nothing that follows from it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from posixpath import normpath
from typing import TYPE_CHECKING

from interlock_dsl.analysis.packs.bind import bind_all
from interlock_dsl.analysis.symbols import Declarations, resolve
from interlock_dsl.analysis.types import Types
from interlock_dsl.cel.types import Type
from interlock_dsl.compiler.load import SHIPPED, Read, load
from interlock_dsl.diagnostics import Diagnostic
from interlock_dsl.diagnostics.messages import packs as say_pack
from interlock_dsl.diagnostics.report import Report
from interlock_dsl.program.model import Program
from interlock_dsl.syntax.clauses import Clauses
from interlock_dsl.syntax.tree import File, Use, UsePack

if TYPE_CHECKING:  # loaded when they are needed: a program without workflows needs no networkx
    from interlock_dsl.analysis.examination.examined import Examined
    from interlock_dsl.analysis.facts import Facts
    from interlock_dsl.analysis.workflows.outline import Outline


@dataclass(frozen=True, slots=True)
class Lint:
    """What is to be looked for in a program without mistakes, beside mistakes.

    By default what is certain or has a witness; `strict`: everything. `proofs`: whether the solver may be asked.
    `only`: the codes of the rules to run, None for all. `untaken` runs the tests of a program and returns the routes
    that none of them takes, as workflow and id; None: nobody here can run tests.
    """

    strict: bool = False
    proofs: bool = True
    only: frozenset[str] | None = None
    untaken: Callable[[Program], frozenset[tuple[str, str]]] | None = None


@dataclass(frozen=True, slots=True)
class Compilation:
    """What the stages have handed on. `entries` are paths; `read` gives their texts and those of the files they use.

    `unread` are the mistakes in the text; `facts` and `program` are None as long as there are mistakes. `allowed` are
    the findings that comments allow, with the reasons.
    """

    entries: tuple[str, ...]
    read: Read
    report: Report = field(default_factory=Report)
    files: tuple[File, ...] = ()
    packs: tuple[tuple[UsePack, File], ...] = ()
    clauses: Clauses = field(default_factory=Clauses)
    unread: tuple[Diagnostic, ...] = ()
    declarations: Declarations = field(default_factory=Declarations)
    types: Mapping[str, Type] = field(default_factory=dict)
    outlines: Mapping[str, "Outline"] = field(default_factory=dict)
    facts: "Facts | None" = None
    program: Program | None = None
    examined: "Examined | None" = None
    allowed: tuple[tuple[Diagnostic, str], ...] = ()


def load_files(unit: Compilation) -> Compilation:
    """Read and parse the files."""
    report = unit.report.copy()
    loaded = load(unit.entries, unit.read, report)
    files, packs = tuple(loaded.files.values()), tuple(loaded.packs)
    return replace(unit, report=report, files=files, clauses=loaded.clauses, packs=packs, unread=report.ordered())


def resolve_names(unit: Compilation) -> Compilation:
    """Collect the declarations by name."""
    report = unit.report.copy()
    for use in (each for file in unit.files for each in file.declarations if isinstance(each, Use)):
        if use.path.startswith(SHIPPED):
            report.add(say_pack.no_calls(use.path, use.span))
    uses = bind_all(unit.packs, report)
    return replace(unit, report=report, declarations=resolve(unit.files, report, uses))


def fold_constants(unit: Compilation) -> Compilation:
    """Put the values of constants in the places of their names."""
    read = (*unit.files, *(file for _, file in unit.packs))
    if not unit.declarations.constants and not any(file.named for file in read):
        return unit
    from interlock_dsl.analysis.constants import put_constants

    report = unit.report.copy()
    return replace(unit, report=report, declarations=put_constants(unit.declarations, report))


def declare_types(unit: Compilation) -> Compilation:
    """Work out the declared types."""
    report = unit.report.copy()
    types = Types(unit.declarations.reporting(report)).declared()
    return replace(unit, report=report, types=types)


def outline_workflows(unit: Compilation) -> Compilation:
    """Resolve the steps, ends and routes of each workflow, and build its graph."""
    if not unit.declarations.workflows:
        return unit
    from interlock_dsl.analysis.workflows.outline import outline

    report = unit.report.copy()
    symbols = unit.declarations.reporting(report)
    types = Types(symbols, unit.types)
    outlines = {name: outline(decl, symbols, types) for name, decl in symbols.workflows.items()}
    return replace(unit, report=report, outlines=outlines)


def judge_everything(unit: Compilation) -> Compilation:
    """Check all that is declared. Where text could not be read, only what is certain all the same is reported."""
    from interlock_dsl.analysis.judge import judge
    from interlock_dsl.analysis.packs.declared import check_packs

    report = unit.report.copy()
    symbols = unit.declarations.reporting(report)
    check_packs((*unit.files, *(file for _, file in unit.packs)), Types(symbols, unit.types), report)
    facts = judge(symbols, unit.types, unit.outlines, unit.clauses)
    failed = report.failed
    if unit.unread:
        from interlock_dsl.analysis.cascading import Certainty

        report.keep(Certainty(unit.files, unit.unread))
    return replace(unit, report=report, facts=None if failed else facts)


def lower_facts(unit: Compilation) -> Compilation:
    """Translate the facts into a program."""
    if unit.facts is None:
        return unit
    from interlock_dsl.lowering.program import lower

    sources = {file.source.name: file.source.text for file in unit.files}
    return replace(unit, program=lower(unit.facts, sources))


def seal_program(unit: Compilation) -> Compilation:
    """Give the program its digest."""
    if unit.program is None:
        return unit
    from interlock_dsl.program.digest import program_digest

    return replace(unit, program=replace(unit.program, digest=program_digest(unit.program)))


def lint_facts(unit: Compilation, wanted: Lint, after: Callable[[str], None] | None = None) -> Compilation:
    """Run the rules of lint. What they find does not keep the program from running. `after`: see `Reasoner`."""
    if unit.facts is None:
        return unit
    from interlock_dsl.analysis.examination.examined import Examined
    from interlock_dsl.analysis.examination.suppressions import suppressions
    from interlock_dsl.analysis.lint import lint
    from interlock_dsl.analysis.reasoning.reasoner import Reasoner
    from interlock_dsl.formatter.format import format

    report = unit.report.copy()
    program, untaken = unit.program, wanted.untaken
    examined = Examined(
        files=unit.files,
        declarations=unit.declarations,
        facts=unit.facts,
        entries=frozenset(map(normpath, unit.entries)),
        reasoner=Reasoner(proofs=wanted.proofs, after=after),
        found=report.ordered(),
        quiet=wanted.strict or any(suppressions(unit.files)),  # what comments allow is found, reported or not
        packs=tuple(file for _, file in unit.packs),
        untaken=frozenset() if program is None or untaken is None or not wanted.strict else untaken(program),
        format=format,
    )
    report.extend(lint(examined, strict=wanted.strict, only=wanted.only))
    return replace(unit, report=report, examined=examined)


def tell_uses(unit: Compilation) -> Compilation:
    """Say with each finding in a pack where it is used."""
    uses = {id(file.source): use.span for use, file in unit.packs}
    if not uses:
        return unit
    report = unit.report.copy()
    report.reword(lambda found: say_pack.used_here(found, at) if (at := uses.get(id(found.span.source))) else found)
    return replace(unit, report=report)


def leave_out_allowed(unit: Compilation) -> Compilation:
    """Leave out the findings that comments allow."""
    from interlock_dsl.analysis.examination.suppressions import suppressions

    comments = tuple(suppressions(unit.files))
    if not comments:
        return unit
    report = unit.report.copy()
    reasons = {found: each.reason for found in report.ordered() for each in comments if each.allows(found)}
    report.keep(lambda found: found not in reasons)
    return replace(unit, report=report, allowed=tuple(reasons.items()))
