"""What `import interlock` offers, and that it costs nothing until it is used.

`face.txt` holds the public names and signatures; a change that is meant is written with
`python tests/runtime/test_face.py`, and read in the diff.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import interlock

FACE = Path(__file__).with_name("face.txt")


def lines() -> Iterator[str]:
    for name, home in sorted(interlock._HOME.items()):
        module = import_module(home)
        made = getattr(module, name)
        yield from described(name, definition(made.__module__, name))


def definition(module: str, name: str) -> ast.ClassDef | ast.FunctionDef:
    tree = ast.parse(Path(str(import_module(module).__file__)).read_text())
    (found,) = (node for node in tree.body if getattr(node, "name", "") == name)
    assert isinstance(found, ast.ClassDef | ast.FunctionDef)
    return found


def described(name: str, node: ast.ClassDef | ast.FunctionDef) -> Iterator[str]:
    """Yield the signatures as they are written: a dataclass's fields, a class's public methods, a function's own."""
    if isinstance(node, ast.FunctionDef):
        yield signature(name, node)
        return
    yield f"{name}({', '.join(map(ast.unparse, node.bases))})" if node.bases else name
    for member in node.body:
        if isinstance(member, ast.AnnAssign) and not ast.unparse(member.target).startswith("_"):
            yield f"  {ast.unparse(member)}"
        elif isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef) and public(member.name):
            yield "  " + signature(member.name, member)


def public(name: str) -> bool:
    return not name.startswith("_") or name == "__init__"


def signature(name: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    before = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    after = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    if any(ast.unparse(decorator) == "property" for decorator in node.decorator_list):
        return f"{name}{after}"
    return f"{before}{name}({ast.unparse(node.args)}){after}"


def written() -> str:
    return "".join(f"{line}\n" for line in lines())


def test_the_public_names_and_signatures_are_as_agreed() -> None:
    assert written() == FACE.read_text(), "if this is meant: python tests/runtime/test_face.py"


def test_names_for_type_checkers_and_for_python_are_the_same() -> None:
    tree = ast.parse(Path(interlock.__file__).read_text())
    checked = {
        (alias.asname, node.module)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module != "importlib" and node.module != "typing"
        for alias in node.names
    }
    homes = {(name, home) for home, names in interlock._HOMES.items() for name in names}
    assert checked == homes
    assert sorted(interlock.__all__) == sorted(name for name, _ in homes) == sorted(dir(interlock))


def test_a_name_that_is_not_there_is_missed() -> None:
    with pytest.raises(AttributeError, match="module `interlock` has no `Runtme`"):
        _ = interlock.Runtme


def test_importing_it_imports_nothing_else() -> None:
    code = (
        "import sys; import interlock;"
        "heavy = {'pydantic', 'pydantic_core', 'lark', 'networkx', 're2', 'sqlite3', 'asyncio', 'pydantic_ai'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_driving_runs_does_not_import_the_models_extra() -> None:
    code = (
        "import sys; from interlock import Runtime, Toolbox, SqliteJournal, compile_text;"
        "print([name for name in ('pydantic_ai', 'openai', 'click', 'yaml') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


if __name__ == "__main__":
    FACE.write_text(written())
