"""Rules that are left out for what a program does not declare would have found nothing in it."""

from pathlib import Path

import pytest

from interlock_dsl.analysis import lint
from interlock_dsl.compiler import stages
from interlock_dsl.compiler.compile import compilation
from language.test_pages import Block
from language.test_quiet import right

LEFT_OUT = lint.OF_WORKFLOWS | lint.OF_TABLES


@pytest.mark.parametrize("block", [each for each in right() if "workflow " not in each.before + each.text], ids=str)
def test_idle_rules_find_nothing(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    name = Path(block.page).name
    read = {**dict(block.files), name: block.before + block.text}.__getitem__
    wanted = stages.Lint(strict=True, only=LEFT_OUT)
    program = compilation((name,), read, lint=wanted).examined
    assert program is not None
    idle = lint.idle_rules(program)
    assert idle >= lint.OF_WORKFLOWS or program.facts.workflows
    monkeypatch.setattr(lint, "idle_rules", lambda _: frozenset[str]())
    assert [each for each in lint.lint(program, strict=True, only=idle) if each.code in idle] == []
