"""Generated programs with one thing wrong: each mistake is found, is blamed on what is wrong, and ends no check."""

import re
from random import Random

import pytest

from generated.programs import clean_program
from interlock_dsl import check_text
from interlock_dsl.diagnostics import Diagnostic
from reference.campaign import _blocks

SEEDS = range(8)
DECLARED = re.compile(r"^\s*(tool|agent|role|type|step|end|table) ([a-zA-Z][\w.]*)", re.MULTILINE)
DELETED = 25
"""Parts that are left out of each program, one at a time."""


def errors(text: str) -> list[Diagnostic]:
    return [found for found in check_text(text)[1] if found.severity.value == "error"]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_declaration_of_another_name_is_missed_wherever_it_is_used_and_nothing_else_is(seed: int) -> None:
    """What follows from a name that is not there is not reported again: one mistake is one finding for each use."""
    text, _, _ = clean_program(seed)
    for declared in DECLARED.finditer(text):
        name = declared[2]
        found = errors(text[: declared.end(2)] + "zz" + text[declared.end(2) :])
        for each in found:
            never = f' is never "{name}"' in each.message
            assert each.code == "undefined-reference" or (each.code == "type-mismatch" and never), (declared[0], each)
            assert name in each.message


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_is_left_out_the_rest_is_checked(seed: int) -> None:
    text, _, _ = clean_program(seed)
    blocks = _blocks(text)
    for at in Random(seed).sample(range(len(blocks)), min(DELETED, len(blocks))):
        rest = "\n".join(blocks[:at] + blocks[at + 1 :])
        program, found = check_text(rest)
        assert (program is None) == any(each.severity.value == "error" for each in found)
        for each in found:
            assert each.message and 1 <= each.span.line <= rest.count("\n") + 1
