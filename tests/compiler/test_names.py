"""The principal's name is compared with names in their normalised form, or it is an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock_dsl.compiler.compile import check_text
from interlock_dsl.schema.person import UnusableName, normalised

NAMES = st.text(st.sampled_from("abAB é\u00c9\ufb01\u200bß"), max_size=5) | st.text(max_size=4)
FORMS = ("principal.name == {0}", "{0} != principal.name", 'principal.name in ["ann", {0}]')


def codes(condition: str) -> list[str]:
    text = f"tool a.b(n: int in 0..9) {{ needs a.b  effect read }}\npolicy p {{ forbid a.b when {condition} }}"
    return [found.code for found in check_text(text, "a.ilk")[1]]


def written(name: str) -> str:
    return '"' + "".join(f"\\U{ord(character):08x}" for character in name) + '"'


@given(NAMES.filter(lambda name: not any(0xD800 <= ord(character) < 0xE000 for character in name)))
def test_a_name_is_refused_where_no_principal_can_have_it(name: str) -> None:
    try:
        usable = normalised(name) == name
    except UnusableName:
        usable = False
    for form in FORMS:
        assert codes(form.format(written(name))) == ([] if usable else ["unnormalised-name"])


@pytest.mark.parametrize(
    "condition",
    [
        '[{"name": "Ann"}].exists(principal, principal.name == "Ann")',
        '"Ann" in principal.roles',
        'principal.name.startsWith("A")',
        'run.id == "Ann"',
    ],
)
def test_nothing_else_is_a_comparison_of_names(condition: str) -> None:
    assert codes(condition) == []
