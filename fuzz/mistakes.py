"""Mistakes made by chance in programs that are right: how many of them does `interlock check` report?

    python fuzz/mistakes.py                          # 500 mutants of the examples
    python fuzz/mistakes.py --count 200 --seed 7 --show tests/realistic/*.ilk

A mutant is a program with one change that the grammar allows: an approval is dropped, a scope widened, a comparison
swapped, a bound removed, an `otherwise` deleted, a constant or a name changed, a clause, a rule or a row removed. What
is said to people and models (goals, tasks, reasons), how much time, money, text and tokens something may take (any
amount may be right), and tests are left as they are. A mutant is caught if `check` reports what it does not report of
the original, or if a test of the program fails; where `interlock diff` proves that the same is permitted, it is no
mistake. The seed is printed. The exit code is 1 if an original has findings, or if fewer are caught than must be.
"""

import argparse
import io
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from interlock.testing.runner import run_test
from interlock_cli.main import run
from interlock_dsl.compiler.compile import check
from interlock_dsl.compiler.stages import Lint
from interlock_dsl.diagnostics.edits import removal
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.model import Program
from interlock_dsl.syntax import tree
from interlock_dsl.syntax.parser import parse_with_places

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*/*.ilk"))
PROSE = frozenset({"goal", "task", "because", "question", "reach", "model", "instructions", "description"})
AMOUNTS = frozenset(
    {"budget", "steps", "tool_calls", "tokens", "turns", "cost", "time", "timeout", "retry", "within", "max"}
)
"""Clauses that are left as they are: for people and models; how much of what is used up."""
WHOLE: Mapping[type[tree.Node], str] = {
    tree.Grant: "grant", tree.Approval: "approval", tree.Escalate: "escalation", tree.RouteDecl: "route",
    tree.RuleDecl: "rule", tree.TableRow: "row", tree.EndDecl: "end", tree.AgentStep: "step", tree.CallStep: "step",
    tree.AskStep: "step", tree.EventStep: "step", tree.TimeStep: "step", tree.TableStep: "step", tree.SetStep: "step",
    tree.RoutesMode: "routes first",
    tree.NeverUnapproved: "promise", tree.NeverBefore: "promise", tree.Always: "promise", tree.Reaches: "promise",
    tree.EndsWithin: "promise", tree.EndsWithinSteps: "promise", tree.CostAtMost: "promise", tree.Argument: "argument",
    tree.FieldNode: "field", tree.AgentDecl: "agent", tree.ToolDecl: "tool", tree.RoleDecl: "role",
    tree.PolicyDecl: "policy", tree.TableDecl: "table", tree.TypeDecl: "type",
}  # fmt: skip
"""What is removed as a whole, and what it is called."""
NAMES: Mapping[tuple[type[tree.Node], str], str] = {
    (tree.RouteDecl, "sources"): "step", (tree.RouteDecl, "targets"): "step", (tree.Bound, "then"): "step",
    (tree.AgentStep, "agent"): "agent", (tree.AskStep, "role"): "role", (tree.Approval, "role"): "role",
    (tree.Escalate, "role"): "role", (tree.RuleDecl, "role"): "role", (tree.RuleDecl, "agent"): "agent",
    (tree.RuleDecl, "patterns"): "tool", (tree.NeverUnapproved, "tools"): "tool", (tree.ToolCall, "tool"): "tool",
    (tree.Grant, "scopes"): "scope", (tree.AgentDecl, "may"): "scope", (tree.ToolDecl, "needs"): "scope",
    (tree.WorkflowDecl, "may"): "scope", (tree.ToolDecl, "effect"): "effect", (tree.TableStep, "table"): "table",
    (tree.RouteDecl, "passes"): "passed field", (tree.AgentStep, "tools"): "tool",
}  # fmt: skip
"""Where a name is used, and what it is the name of: one is put in place of another of its kind."""
EFFECTS = ("read", "write", "irreversible")
SWAPS: Mapping[str, tuple[str, ...]] = {
    "<=": ("<", ">=", ">"), ">=": (">", "<=", "<"), "<": ("<=", ">"), ">": (">=", "<"), "==": ("!=",), "!=": ("==",),
    "&&": ("||",), "||": ("&&",), "!": ("",), "+": ("-",), "-": ("+",),
}  # fmt: skip
TOKENS = re.compile(
    r'"(?:[^"\\]|\\.)*"|//[^\n]*|<=|>=|==|!=|&&|\|\||->|\.\.|[<>!+-]|\d[\d_]*(?:\.\d+)?(?:ms|[smhd]\b)?|\w+|@\w+'
)


@dataclass(frozen=True)
class Mutant:
    """One change of one program: what kind it is of, where, and what stands there instead."""

    path: Path
    kind: str
    start: int
    end: int
    text: str

    def of(self, original: str) -> str:
        """Return the changed text."""
        return original[: self.start] + self.text + original[self.end :]

    def shown(self, original: str) -> str:
        """Return where it is and what was changed, on one line."""
        line = original.count("\n", 0, self.start) + 1
        before = " ".join(original[self.start : self.end].split())
        return f"{self.path.name}:{line}: {self.kind}: `{before[:70]}` -> `{self.text[:40]}`"


def nodes(value: object) -> Iterator[tree.Node]:
    """Yield the nodes of a tree, tests aside."""
    if isinstance(value, tuple):
        for each in value:
            yield from nodes(each)
    elif is_dataclass(value) and not isinstance(value, tree.TestDecl | Span | type):
        if isinstance(value, tree.Node):
            yield value
        for field in fields(value):
            if field.name != "span":
                yield from nodes(getattr(value, field.name))


def mutants(path: Path, text: str) -> Iterator[Mutant]:
    """Yield every mutant of a program; those that do not parse among them."""
    parsed = parse_with_places(text, path.name)
    tests = [(each.span.start, each.span.end) for each in parsed.file.declarations if isinstance(each, tree.TestDecl)]

    def inside_test(at: int) -> bool:
        return any(start <= at < end for start, end in tests)

    found = [node for node in nodes(parsed.file.declarations) if not inside_test(node.span.start)]
    for node in found:
        if type(node) in WHOLE:
            yield _removed(path, f"remove {WHOLE[type(node)]}", node.span)
    for place, clauses in parsed.places.items():
        for word, span in clauses.items():
            if word not in PROSE | AMOUNTS and not inside_test(place[0]):
                yield _removed(path, f"drop `{word}`", span)
    yield from _renamed(path, found)
    amounts = [span for clauses in parsed.places.values() for word, span in clauses.items() if word in PROSE | AMOUNTS]
    yield from _swapped(path, text, tests + [(span.start, span.end) for span in amounts])


def _removed(path: Path, kind: str, span: Span) -> Mutant:
    edit = removal(span)
    return Mutant(path, kind, edit.span.start, edit.span.end, "")


def _renamed(path: Path, found: Sequence[tree.Node]) -> Iterator[Mutant]:
    used: dict[str, list[tree.Ident]] = defaultdict(list)
    for node in found:
        for field in fields(node):
            what = NAMES.get((type(node), field.name))
            value = getattr(node, field.name)
            if what is not None:
                used[what] += [each for each in (value if isinstance(value, tuple) else (value,)) if each is not None]
    for what, idents in used.items():
        names = list(dict.fromkeys(EFFECTS if what == "effect" else (ident.text for ident in idents)))
        for ident in idents:
            place = ident.span
            for other in names:
                if other != ident.text:
                    yield Mutant(path, f"another {what}", place.start, place.end, other)
                    if what == "scope":
                        both = f"{ident.text}, {other}"
                        yield Mutant(path, "widen scope", place.start, place.end, both)
            if what == "tool" and "." in ident.text and not ident.text.endswith("*"):
                yield Mutant(path, f"widen {what}", place.start, place.end, ident.text.rpartition(".")[0] + ".*")


def _swapped(path: Path, text: str, kept: Sequence[tuple[int, int]]) -> Iterator[Mutant]:
    """Yield changes of single tokens outside of what is kept: operators, constants, labels."""
    strings = list(dict.fromkeys(m[0] for m in TOKENS.finditer(text) if m[0].startswith('"') and len(m[0]) < 20))
    for match in TOKENS.finditer(text):
        token, start, end = match[0], match.start(), match.end()
        if token.startswith("//") or any(first <= start < last for first, last in kept):
            continue
        for other in SWAPS.get(token, ()):
            yield Mutant(path, f"`{token}` becomes `{other}`", start, end, other)
        if token.startswith("@"):
            yield Mutant(path, "drop label", start, end, "")
        number = re.fullmatch(r"(\d[\d_]*)(\.\d+)?(ms|[smhd])?", token)
        if number is not None:
            whole = int(number[1])
            what = "duration" if number[3] else "number"
            for other in (whole * 10, whole + 1, whole // 10, max(whole - 1, 0)):
                if other != whole:
                    yield Mutant(path, f"another {what}", start, end, f"{other}{number[2] or ''}{number[3] or ''}")
        before = text[:start].rstrip()
        if (
            token in strings
            and re.search(r"(==|!=|\bin|when|then|[(,|\[:])$", before)
            and not re.search(r"\b(task|goal|because|question|reach|model|as)$", before)
        ):
            for other in strings:
                if other != token:
                    yield Mutant(path, "another text", start, end, other)


def chosen(paths: Sequence[Path], count: int, dice: random.Random) -> list[Mutant]:
    """Return so many mutants that parse and are different programs, of all kinds alike."""
    kinds: dict[str, list[Mutant]] = defaultdict(list)
    texts = {path: path.read_text() for path in paths}
    originals = {path: parse_with_places(text, "p").file.declarations for path, text in texts.items()}
    for path in paths:
        for mutant in dict.fromkeys(mutants(path, texts[path])):
            kinds[mutant.kind].append(mutant)
    picked: list[Mutant] = []
    while kinds and len(picked) < count:
        kind = dice.choice(sorted(kinds))
        mutant = kinds[kind].pop(dice.randrange(len(kinds[kind])))
        if not kinds[kind]:
            del kinds[kind]
        changed = parse_with_places(mutant.of(texts[mutant.path]), "p")
        if not changed.diagnostics and changed.file.declarations != originals[mutant.path]:
            picked.append(mutant)
    return picked


def examined(text: str, name: str) -> tuple[Program | None, set[tuple[str, str]]]:
    """Return the program of a text, and what `check` reports by default: codes and messages."""
    program, found = check((name,), {name: text}.__getitem__, lint=Lint())
    return program, {(each.code, each.message) for each in found}


def fails(program: Program) -> bool:
    """Say whether a test of the program fails."""
    return any(not run_test(program, test).passed for test in program.tests)


def main() -> int:
    """Make mutants, and print how they are caught and which are not."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("programs", nargs="*", type=Path, default=EXAMPLES)
    arguments.add_argument("--count", type=int, default=500)
    arguments.add_argument("--seed", type=int, default=None, help="default: by chance")
    arguments.add_argument("--show", action="store_true", help="list those that nothing catches")
    given = arguments.parse_args()
    seed = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    print(f"seed {seed}")
    originals = {path: examined(path.read_text(), path.name) for path in given.programs}
    noise = [f"{path}: {found}" for path, (_, findings) in originals.items() for found in sorted(findings)]
    print("".join(f"an original has a finding: {each}\n" for each in noise), end="")
    outcomes: Counter[str] = Counter()
    missed: list[tuple[str, str]] = []
    for mutant in chosen(given.programs, given.count, random.Random(seed)):
        text = mutant.path.read_text()
        outcome = judged(mutant, text, originals[mutant.path][1])
        outcomes[outcome] += 1
        if outcome == "missed":
            missed.append((mutant.kind, mutant.shown(text)))
    return report(outcomes, missed, show=given.show) or int(bool(noise))


def judged(mutant: Mutant, text: str, known: set[tuple[str, str]]) -> str:
    """Return what catches a mutant: `check`, `test`, or nothing: it is the `same` program, or `missed`."""
    program, found = examined(mutant.of(text), mutant.path.name)
    if found - known:
        return "check"
    if program is not None and fails(program):
        return "test"
    return "same" if is_the_same(text, mutant.of(text)) else "missed"


def is_the_same(one: str, other: str) -> bool:
    """Say whether `interlock diff` proves that two programs permit the same."""
    with TemporaryDirectory() as folder, redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        before, now = Path(folder, "before.ilk"), Path(folder, "now.ilk")
        before.write_text(one)
        now.write_text(other)
        return run(["diff", str(before), str(now)]) == 0


def report(outcomes: Counter[str], missed: Sequence[tuple[str, str]], *, show: bool) -> int:
    """Print the figures; return 1 if fewer are caught than must be."""
    total = outcomes.total()
    alone, together = outcomes["check"] / total, 1 - outcomes["missed"] / total
    print(
        f"{total} mutants: `check` reports {outcomes['check']} ({alone:.0%}), a test fails for {outcomes['test']} more"
    )
    print(f"{outcomes['same']} permit the same; together {together:.0%}, missed {outcomes['missed']}")
    lines: dict[str, list[str]] = defaultdict(list)
    for kind, line in missed:
        lines[kind].append(line)
    for kind, shown in sorted(lines.items(), key=lambda item: -len(item[1])):
        print(f"{len(shown):>4}  {kind}")
        if show:
            print("".join(f"        {line}\n" for line in shown), end="")
    return int(alone < 0.75 or together < 0.95)


if __name__ == "__main__":
    sys.exit(main())
