"""Names in YAML are texts as they are written, for what is read from it is a JSON value."""

import pytest
import yaml

from interlock_cli.documents import yaml_document

WORDS = ["yes", "no", "on", "off", "y", "null", "~", "1", "0x1F", "1.5", "true"]


@pytest.mark.parametrize("word", WORDS)
def test_a_name_is_a_text(word: str) -> None:
    assert yaml_document(f"decide: {{answers: {{{word}: 1}}}}", "`answers.yaml`") == {"decide": {"answers": {word: 1}}}


@pytest.mark.parametrize("word", WORDS)
def test_a_value_is_what_yaml_says(word: str) -> None:
    assert yaml_document(f"a: [{word}]", "`answers.yaml`") == yaml.safe_load(f"a: [{word}]")


def test_merged_names() -> None:
    assert yaml_document("<<: {yes: 1}\non: 2", "`answers.yaml`") == {"yes": 1, "on": 2}
