"""`interlock test --coverage`: what no test reached, for people and for programs."""

import json
from pathlib import Path

import pytest

from cli.conftest import interlock
from interlock_cli.formats.schemas import printed

TEXT = """
tool pay(to: string) { needs money.send  effect write  idempotent by to }
agent teller { may money.send }
policy money {
  permit pay by teller
  forbid pay when args.to == "evil"
}
workflow look(n: int in 0..9) {
  end few
  end many
  start -> few when n < 5
  start -> many otherwise
}
test "to bob" { by teller call pay { to: "bob" } expect allows }
test "few" of look { given n 1 expect ends few }
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "desk.ilk").write_text(TEXT)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("desk")
def test_it_names_what_no_test_reached() -> None:
    ran = interlock("test", "--coverage")
    assert ran.code == 0
    assert "1 of 2 rules decided something" in ran.out and "1 of 2 routes were taken" in ran.out
    assert "money/forbid#1 decided nothing  desk.ilk:6" in ran.out
    assert "look: start->many#1 was not taken  desk.ilk:12" in ran.out
    assert "money/permit#1" not in ran.out


@pytest.mark.usefixtures("desk")
def test_json_has_it_when_it_is_asked_for() -> None:
    printed("test").validate_json(interlock("test", "--coverage", "--format", "json").out)
    made = json.loads(interlock("test", "--coverage", "--format", "json").out)
    reached = {each["id"]: each["reached"] for each in made["coverage"]}
    assert reached == {
        "money/permit#1": True, "money/forbid#1": False, "start->few#1": True, "start->many#1": False,
    }  # fmt: skip
    assert "coverage" not in json.loads(interlock("test", "--format", "json").out)


@pytest.mark.usefixtures("desk")
def test_other_formats_have_no_place_for_it() -> None:
    ran = interlock("test", "--coverage", "--format", "junit")
    assert ran.code == 2 and "--coverage" in ran.err
