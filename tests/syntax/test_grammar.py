"""The grammar, its tables, and what depends on the names in it."""

import re
import subprocess
import sys
from pathlib import Path

from lark import Lark

from interlock_dsl.diagnostics.messages.syntax import PHRASES
from interlock_dsl.syntax import recovery, tables, vicinity
from interlock_dsl.syntax.builder import FileBuilder
from interlock_dsl.syntax.scan import NEVER_NAMES, scanner

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*/*.ilk"))


def test_the_tables_are_fresh_and_the_grammar_has_no_conflicts():
    # `generate` refuses a grammar with shift/reduce or reduce/reduce conflicts.
    assert tables.generate() == (Path(tables.__file__).parent.parent / tables.FILE_NAME).read_text("utf-8")


def test_conflicts_would_be_noticed(monkeypatch):
    ambiguous = 'file: sum\nexpression: sum\nsum: sum "+" sum | "a"\n'
    monkeypatch.setattr(tables, "_package_text", lambda name: ambiguous if name == "syntax/grammar.lark" else "")
    try:
        tables.generate()
    except Exception as error:
        assert "conflict" in str(error).lower()
    else:
        raise AssertionError("no conflict was noticed")


def test_lark_itself_accepts_the_examples():
    lark = Lark(
        "".join(map(tables._package_text, tables.GRAMMARS)),
        parser="lalr",
        lexer="contextual",
        start="file",
        maybe_placeholders=False,
    )
    assert EXAMPLES
    for path in EXAMPLES:
        lark.parse(path.read_text("utf-8"))


def test_the_builder_has_a_method_for_every_rule():
    missing = {rule.method for rule in tables.load().rules if rule.method and not rule.alone}
    assert {name for name in missing if not hasattr(FileBuilder, name)} == set()


def test_rules_that_messages_and_recovery_name_exist():
    firsts = tables.load().firsts
    assert PHRASES.keys() <= firsts.keys()
    assert firsts.keys() >= recovery.ITEMS


def test_keywords_before_signs_are_never_names():
    """A keyword that the grammar itself puts before `->`, `,`, `:` or `?` must not be read as a name there."""
    rows = tables.load().rows
    signs = {terminal.name for terminal in tables.load().terminals if terminal.pattern in ("->", ",", ":", "?")}
    entered = {word: {row[kind] for row in rows if row.get(kind, -1) >= 0} for word, kind in scanner().keywords.items()}
    followed = {
        word
        for word in scanner().soft
        if any(rows[state].get(sign, -1) >= 0 for state in entered[word] for sign in signs)
    }
    assert followed == NEVER_NAMES


def test_every_declaration_word_can_begin_a_declaration():
    first = tables.load().firsts["declaration"]
    assert {scanner().keywords[word] for word in vicinity.DECLARATIONS} == first


def test_reading_needs_no_lark():
    code = (
        "import sys;from interlock_dsl.syntax.parser import parse; parse('role x', 'x');sys.exit('lark' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_tables_do_not_depend_on_the_hash_seed():
    code = "from interlock_dsl.syntax.tables import generate; import zlib; print(zlib.crc32(generate().encode()))"
    seen = {
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1


def test_keywords_are_words():
    assert all(re.fullmatch("[a-z_]+", word) for word in scanner().keywords)
