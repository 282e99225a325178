"""The programs of a journal's runs: kept as sources and as a bundle, and brought back by their digest.

The bundle comes first: it is the program that ran, however this version compiles the sources or computes digests. A
journal without one, or with one of another format, has its sources compiled again.
"""

import asyncio
from collections.abc import Iterable, Mapping

from interlock.errors import ProgramMismatch, UnknownProgram
from interlock.journal.journal import Journal
from interlock_dsl.diagnostics import DiagnosticError
from interlock_dsl.program import bundle
from interlock_dsl.program.model import Program


async def keep(journal: Journal, program: Program) -> None:
    """Store a program's sources and its bundle, unless the journal has them. A large bundle takes a second to write."""
    try:
        journal.program(program.digest)
    except UnknownProgram:
        data = await asyncio.to_thread(_dumped, program)
        journal.keep_program(program.digest, program.sources, data)


def keep_now(journal: Journal, program: Program) -> None:
    """Store a program as `keep` does, without an event loop."""
    try:
        journal.program(program.digest)
    except UnknownProgram:
        journal.keep_program(program.digest, program.sources, _dumped(program))


def _dumped(program: Program) -> bytes:
    try:
        return bundle.dump(program)
    except bundle.BundleError:  # too large for one: its sources will do
        return b""


def bundled(journal: Journal, digest: str) -> Program | None:
    """Return the program of a digest from its bundle in a journal; None if it has none that can be used."""
    data = journal.bundle(digest)
    try:
        program = bundle.load(data) if data else None
    except bundle.BundleError:
        return None
    return program if program is not None and program.digest == digest else None


def program_of(journal: Journal, run: str, digest: str, at_hand: Mapping[str, Program]) -> Program:
    """Return the program of a run: at hand, from its bundle, or compiled again from its sources.

    Raises `UnknownProgram`, and `ProgramMismatch` where the sources do not give the program of that digest any more.
    """
    if digest in at_hand:
        return at_hand[digest]
    found = bundled(journal, digest)
    if found is not None:
        return found
    from interlock_dsl.compiler.compile import compile_sources

    try:
        program = compile_sources(journal.program(digest))
    except DiagnosticError as error:
        raise ProgramMismatch(
            f"run {run}: its program does not compile with this version: {error.diagnostics[0]}"
        ) from None
    if program.digest != digest:
        raise ProgramMismatch(
            f"run {run} belongs to the program {digest}; the sources in the journal compile to {program.digest} "
            "with this version"
        )
    return program


def problem_of(digest: str, sources: Mapping[str, str], data: bytes) -> str:
    """Return what is wrong with what a journal keeps for a program; empty where nothing is."""
    from interlock_dsl.compiler.compile import compile_sources

    try:
        if data and not _is(bundle.load(data), digest):
            return f"the bundle kept for the program {digest} is that of another one: it was exchanged"
        found = compile_sources(sources).digest
    except bundle.BundleError as problem:
        return f"the bundle kept for the program {digest} cannot be used: {problem}"
    except DiagnosticError as error:
        return f"the sources kept for the program {digest} do not compile: {error.diagnostics[0]}"
    if found == digest:
        return ""
    return (
        f"the sources kept for the program {digest} are those of another one, {found}: "
        "they were exchanged, or this version compiles them differently"
    )


def _is(program: Program, digest: str) -> bool:
    return program.digest == digest and bundle.authentic(program)


def by_digest(programs: Iterable[Program]) -> dict[str, Program]:
    """Return programs by their digest."""
    return {program.digest: program for program in programs}
