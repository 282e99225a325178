"""What holds for every file of code: it fits in the head, it is finished, and the pure packages are pure."""

import ast
import re
import statistics
from collections.abc import Callable
from pathlib import Path

from repository.files import PURE, ROOT, code, committed

SHIPPED = ("dsl", "engine", "policies", "apps")
LONGEST_FILE = 400
LONGEST_TEST_FILE = 600
LONGEST_FUNCTION = 100


def test_every_file_fits_in_the_head(record_property: Callable[[str, object], None]) -> None:
    lengths = {path: len((ROOT / path).read_text().splitlines()) for path in code()}
    shipped = [lengths[path] for path in code(*SHIPPED)]
    record_property("median length of a shipped file", statistics.median(shipped))
    most = {path: LONGEST_TEST_FILE if path.parts[0] == "tests" else LONGEST_FILE for path in lengths}
    assert {str(path): length for path, length in lengths.items() if length >= most[path]} == {}
    assert statistics.median(shipped) <= 150


def test_no_function_is_endless() -> None:
    long = {
        f"{path}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for path, node in _nodes(*SHIPPED)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= LONGEST_FUNCTION
    }
    assert long == {}


def test_no_file_is_named_after_nothing() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "stuff"}
    assert [str(path) for path in committed() if vague & {path.stem, *path.parts}] == []


def test_nothing_is_left_to_do() -> None:
    """No marker of unfinished work; the words are spelled so that this file does not find itself."""
    unfinished = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK)\b|NotImple" + r"mentedError")
    assert _lines_with(unfinished, code()) == []


def test_the_checkers_are_silenced_only_by_name() -> None:
    """A line may be excused from one named rule of a checker, never from all of them."""
    blanket = re.compile(r"#\s*(type: ig" + r"nore|pyright: ig" + r"nore)(?!\[)|#\s*no" + r"qa(?!: [A-Z])")
    assert _lines_with(blanket, code()) == []


def test_nothing_refers_to_the_machine_it_was_written_on() -> None:
    """No absolute path of anybody's disk, in any file at all."""
    absolute = re.compile(r"(?<![\w.~}\])/])/(wo" + r"rk|home|ro" + r"ot|Users|tm" + r"p)/")
    texts = [path for path in committed() if path.suffix in (".py", ".md", ".toml", ".ilk", ".yaml", ".json", "")]
    assert _lines_with(absolute, texts) == []


def test_the_pure_packages_ask_the_world_for_nothing() -> None:
    """The imports are held by the layers' contracts; these are the doors that need no import, or a harmless one.

    A file that can be run as a program may print.
    """
    doors = {"now", "today", "utcnow", "fromtimestamp", "open", "print", "input", "exec", "breakpoint"}
    found = [
        f"{path}:{node.lineno} {name}"
        for path, node in _nodes(*PURE)
        if isinstance(node, ast.Call) and (name := _called(node)) in doors and not (name == "print" and _program(path))
    ]
    assert found == []


def _program(path: Path) -> bool:
    return 'if __name__ == "__main__":' in (ROOT / path).read_text()


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(name):
            return name
        case ast.Attribute(ast.Name("datetime" | "date"), name):
            return name
        case _:
            return ""


def _nodes(*folders: str) -> list[tuple[Path, ast.AST]]:
    return [(path, node) for path in code(*folders) for node in ast.walk(ast.parse((ROOT / path).read_text()))]


def _lines_with(pattern: re.Pattern[str], paths: tuple[Path, ...] | list[Path]) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()}"
        for path in paths
        for number, line in enumerate((ROOT / path).read_text().splitlines(), start=1)
        if pattern.search(line)
    ]
