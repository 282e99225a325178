"""Every witness that the checker prints on the pages of the language is replayed, and does what it says."""

from dataclasses import replace

import pytest

from interlock.testing.runner import run_test
from interlock_dsl.diagnostics import Diagnostic
from language.test_pages import Block, blocks


def witnessed(block: Block) -> list[Diagnostic]:
    """Return the findings of a block that tell a run."""
    return [found for found in block.program()[1] if found.witness is not None and found.witness.rehearsed]


@pytest.mark.parametrize("block", [block for block in blocks() if block.expected() and block.rule], ids=str)
def test_a_witness_does_what_it_says(block: Block) -> None:
    for found in witnessed(block):
        witness = found.witness
        assert witness is not None
        lines = (*witness.story, *(witness.expects or ("expect never calls no.tool",)))
        body = "\n".join(f"  {line}" for line in lines)
        text = f'{block.text}\ntest "a witness" of {witness.workflow} {{\n{body}\n}}\n'
        program, diagnostics = replace(block, text=text).program()
        assert program is not None, (str(block), text, diagnostics)
        test = next(test for test in program.tests if test.title == "a witness")
        assert run_test(program, test).failures == (), (found.message, body)


def test_there_are_witnesses() -> None:
    assert sum(len(witnessed(block)) for block in blocks() if block.rule) > 0


def test_how_a_step_fails_is_told_where_the_way_depends_on_it() -> None:
    block = next(block for block in blocks() if 'failure.kind == "timeout" && failure.step' in block.text)
    (found,) = witnessed(block)
    assert found.witness is not None
    assert {line for line in found.witness.story if "feed.load" in line} == {"tool feed.load times out"}
