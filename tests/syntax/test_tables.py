"""Saved tables: the same parser, from plain data, and never stale."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from lark import Lark

from interlock_dsl.cel.parser import grammar as shared
from interlock_dsl.cel.parser.builder import ExpressionBuilder
from interlock_dsl.cel.parser.grammar import EXPRESSIONS, building
from interlock_dsl.cel.parser.lexer import Reading
from interlock_dsl.diagnostics.source import Source
from interlock_dsl.syntax.builder import FileBuilder
from interlock_dsl.syntax.grammar import FILES

LANGUAGES = [FILES, EXPRESSIONS]
ROOT = Path(__file__).parents[2]
EXAMPLE = Source("example", sorted((ROOT / "examples").glob("*/*.ilk"))[-1].read_text("utf-8"))
CONDITION = Source("condition", "a.b + 1 in [x, 2u] ? -1 : {'k': foo(3-1).all(x, x > y)}[?'k']")


@pytest.fixture
def packaged(monkeypatch):
    """Return what stands for the files of the package; those that are not in it are the real ones."""
    files: dict[str, bytes] = {}
    real = shared.get_data
    monkeypatch.setattr(shared, "get_data", lambda package, path: files.get(path) or real(package, path))
    return files


@pytest.fixture
def builds(monkeypatch):
    """Return the list of the grammars whose tables were built in memory."""
    built: list[str] = []
    real = Lark.open_from_package

    def opened(package, path, *arguments, **options):
        built.append(path)
        return real(package, path, *arguments, **options)

    monkeypatch.setattr(Lark, "open_from_package", opened)
    return built


def parsed(language, parser):
    if language.start == FILES.start:
        builder = FileBuilder(Reading(EXAMPLE))
        with building(builder):
            return parser.parse(builder.reading).declarations
    with building(ExpressionBuilder(CONDITION)):
        return parser.parse(Reading(CONDITION))


@pytest.mark.parametrize("language", LANGUAGES, ids=["files", "expressions"])
def test_saved_tables_are_the_tables_of_the_grammar(language, packaged, builds):
    packaged[language.tables_path] = language.tables().encode()
    builds.clear()
    loaded = language.parser()
    assert builds == []
    assert parsed(language, loaded) == parsed(language, language.build())


@pytest.mark.parametrize("language", LANGUAGES, ids=["files", "expressions"])
@pytest.mark.parametrize(
    "what", ["nothing", "another grammar", "another version", "another import", "another digest", "half"]
)
def test_stale_tables_are_built_in_memory(language, what, packaged, builds, monkeypatch):
    tables = language.tables().encode()
    packaged[language.tables_path] = tables
    match what:
        case "nothing":
            packaged[language.tables_path] = b" "
        case "another grammar":
            packaged[language.path] = (shared.get_data(shared.PACKAGE, language.path) or b"") + b"\n// changed\n"
        case "another version":
            monkeypatch.setattr(shared.lark, "__version__", "0")
        case "another import":
            packaged["cel/parser/grammar.lark"] = b"// changed\n"
        case "half":
            packaged[language.tables_path] = tables[: len(tables) // 2]
        case _:
            packaged[language.tables_path] = tables.replace(b'"digest":"', b'"digest":"0', 1)
    builds.clear()
    assert parsed(language, language.parser())
    assert builds == [language.path]


@pytest.mark.parametrize("language", LANGUAGES, ids=["files", "expressions"])
def test_tables_do_not_name_this_machine(language):
    text = language.tables()
    assert str(ROOT) not in text
    assert json.loads(text)["digest"] == language.digest()


def test_no_module_of_the_language_unpickles():
    code = (
        "import sys; from interlock_dsl.syntax.parser import parse; import pickle;"
        "pickle.load = pickle.loads = pickle.Unpickler = None; parse('role r', 'x'); parse('role r { }', 'y')"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
