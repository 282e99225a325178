"""Names that mean something in every workflow are refused for anything else, and listed where they are looked for."""

from pathlib import Path

import pytest

from interlock_dsl.compiler.compile import check_text
from interlock_dsl.program.builtins import RESERVED


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_a_name_that_is_taken_is_refused_with_all_that_are(name: str) -> None:
    found = check_text(f"workflow w() {{ step {name} sets {{ ok: true }} end done start -> {name} {name} -> done }}")[1]
    (taken,) = [each for each in found if each.code == "duplicate-definition"]
    assert f"a step cannot be called `{name}`" in taken.message
    assert taken.help is not None and all(f"`{each}`" in taken.help for each in RESERVED)


def test_the_reference_lists_the_names_that_are_taken() -> None:
    page = (Path(__file__).parents[2] / "docs" / "language.md").read_text()
    section = page.split("## Names\n")[1].split("these mean something")[0]
    assert set(section.split("`")[1::2]) == RESERVED


def test_a_failure_that_may_not_be_there_names_the_way_without_one() -> None:
    text = """tool a.b() -> { ok: bool } { needs a.b  effect read }
workflow w() {
  step s calls a.b()
  end done
  end bad gives up { because failure.message }
  start -> s grant a.b
  s -> bad on failure
  s -> bad when !s.ok
  s -> done when s.ok
}
"""
    (found,) = [each for each in check_text(text)[1] if each.code == "undefined-reference"]
    assert [label.span.text for label in found.labels] == ["failure", "s -> bad"] and "a separate step or end" in str(
        found.help
    )
