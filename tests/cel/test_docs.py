"""The examples of `docs/expressions.md`, every one of them, in both tiers; and the numbers it quotes."""

import re
from pathlib import Path

import pytest

from cel.running import evaluate_checked
from cel.test_conformance import SUITE
from interlock_dsl.cel import LEFT_OUT, DiagnosticError, EvaluationError, conformance
from interlock_dsl.cel.library import LIBRARIES

PAGE = (Path(__file__).parents[2] / "docs" / "expressions.md").read_text("utf-8")
ORDER = {"total": 12_000, "items": [{"sku": "book"}, {"sku": "gift"}], "customer": {"name": "Ada"}}


def examples() -> list[tuple[str, str]]:
    """Return every expression of the page with what stands after its arrow."""
    found: list[tuple[str, str]] = []
    for block in re.findall(r"^```cel\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE):
        pending = ""
        for line in block.splitlines():
            text, arrow, value = line.partition("// =>")
            pending += text if arrow else text + "\n"
            if arrow:
                found.append((pending.strip(), value.strip()))
                pending = ""
        assert not pending.strip(), f"no value is given for {pending}"
    return found


@pytest.mark.parametrize(("text", "expected"), examples(), ids=[text[:40] for text, _ in examples()])
def test_an_example_has_the_value_it_says(text: str, expected: str) -> None:
    if expected.startswith("error: "):
        with pytest.raises((EvaluationError, DiagnosticError)) as raised:
            evaluate_checked(text, {"order": ORDER})
        error = raised.value
        code = error.code if isinstance(error, EvaluationError) else error.diagnostics[0].code
        assert code == expected.removeprefix("error: ")
    else:
        found = evaluate_checked(text, {"order": ORDER})
        wanted = evaluate_checked(expected)
        assert conformance.identical(found, wanted), f"{found!r}, not {wanted!r}"


def test_every_function_of_the_library_is_on_the_page() -> None:
    names = {function.name for table in LIBRARIES.values() for function in table}
    missing = {name for name in names if not re.search(rf"(?<!\w){re.escape(name)}\b", PAGE) and "@" not in name}
    assert missing == set()


def test_the_page_names_what_is_left_out() -> None:
    for what in ("messages", "cel.block", "getQuery"):
        assert f"`{what}`" in PAGE or what in PAGE.partition("## Left out")[2]
    assert set(LEFT_OUT) == {"block", "protos"}


def test_the_python_example_runs() -> None:
    (block,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    exec(compile(block, "docs/expressions.md", "exec"), {})


def test_the_numbers_are_those_of_the_runner() -> None:
    if not SUITE.is_dir():
        pytest.skip("the conformance suite of CEL is not beside the repository")
    shown = conformance.show(
        conformance.run(file.read_text() for file in SUITE.glob("*.json")), failures=True
    ).splitlines()
    counts = "\n".join(line for line in shown if not line.startswith("left out"))
    assert f"```\n{counts}\n```" in PAGE
