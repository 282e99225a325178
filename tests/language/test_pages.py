"""The language guide, run: every block of `.ilk` on every page says exactly what its comments say it does.

A block of ```` ```ilk ```` is a whole program; ```` ```ilk more ```` goes on from the last block of that page that was
one; ```` ```ilk in common.ilk ```` is a file that later blocks of its page may use. `// error: [code] "text"` (or
`warning`, `note`) stands on the line that earns the finding; `text` is part of its message, and `help: "text"` after it
of its help. A block without such comments has no findings at all, and its tests hold.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import interlock_dsl as grammar
from interlock.testing.coverage import untaken
from interlock.testing.runner import run_test
from interlock_dsl.analysis.lint import RULES, page_of
from interlock_dsl.compiler.compile import check
from interlock_dsl.compiler.stages import Lint
from interlock_dsl.diagnostics import CODES, Diagnostic
from interlock_dsl.diagnostics.lint_codes import LINT_CODES
from interlock_dsl.program.model import Program

LANGUAGE = Path(grammar.__file__).parent
EXPLAINED = sorted((LANGUAGE / "diagnostics" / "pages").glob("*.md"))
"""The page of each diagnostic code, which `interlock explain` prints."""
HERE = Path(__file__).parent
GUIDE = sorted(path for path in HERE.rglob("*.md") if path.name != "README.md")
PAGES = [*GUIDE, *EXPLAINED]
GRAMMAR = (LANGUAGE / "syntax" / "grammar.lark").read_text()
EXPECTATIONS = {
    "waits",
    "awaits",
    "calls",
    "never calls",
    "denied",
    "withheld",
    "escalates",
    "notifies",
    "redacts",
    "never notifies",
    "never redacts",
    "ends",
    "fails",
    "visits",
    "never visits",
}
DECISIONS = {"allows", "denies", "asks"}
EXPECTED = re.compile(r'//\s*(error|warning|note): \[([a-z-]+)\] "(.*?)"(?: help: "(.*?)")?(?=\s*(?://|$))')


@dataclass(frozen=True)
class Block:
    page: str
    line: int
    text: str
    before: str = ""
    files: tuple[tuple[str, str], ...] = ()

    @property
    def rule(self) -> str | None:
        """The rule of lint that a page is about: its blocks show what that rule finds, and no other is asked."""
        return Path(self.page).stem if Path(self.page).parts[0] == "lint" else None

    def program(self) -> tuple[Program | None, tuple[Diagnostic, ...]]:
        name = Path(self.page).name
        lint = None if self.rule is None else Lint(strict=True, only=frozenset({self.rule}), untaken=untaken)
        return check((name,), {**dict(self.files), name: self.before + self.text}.__getitem__, lint=lint)

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    def expected(self) -> list[tuple[int, str, str, str]]:
        lines = enumerate(self.text.splitlines(), self.line + 1)
        return [(n, m[1], m[2], m[3]) for n, line in lines for m in EXPECTED.finditer(line)]

    def found(self) -> list[tuple[int, str, str, str]]:
        _, diagnostics = self.program()
        shift = self.line - self.before.count("\n")
        return [(d.span.line + shift, d.severity.value, d.code, d.message) for d in diagnostics]


def label(page: Path) -> str:
    return str(page.relative_to(HERE)) if page in GUIDE else page.name


def texts() -> Iterator[tuple[str, str]]:
    """Yield each page: its label and its text. The page of a rule of lint is the docstring of its module."""
    for path in PAGES:
        yield label(path), path.read_text()
    for rule in RULES:
        yield f"lint/{rule}", page_of(rule)


def blocks() -> Iterator[Block]:
    for name, text in texts():
        whole, files = "", ()
        for match in re.finditer(r"^```ilk( more| in \S+)?\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            line = text[: match.start()].count("\n") + 1
            if match[1] == " more":
                yield Block(name, line, match[2], whole, files)
                continue
            whole = match[2]
            yield Block(name, line, match[2], "", files)
            if match[1] is not None:
                files = (*files, (match[1].removeprefix(" in "), match[2]))


@pytest.mark.parametrize("block", list(blocks()), ids=str)
def test_a_block_says_what_it_says(block: Block) -> None:
    found, expected = block.found(), block.expected()
    shown = "\n".join(f"{block.page}:{line}: {severity}: [{code}] {message}" for line, severity, code, message in found)
    helps = [(m[3], m[4]) for m in EXPECTED.finditer(block.text) if m[4]]
    said = block.program()[1]
    assert all(any(message in d.message and help in (d.help or "") for d in said) for message, help in helps)
    assert [entry[:3] for entry in found] == [entry[:3] for entry in expected], shown
    for (*_, message), (*_, text) in zip(found, expected, strict=True):
        assert text in message, shown


@pytest.mark.parametrize("block", [block for block in blocks() if 'test "' in block.text], ids=str)
def test_the_tests_on_the_pages_hold(block: Block) -> None:
    program, found = block.program()
    never = [d.span for d in found if d.code == "contradictory-test" or "is refused" in d.message]
    for test in program.tests if program is not None else ():
        fails = any(test.span.start <= span.start < test.span.end for span in never)
        assert (run_test(program, test).failures == ()) is not fails, test.title


def test_the_list_of_lines_of_a_test_is_whole() -> None:
    """Every kind of line the grammar knows stands in the list, and is used in a test that holds."""
    page = (Path(__file__).parent / "tests.md").read_text()
    listed = page[page.index("| line |") :]
    programs = [block.program()[0] for block in blocks() if block.page == "tests.md"]
    tests = [test for program in programs if program is not None for test in program.tests]
    used = {(act.kind, act.approves if act.kind == "decides" else None) for test in tests for act in test.acts}
    assert {kind for kind, _ in used} == {"decides", "passes", "comes", "proposes", *EXPECTATIONS, *DECISIONS}
    assert len(used) == len(EXPECTATIONS | DECISIONS) + 5
    for item in re.findall(r"-> (\w+)$", GRAMMAR[GRAMMAR.index("test_item:") : GRAMMAR.index("test_value:")], re.M):
        words = {
            "given": "given",
            "proposes": "call",
            "started": "started by",
            "approves": "approves",
            "denies": "denies",
        }.get(item)
        others = {
            "time_passes": "pass",
            "event_comes": "then event",
            "expect_awaits": "waits for event",
            "expect": "expect",
        }
        words = words or others.get(item, item.rpartition("_")[2])
        assert re.search(rf"^\| `[^`]*\b{words}\b", listed, re.M), item


UNSHOWN = {
    "bad-character", "failed-test", "messages-left-out", "not-text", "too-deep", "too-long", "too-many-errors",
    "unclosed-text", "unterminated-text",
}  # fmt: skip
"""Codes that no block can show: they are about bytes, sizes, quotes that run over a comment, or an expression alone."""


def test_every_page_has_blocks() -> None:
    assert len(PAGES) >= 11
    assert {name for name, _ in texts()} - {f"{code}.md" for code in UNSHOWN} == {block.page for block in blocks()}


def test_guide_and_mistakes_stand_beside_each_other() -> None:
    """The guide shows what works; each of its pages has one of mistakes, and every block there shows at least one."""
    guide = {page.name for page in GUIDE if page.parent == HERE}
    assert {page.name for page in GUIDE if page.parent.name == "mistakes"} == guide
    assert [str(block) for block in blocks() if block.page in guide and block.expected()] == []
    shown = {block.page for block in blocks() if block.page.startswith("mistakes/") and block.expected()}
    assert shown == {f"mistakes/{name}" for name in guide}


def test_the_parts_shown_in_the_reference_are_of_its_program() -> None:
    for page in (HERE / "reference").glob("*.md"):
        text = page.read_text()
        (program,) = re.findall(r"^```ilk\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        parts = re.findall(r"^```ilk part\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        assert parts and [part for part in parts if part not in program] == [], page.name


def test_every_word_of_the_grammar_is_in_the_reference() -> None:
    """The index in `docs/language.md` lists each keyword once, and the section it leads to shows it in its syntax."""
    index = (HERE.parents[1] / "docs" / "language.md").read_text()
    rows = re.findall(r"^\| `([a-z_]+)` \| (.*) \|$", index, re.MULTILINE)
    assert sorted(word for word, _ in rows) == sorted(set(re.findall(r'"([a-z][a-z_]*)"', GRAMMAR)))
    for word, links in rows:
        for page, anchor in re.findall(r"reference/(\w+\.md)#([\w-]+)\)", links):
            sections = re.split(r"^## ", (HERE / "reference" / page).read_text(), flags=re.MULTILINE)[1:]
            (section,) = (each for each in sections if slug(each.splitlines()[0]) == anchor)
            assert re.search(rf"\b{word}\b", section), (word, page, anchor)


def slug(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def test_every_code_has_a_page_that_shows_it() -> None:
    codes = [name for name, code in CODES.items() if not code.lint]
    assert [page.stem for page in EXPLAINED] == sorted(codes)
    shown = {(block.page, entry[2]) for block in blocks() for entry in block.expected()}
    assert [code for code in codes if (f"{code}.md", code) not in shown] == [c for c in codes if c in UNSHOWN]
    for page in EXPLAINED:
        assert page.read_text().startswith(f"# {page.stem}\n\n")


def test_a_rule_of_lint_is_a_module_a_page_and_cases() -> None:
    """The module explains its rule, with a program that fails and one that holds; so do the cases beside the guide."""
    modules = {path.stem.replace("_", "-") for path in (LANGUAGE / "analysis" / "lint").glob("*.py")} - {"--init--"}
    assert modules == {path.stem for path in (HERE / "lint").glob("*.md")} == set(RULES)
    shown = [(block.page, {code for _, _, code, _ in block.expected()}) for block in blocks() if block.rule]
    for rule in RULES:
        assert page_of(rule).startswith(f"# {rule}\n\n")
        for place in (f"lint/{rule}", f"lint/{rule}.md"):
            assert {rule in codes for where, codes in shown if where == place} == {True, False}, place


def test_every_code_is_reported_somewhere() -> None:
    folders = (LANGUAGE, LANGUAGE.parents[1] / "apps")
    files = [
        path for folder in folders for path in folder.rglob("*.py") if path.name not in ("codes.py", "lint_codes.py")
    ]
    code = "\n".join(path.read_text() for path in files)
    assert [name for name in CODES if f'"{name}"' not in code] == []


def test_no_two_codes_have_one_name() -> None:
    registry = (LANGUAGE / "diagnostics" / "codes.py").read_text()
    names = [*re.findall(r'\bCode\("([a-z-]+)"', registry), *(code.name for code in LINT_CODES)]
    assert sorted(names) == sorted(CODES)
