"""What `check` keeps of proofs: certificates of promises, and witnesses as tests."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from interlock_cli.errors import CommandError
from interlock_cli.exit_codes import ExitCode
from interlock_cli.sources import STDIN, Unit
from interlock_cli.text_files import read_text

if TYPE_CHECKING:
    from interlock_cli.compiling import Checked
    from interlock_cli.formats.proof_models import CertificateJson, CertifiedJson
    from interlock_dsl.diagnostics import Witness

WITHOUT: Final = (
    "the solver is not installed, so what relates several values is left open; `pip install interlock[prove]`"
)
LARGEST: Final = 1 << 24
"""Bytes of a certificate that are read at most."""


SAVED: Final = "// Runs that witnesses tell, saved by `interlock check --save-tests`."
"""The first line of saved tests: a file without it is not written over."""


class Keeping:
    """What is to be kept of one `check`: the paths that were asked for, and what was found of each program."""

    def __init__(self, tests: Path | None, certificate: Path | None, claimed: Path | None) -> None:
        self._tests, self._certificate, self._claimed = tests, certificate, claimed
        self._checked: list[tuple[Unit, Checked]] = []
        self._without = False

    def add(self, unit: Unit, checked: "Checked") -> None:
        """Note what was found of a program."""
        self._without = self._without or (checked.examined is not None and checked.examined.reasoner.without)
        if self._tests or self._certificate or self._claimed:
            self._checked.append((unit, checked))

    def keep(self) -> int:
        """Write what was asked for, say what was missing; return 1 if a certificate differs, else 0."""
        from interlock_cli.present.console import err

        if self._without:
            err().print(f"note: {WITHOUT}", style="quiet", highlight=False, markup=False)
        if self._tests is not None:
            count = write_tests(self._tests, self._checked)
            err().print(f"{self._tests}: {count} test{'' if count == 1 else 's'}", style="quiet", highlight=False)
        if self._certificate is None and self._claimed is None:
            return ExitCode.CLEAN
        shown = [certified(unit, checked) for unit, checked in self._checked]
        if self._certificate is not None:
            write_certificate(self._certificate, shown)
        changes = [] if self._claimed is None else compared(self._claimed, shown)
        for change in changes:
            err().print(f"certificate: {change}", highlight=False)
        return ExitCode.FINDINGS if changes else ExitCode.CLEAN


def certified(unit: Unit, checked: "Checked") -> "CertifiedJson":
    """Return what was shown of the promises of a program. Raises CommandError where it has mistakes, or is a bundle."""
    name = ", ".join(unit.entries)
    if unit.bundle is not None:
        raise CommandError(f"nothing is proved of a bundle: {name}", "name the files that it was made of")
    if checked.program is None or checked.examined is None:
        raise CommandError(f"there is no certificate of files with mistakes: {name}", "`interlock check` lists them")
    return {
        "files": sorted(unit.entries),
        "digest": checked.program.digest,
        "promises": [
            {"id": j.id, "promise": j.stated, "answer": j.state.value, "reason": j.reason}
            for j in checked.examined.judgements
        ],
    }


def write_certificate(path: Path, programs: "list[CertifiedJson]") -> None:
    """Write a certificate."""
    from interlock_cli.formats.certificate import certificate

    _write(path, certificate(programs), "{")


def compared(path: Path, programs: "list[CertifiedJson]") -> list[str]:
    """Return in what a certificate differs from what was shown now. Raises CommandError where it is none."""
    from interlock_cli.formats.certificate import FORMAT, differences
    from interlock_cli.formats.schemas import printed

    text = read_text(path, LARGEST, f"`{path}`")
    try:
        claimed = printed("certificate").validate_json(text)
    except ValueError as problem:
        why = _not_a_certificate(problem)
        raise CommandError(f"`{path}` is not a certificate: {why}", "`check --certificate` writes one") from None
    made: CertificateJson = json.loads(text)
    assert isinstance(claimed, dict)
    if made["version"] != FORMAT:
        raise CommandError(f"`{path}` is a certificate of another form: version {made['version']}")
    return list(differences(made, programs))


def _not_a_certificate(problem: ValueError) -> str:
    """Say in words what keeps a text from being a certificate."""
    from pydantic import ValidationError

    assert isinstance(problem, ValidationError)
    first = problem.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return "it is not JSON"
    if not first["loc"]:
        return "it is JSON, but not an object"
    at = ".".join(map(str, first["loc"]))
    match first["type"]:
        case "missing":
            return f"`{at}` is missing"
        case "extra_forbidden":
            return f"`{at}` does not belong there"
        case _:
            return f"the value of `{at}` does not fit"


def write_tests(path: Path, programs: "Sequence[tuple[Unit, Checked]]") -> int:
    """Write the runs that witnesses tell as tests of the program, and return how many there are.

    Raises CommandError where there are several programs, or the file cannot be written.
    """
    from interlock_dsl.formatter.format import format

    units = [unit for unit, _ in programs]
    if len(units) != 1 or units[0].bundle is not None or STDIN in units[0].entries:
        raise CommandError("tests are saved of one program at a time", "name the files of one program")
    if not all(_usable(path, units[0], entry) for entry in units[0].entries):
        raise CommandError(f"`{path}` could not use the files", "save the tests beside them, or in their project")
    uses = [f'use "{_from(path, units[0].base / entry)}"' for entry in units[0].entries]
    tests: list[str] = []
    titles: dict[str, int] = {}
    for diagnostic in programs[0][1].found:
        if diagnostic.witness is not None and diagnostic.witness.rehearsed and diagnostic.witness.expects:
            title = f"{diagnostic.code} at line {diagnostic.span.line}"
            titles[title] = titles.get(title, 0) + 1
            count = f" ({titles[title]})" if titles[title] > 1 else ""
            tests.append(_test(f"{title}{count}", diagnostic.message, diagnostic.witness))
    _write(path, format("\n\n".join([SAVED, "\n".join(uses), *tests]) + "\n"), SAVED)
    return len(tests)


def _test(title: str, message: str, witness: "Witness") -> str:
    lines = "\n".join(f"  {line}" for line in (*witness.story, *witness.expects))
    said = " ".join(message.split())
    return f"// {said}\ntest {json.dumps(title)} of {witness.workflow} {{\n{lines}\n}}"


def _usable(path: Path, unit: Unit, entry: str) -> bool:
    """Say whether a file at a path may use an entry: `use` does not leave a project, or the folder of a file."""
    folder, root = path.resolve().parent, unit.project.root.resolve()
    together = unit.project.settings is not None and folder.is_relative_to(root)
    return together or (unit.base / entry).resolve().is_relative_to(folder)


def _from(path: Path, file: Path) -> str:
    """Return how a file is named in another."""
    return Path(os.path.relpath(file.resolve(), path.resolve().parent)).as_posix()


def _write(path: Path, text: str, begins: str) -> None:
    """Write a file. Raises CommandError where one stands there that does not begin as those that are written here."""
    try:
        if path.exists() and path.stat().st_size and not path.read_text("utf-8", "replace").startswith(begins):
            raise CommandError(f"`{path}` holds something else, which would be lost", "name another file, or remove it")
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise CommandError(f"cannot write `{path}`: {(error.strerror or str(error)).lower()}") from error
