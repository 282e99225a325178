"""The shipped packs: clean under every rule of lint, and each of their rules decides one of their tests."""

import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner

from interlock.testing.runner import run_test
from interlock_cli.verbs.new import verb as new
from interlock_dsl.compiler.compile import check
from interlock_dsl.compiler.load import PACKAGE, pack_text, shipped
from interlock_dsl.compiler.stages import Lint
from interlock_dsl.formatter.format import format
from interlock_dsl.program.model import Program
from interlock_dsl.syntax.parser import parse
from interlock_dsl.syntax.tree import PackDecl

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "packs.md").read_text()
PACKS = shipped()


def cases_of(pack: str) -> str:
    return files(PACKAGE).joinpath("tests", f"{pack}.ilk").read_text("utf-8")


def pack_of(pack: str) -> PackDecl:
    (decl,) = parse(pack_text(pack), pack).declarations
    assert isinstance(decl, PackDecl)
    return decl


def entries(pack: str) -> tuple[str, ...]:
    return "tests.ilk", f"interlock/{pack}.ilk"


def reading(pack: str, text: str) -> Callable[[str], str]:
    return {"tests.ilk": cases_of(pack), f"interlock/{pack}.ilk": text}.__getitem__


def failing(program: Program | None) -> list[str]:
    assert program is not None
    return [test.title for test in program.tests if run_test(program, test).failures]


def test_there_are_packs() -> None:
    assert set(PACKS) == {"egress", "four_eyes", "office_hours", "read_only_until_approved", "spending"}


@pytest.mark.parametrize("pack", PACKS)
def test_a_pack_has_no_findings_and_its_tests_hold(pack: str) -> None:
    program, found = check(entries(pack), reading(pack, pack_text(pack)), lint=Lint(strict=True))
    assert [str(each) for each in found] == []
    assert failing(program) == []
    assert format(cases_of(pack)) == cases_of(pack)


def lifted(pack: str, *numbers: int) -> str:
    """Return the text of a pack in which some rules never apply."""
    text = pack_text(pack)
    for at in sorted((pack_of(pack).rules[number].span.end for number in numbers), reverse=True):
        text = f"{text[:at]} unless true {text[at:]}"
    return text


@pytest.mark.parametrize(("pack", "number"), [(p, n) for p in PACKS for n in range(len(pack_of(p).rules))])
def test_without_one_of_its_rules_a_test_fails(pack: str, number: int) -> None:
    program, _ = check(entries(pack), reading(pack, lifted(pack, number)))
    assert failing(program), f"no test needs rule {number}"


@pytest.mark.parametrize("pack", PACKS)
def test_without_the_pack_what_it_is_for_goes_wrong(pack: str) -> None:
    """The tests of what is denied or waits fail, and those of what is allowed hold."""
    program, _ = check(entries(pack), reading(pack, lifted(pack, *range(len(pack_of(pack).rules)))))
    wrong = failing(program)
    assert program is not None and wrong and len(wrong) < len(program.tests)


@pytest.mark.parametrize("pack", PACKS)
def test_the_page_has_the_pack_its_parameters_and_its_use(pack: str) -> None:
    (section,) = [each for each in re.split(r"^## ", PAGE, flags=re.MULTILINE) if f"[`interlock/{pack}`]" in each]
    for parameter in pack_of(pack).parameters:
        assert re.search(rf"`{parameter.name.text}: {re.escape(parameter.type.span.text)}`", section), parameter.name
    assert "*Without it*" in section and f'```ilk part\nuse "interlock/{pack}"' in section


def test_the_uses_on_the_page_are_those_of_the_tests() -> None:
    parts = re.findall(r"^```ilk part\n(use .interlock/(\w+).*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert {pack for _, pack in parts} == set(PACKS)
    assert [pack for part, pack in parts if part not in cases_of(pack)] == []


def test_new_lists_the_packs_with_what_they_take() -> None:
    done = CliRunner().invoke(new, ["--list"], standalone_mode=False)
    assert done.return_value == 0, done
    for pack in PACKS:
        assert f'use "interlock/{pack}"' in done.output
        assert all(parameter.name.text in done.output for parameter in pack_of(pack).parameters)


def test_the_example_uses_every_pack_and_its_tests_hold() -> None:
    text = (ROOT / "examples" / "agent_desk" / "agent_desk.ilk").read_text()
    program, found = check(("agent_desk.ilk",), {"agent_desk.ilk": text}.__getitem__, lint=Lint(strict=True))
    assert [str(each) for each in found] == []
    assert program is not None and set(PACKS) <= set(program.policies)
    assert failing(program) == []
