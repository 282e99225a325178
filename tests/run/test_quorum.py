"""A rule of a policy asks for several people of a role, as a route does."""

import pytest

from interlock import compile_text
from interlock.run.protocol.commands import AskApproval
from interlock_dsl.diagnostics import DiagnosticError
from interlock_dsl.formatter.format import format
from interlock_dsl.syntax.parser import parse
from run.texts import HEAD
from run.world import World

CALL = (
    HEAD
    + """
workflow w(id: string max 20) {
  goal "one payment"
  step pay calls pay.issue(id: id, amount: 10)
  end done
  start -> pay grant pay.write
  pay -> done
}
policy p { RULE }
"""
)


@pytest.mark.parametrize("people", ["2 of boss", "boss 2 of 3"])
def test_so_many_different_people_approve(people: str) -> None:
    world = World(CALL.replace("RULE", f"require approval by {people} within 1h for pay.issue"), {"id": "A1"})
    assert world.the(AskApproval).count == 2
    world.approves("bob")
    world.approves("bob")
    assert not world.called
    world.approves("eve")
    assert world.called == ["pay.issue"]


def test_of_several_rules_the_largest_number_counts() -> None:
    rules = "require approval by boss for pay.issue  require approval by 3 of boss within 1h for pay.*"
    assert World(CALL.replace("RULE", rules), {"id": "A1"}).the(AskApproval).count == 3


def test_one_is_what_is_meant_without_a_number_and_is_written_without() -> None:
    one, plain = (CALL.replace("RULE", f"require approval by {by} for pay.issue") for by in ("1 of boss", "boss"))
    assert compile_text(one).digest == compile_text(plain).digest
    two = CALL.replace("RULE", "require approval by 2 of boss for pay.issue")
    assert compile_text(two).digest != compile_text(plain).digest
    assert "require approval by 2 of boss for pay.issue" in format(parse(two, "a.ilk"))
    assert "require approval by boss 2 of 3 within 1h for" in format(
        parse(CALL.replace("RULE", "require approval by boss 2 of 3 within 1h for pay.issue"), "a.ilk")
    )


@pytest.mark.parametrize(
    ("people", "code"),
    [("0 of boss", "limit-out-of-range"), ("boss 3 of 2", "invalid-route"), ("2 of bos", "undefined-reference")],
)
def test_a_number_that_cannot_be_is_an_error(people: str, code: str) -> None:
    with pytest.raises(DiagnosticError) as error:
        compile_text(CALL.replace("RULE", f"require approval by {people} for pay.issue"))
    assert [found.code for found in error.value.diagnostics] == [code]
