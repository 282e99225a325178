"""Which of the mistakes in this folder does the checker find?

    python tests/realistic/measure.py [--strict]

Beside each program stands a list of mistakes an author could make in it: what it is, the text that stands there, what
was written instead, and the codes that name the mistake.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from interlock_dsl.compiler.compile import check
from interlock_dsl.compiler.stages import Lint
from interlock_dsl.diagnostics import Diagnostic

HERE = Path(__file__).parent
PROGRAMS = sorted(HERE.glob("*.ilk"))


@dataclass(frozen=True)
class Mistake:
    program: str
    name: str
    text: str
    codes: frozenset[str]

    def __str__(self) -> str:
        return f"{self.program}: {self.name}"


def mistakes() -> Iterator[Mistake]:
    for path in PROGRAMS:
        text = path.read_text()
        for name, right, wrong, codes in yaml.safe_load(path.with_suffix(".yaml").read_text()):
            assert right in text, f"{path.name}: {name}: {right!r} does not stand in the program"
            yield Mistake(path.stem, name, text.replace(right, wrong, 1), frozenset(codes))


def findings(text: str, *, strict: bool = False) -> tuple[Diagnostic, ...]:
    return check(("mistake.ilk",), {"mistake.ilk": text}.__getitem__, lint=Lint(strict=strict))[1]


def main() -> None:
    strict = "--strict" in sys.argv
    known = {path.stem: {str(d) for d in findings(path.read_text(), strict=strict)} for path in PROGRAMS}
    total = found = named = 0
    for program, said in known.items():
        for line in sorted(said):
            print(f"{program}: without a mistake: {line}")
    for mistake in mistakes():
        said = [d for d in findings(mistake.text, strict=strict) if str(d) not in known[mistake.program]]
        codes = {d.code for d in said}
        total, found, named = total + 1, found + bool(said), named + bool(codes & mistake.codes)
        wanted = ", ".join(sorted(mistake.codes))
        if not said:
            print(f"{mistake}: missed ({wanted})")
        elif not codes & mistake.codes:
            print(f"{mistake}: found as {', '.join(sorted(codes))}, expected {wanted}")
        elif len(said) > 1:
            print(f"{mistake}: {len(said)} messages: {', '.join(sorted(codes))}")
    print(f"{total} mistakes: {found} found, {named} under an expected code")


if __name__ == "__main__":
    main()
