"""Which small changes of the code do the tests not notice? A seeded sample of mutants, and those that survive.

    python fuzz/mutants.py --seed 1 --count 30 [--only decide,runtime] [--timeout 300]

A mutant is one change of one syntax tree: a comparison turned, `and` for `or`, an operand or a `not` dropped, a number
or a truth changed, a statement removed. Texts, annotations, docstrings and decorators are left alone. Mutants are made
in a copy of the repository, so the working tree is never touched; each runs the fast tests of its package, and dies
with the first that fails, or that does not come to an end. A survivor needs a test, or a reason why it is equivalent.
"""

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
COPIED: Final = (
    "apps",
    "bench",
    "docs",
    "dsl",
    "engine",
    "examples",
    "fuzz",
    "policies",
    "tests",
    "pyproject.toml",
    "README.md",
)
TESTS: Final = {
    "engine/interlock/decide": ("tests/decide", "tests/run/test_fail_closed.py"),
    "engine/interlock/run": ("tests/run", "tests/decide/test_authorizer.py"),
    "engine/interlock/journal": ("tests/journal",),
    "engine/interlock/runtime": ("tests/runtime",),
    "dsl/interlock_dsl/lowering": ("tests/language", "tests/compiler", "tests/run"),
    "dsl/interlock_dsl/analysis": ("tests/language", "tests/compiler"),
}
"""The packages that are mutated, and the tests that each must satisfy."""

_TURNED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change: where, what it was, what it is, and the whole file after it."""

    path: Path
    line: int
    before: str
    after: str
    source: str


class _Sites(ast.NodeVisitor):
    """Finds the nodes that may be changed, each with the ways to change it in place."""

    def __init__(self) -> None:
        self.found: list[tuple[ast.AST, Callable[[], None]]] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._body(node.body)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.visit(default)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._body(node.body)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_If(self, node: ast.If) -> None:
        if not (isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
            self.visit(node.test)
            self._body(node.body)
            self._body(node.orelse)

    def visit_Compare(self, node: ast.Compare) -> None:
        for at, operator in enumerate(node.ops):
            turned = _TURNED.get(type(operator))
            if turned is not None:
                self.found.append((node, partial(node.ops.__setitem__, at, turned())))
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        self.found.append((node, lambda: setattr(node, "op", other)))
        for at in range(len(node.values)):
            self.found.append((node, partial(node.values.__delitem__, at)))
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            # `not not x` is the truth of x, whatever x is.
            doubled = ast.UnaryOp(ast.Not(), node.operand)
            self.found.append((node, lambda: setattr(node, "operand", doubled)))
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self.found.append((node, lambda: setattr(node, "value", not node.value)))
        elif isinstance(node.value, int):
            changed = node.value + 1
            self.found.append((node, lambda: setattr(node, "value", changed)))

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Leave texts alone."""

    def visit_Raise(self, node: ast.Raise) -> None:
        """Leave what is said of an error alone; the statement itself may be removed."""

    def generic_visit(self, node: ast.AST) -> None:
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "type_params"):
                continue
            if name in ("body", "orelse", "finalbody") and isinstance(value, list):
                self._body(value)
            elif isinstance(value, list):
                for item in value:
                    if isinstance(item, ast.AST):
                        self.visit(item)
            elif isinstance(value, ast.AST):
                self.visit(value)

    def _body(self, statements: list[ast.stmt]) -> None:
        for at, statement in enumerate(statements):
            text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            if not text and _removable(statement):
                self.found.append((statement, partial(statements.__setitem__, at, ast.Pass())))
            if not text:
                self.visit(statement)


def _removable(statement: ast.stmt) -> bool:
    """Whether a statement may be missing without a name being missing."""
    match statement:
        case ast.Expr() | ast.AugAssign() | ast.Raise() | ast.Continue() | ast.Break() | ast.Delete():
            return True
        case ast.Assign(targets=targets):
            return all(isinstance(target, ast.Attribute | ast.Subscript) for target in targets)
        case ast.Return(value=value):
            return value is None
        case ast.If(orelse=[]):
            return True
        case _:
            return False


