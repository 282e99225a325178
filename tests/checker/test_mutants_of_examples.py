"""The mutator of `fuzz/mistakes.py` changes one place, makes what parses, and is silent on the originals."""

import random
import sys
from pathlib import Path

import pytest

from interlock_dsl.syntax.parser import parse_partial

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "fuzz"))

import mistakes  # noqa: E402


@pytest.mark.parametrize("path", mistakes.EXAMPLES, ids=lambda path: path.stem)
def test_nothing_is_reported_of_the_examples(path: Path) -> None:
    assert mistakes.examined(path.read_text(), path.name)[1] == set()


def test_mutants_are_the_same_for_a_seed_and_of_all_kinds() -> None:
    made = mistakes.chosen(mistakes.EXAMPLES, 400, random.Random(5))
    assert made[:20] == mistakes.chosen(mistakes.EXAMPLES, 20, random.Random(5))
    kinds = {mutant.kind for mutant in made}
    wanted = {
        "remove approval",
        "widen scope",
        "drop `in`",
        "drop `otherwise`",
        "another number",
        "remove rule",
    }
    assert wanted - kinds == set() and any("` becomes `" in kind for kind in kinds)
    for mutant in made:
        original = mutant.path.read_text()
        text = mutant.of(original)
        assert parse_partial(text, "m")[1] == () and text != original
        assert text.startswith(original[: mutant.start]) and text.endswith(original[mutant.end :])
        _, tests, rest = original.partition('\ntest "')
        assert tests + rest in text


def test_a_mutant_is_caught_by_the_checker_by_a_test_or_by_nothing() -> None:
    (path,) = (path for path in mistakes.EXAMPLES if path.stem == "refund")
    text = path.read_text()

    def judged(before: str, after: str) -> str:
        start = text.index(before)
        return mistakes.judged(mistakes.Mutant(path, "by hand", start, start + len(before), after), text, set())

    assert judged("otherwise", "when assess.amount > 10_000") == "check"
    assert judged("args.amount > 100_000", "args.amount < 100_000") == "test"
    assert judged('"large"', '"huge"') == "missed"
    assert judged("assess.amount > 0 &&", "0 < assess.amount &&") == "same"
