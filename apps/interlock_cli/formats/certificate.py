"""A certificate: what was shown of the promises of programs, to be shown again by whoever relies on it.

It is a claim, not a signature: `check --certificate-of` proves the same promises anew and compares the answers.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from interlock_cli.present.output import json_text

if TYPE_CHECKING:
    from interlock_cli.formats.proof_models import CertificateJson, CertifiedJson

FORMAT: Final = 1
"""The version of the form of a certificate."""


def certificate(programs: "list[CertifiedJson]") -> str:
    """Return the certificate of what was shown of some programs, as JSON."""
    from interlock_cli.version import version

    made: CertificateJson = {
        "version": FORMAT,
        "interlock": version(),
        "solver": solver(),
        "programs": sorted(programs, key=lambda program: program["files"]),
    }
    return json_text(made)


def solver() -> str | None:
    """Return the solver that proofs ask, with its version; None where none is installed."""
    try:
        from interlock_dsl.analysis.prove import VERSION
    except ModuleNotFoundError:
        return None
    return f"z3 {VERSION}"


def differences(claimed: "CertificateJson", shown: "list[CertifiedJson]") -> Iterator[str]:
    """Yield in what a certificate differs from what is shown now, one line each."""
    before = {tuple(program["files"]): program for program in claimed["programs"]}
    now = {tuple(program["files"]): program for program in shown}
    for files in sorted(before.keys() - now.keys()):
        yield f"{', '.join(files)}: in the certificate, and not among the files"
    for files in sorted(now.keys() - before.keys()):
        yield f"{', '.join(files)}: not in the certificate"
    for files in sorted(before.keys() & now.keys()):
        yield from _changes(", ".join(files), before[files], now[files])


def _changes(name: str, before: "CertifiedJson", now: "CertifiedJson") -> Iterator[str]:
    if before["digest"] != now["digest"]:
        yield f"{name}: the program {before['digest'][:12]} became {now['digest'][:12]}"
    answers = {promise["id"]: promise["answer"] for promise in before["promises"]}
    shown = {promise["id"]: promise["answer"] for promise in now["promises"]}
    for id in sorted(answers.keys() | shown.keys()):
        if answers.get(id) != shown.get(id):
            yield f"{name}: {id} was {answers.get(id, 'not promised')} and is {shown.get(id, 'not promised')}"