def mutants(path: Path) -> Iterator[Callable[[], Mutant]]:
    """Yield what makes each mutant of a file."""
    tree = ast.parse((ROOT / path).read_text())
    for number in range(len(_sites(tree))):
        yield partial(_made, path, tree, number)


def _sites(tree: ast.AST) -> list[tuple[ast.AST, Callable[[], None]]]:
    sites = _Sites()
    sites.visit(tree)
    return sites.found


def _made(path: Path, tree: ast.AST, number: int) -> Mutant:
    changed = deepcopy(tree)
    node, change = _sites(changed)[number]
    line, before = getattr(node, "lineno", 0), ast.unparse(node)
    change()
    ast.fix_missing_locations(changed)
    source = ast.unparse(changed)
    # A statement that was replaced is gone from the tree: its place holds `pass`.
    after = "(removed)" if isinstance(node, ast.stmt) else ast.unparse(node)
    return Mutant(path, line, before.splitlines()[0], after.splitlines()[0], source)


def sample(seed: int, count: int, only: frozenset[str]) -> list[Mutant]:
    """Return so many mutants, chosen evenly among all of the packages."""
    every = [
        make
        for package in TESTS
        if not only or Path(package).name in only
        for path in sorted((ROOT / package).rglob("*.py"))
        for make in mutants(path.relative_to(ROOT))
    ]
    chosen = random.Random(seed).sample(every, min(count, len(every)))
    print(f"{len(chosen)} of {len(every):,} mutants, seed {seed}", flush=True)
    return [make() for make in chosen]


def copied(folder: Path) -> Path:
    """Copy what the tests need."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".*cache"))
        elif source.exists():
            shutil.copy(source, folder / name)
    return folder


def notices(folder: Path, package: str, timeout: float) -> str:
    """Run the tests of a package in a copy; return how they ended, empty if all passed."""
    paths = os.pathsep.join(str(folder / name) for name in ("dsl", "engine", "policies", "apps", "tests"))
    command = [
        sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider",
        *(test for test in TESTS[package] if (folder / test).exists()),
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        return "no end"
    if ran.returncode == 0:
        return ""
    failed = [line for line in ran.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0][:100] if failed else f"exit code {ran.returncode}"


def main() -> int:
    """Print a line for each mutant, then the share that died; exit code 1 where it is below `--least`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--only", default="", help="packages by name, such as `decide,runtime`")
    parser.add_argument("--timeout", type=float, default=300.0, help="seconds for the tests of one mutant")
    parser.add_argument("--least", type=float, default=0.9, help="share of mutants that must die")
    given = parser.parse_args()
    chosen = sample(given.seed, given.count, frozenset(filter(None, given.only.split(","))))
    with tempfile.TemporaryDirectory() as made:
        folder = copied(Path(made))
        packages = {mutant: next(p for p in TESTS if mutant.path.is_relative_to(p)) for mutant in chosen}
        for package in sorted(set(packages.values())):
            began = time.perf_counter()
            problem = notices(folder, package, given.timeout)
            if problem:
                print(f"the tests of {package} fail without any change: {problem}")
                return 2
            print(f"{package}: {time.perf_counter() - began:.0f} s unchanged", flush=True)
        alive: list[Mutant] = []
        for mutant, package in packages.items():
            original = (folder / mutant.path).read_text()
            (folder / mutant.path).write_text(mutant.source)
            how = notices(folder, package, given.timeout)
            (folder / mutant.path).write_text(original)
            alive += [] if how else [mutant]
            place = f"{mutant.path}:{mutant.line}"
            print(f"{'died' if how else 'LIVES'}  {place}  {mutant.before}  ->  {mutant.after}  {how}", flush=True)
    share = 1 - len(alive) / max(len(chosen), 1)
    print(f"{share:.0%} of {len(chosen)} died; {len(alive)} live")
    for mutant in alive:
        print(f"  {mutant.path}:{mutant.line}  {mutant.before}  ->  {mutant.after}")
    return 0 if share >= given.least else 1


if __name__ == "__main__":
    sys.exit(main())
