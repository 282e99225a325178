"""The grammar as Lark reads it, and what depends on the names in it."""

import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from lark import GrammarError, Lark

from interlock_dsl.cel import parse as parse_expression
from interlock_dsl.cel.parser.grammar import EXPRESSIONS, PACKAGE
from interlock_dsl.diagnostics.messages.syntax import PHRASES
from interlock_dsl.syntax import recovery
from interlock_dsl.syntax.builder import FileBuilder
from interlock_dsl.syntax.grammar import FILES, grammar, lexer
from interlock_dsl.syntax.lexer import NEVER_NAMES, FileLexer
from interlock_dsl.syntax.parser import parse
from interlock_dsl.syntax.recovery.expectations import firsts
from interlock_dsl.syntax.recovery.surroundings import DECLARATIONS

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*/*.ilk"))
LANGUAGES = [FILES, EXPRESSIONS]
STRICT = {"parser": "lalr", "lexer": "contextual", "strict": True}


@pytest.mark.parametrize("language", LANGUAGES, ids=["files", "expressions"])
def test_the_grammars_have_no_conflicts(language):
    plugins = {"ContextualLexer": language.lexer}
    Lark.open_from_package(PACKAGE, language.path, start=language.start, _plugins=plugins, **STRICT)


def test_conflicts_would_be_noticed():
    ambiguous = 'file: sum\nsum: sum "+" sum | WORD\nIDENTIFIER: /x/\nWORD: /a/\n%ignore IDENTIFIER'
    with pytest.raises(GrammarError, match="conflict"):
        Lark(ambiguous, start="file", _plugins={"ContextualLexer": FileLexer}, **STRICT)


def test_the_lexer_of_lark_itself_accepts_the_examples():
    """Words that are names by what follows them are the only thing our lexer adds, and the examples have none."""
    lark = Lark.open_from_package(
        PACKAGE, FILES.path, parser="lalr", lexer="contextual", start="file", maybe_placeholders=False
    )
    assert EXAMPLES
    for path in EXAMPLES:
        lark.parse(path.read_text("utf-8"))


def test_the_builder_has_a_method_for_every_rule():
    """A rule that stands for its only part needs none."""
    needed = {
        (rule.alias or rule.origin.name).rpartition("__")[2]
        for rule in grammar().rules
        if not rule.origin.name.startswith("_")
        and not (rule.options.expand1 and not rule.alias and len(rule.expansion) == 1)
    }
    assert {name for name in needed if not hasattr(FileBuilder, name)} == set()


def test_rules_that_messages_and_recovery_name_exist():
    assert firsts().keys() >= PHRASES.keys() | recovery.ITEMS


def test_keywords_before_signs_are_never_names():
    """A keyword that the grammar itself puts before `->`, `,`, `:` or `?` must not be read as a name there."""
    nullable = {rule.origin.name for rule in grammar().rules if not rule.expansion}
    signs = {name for sign in ("->", ",", ":", "?") for name in [kind(sign)]}
    followed = set()
    for rule in grammar().rules:
        for at, symbol in enumerate(rule.expansion):
            for after in rule.expansion[at + 1 :]:
                if signs & firsts()[after.name]:
                    followed.add(symbol.name)
                if after.name not in nullable:
                    break
    assert {word for word in lexer().soft if lexer().keywords[word] in followed} == NEVER_NAMES


def kind(sign):
    (found,) = [terminal.name for terminal in grammar().terminals if terminal.pattern.value == sign]
    return found


def test_every_declaration_word_can_begin_a_declaration():
    assert {lexer().keywords[word] for word in DECLARATIONS} == firsts()["declaration"]


def test_keywords_are_words():
    assert all(re.fullmatch("[a-z_]+", word) for word in lexer().keywords)


@pytest.mark.parametrize(
    "module", ["interlock", "interlock_dsl.syntax.parser", "interlock_dsl.cel", "interlock_cli.main"]
)
def test_lark_is_loaded_by_the_first_parse(module):
    code = f"import sys, {module}; sys.exit('lark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_threads_parse_at_the_same_time():
    """One parser serves all threads: what each builds is its own."""
    text = "\n".join(f'role r{number} {{ reach "x{number}" }}' for number in range(40))
    expected, found = (parse(text, "f"), parse_expression("a + b * 2")), []
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [
            threading.Thread(target=lambda: found.append((parse(text, "f"), parse_expression("a + b * 2"))))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert found == [expected] * 8
