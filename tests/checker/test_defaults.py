"""Values that may be absent: what is proposed in their place, and texts beside an enum."""

import pytest

from interlock_dsl.compiler.compile import check
from interlock_dsl.diagnostics import Diagnostic

PROGRAM = """agent a { model "small" }
tool s.get(n: int) -> { v: int } { needs s.r  effect read  timeout 5s }
table t(risk: enum("low", "high")) -> { ok: bool } {
  when "low" then true
  otherwise then false
}
workflow w(n: int, ns: list<int> max 3) {
  step look by a { task "?"  returns { v?: int  risk?: enum("low", "high")  riskier?: int  some?: enum("low") } }
  step all calls s.get(n: m) for each m in ns max 3
  step late waits for 10m
  step here decides t(risk: RISK)
  step state sets { x: VALUE }
  end done { x: state.x, ok: here.ok }

  start -> look pass n
  look -> here WHEN
  here -> all, late grant s.r
  all, late -> state merge first
  state -> done
}
"""


def found(value: str = "1", risk: str = '"low"', when: str = "") -> tuple[Diagnostic, ...]:
    text = PROGRAM.replace("VALUE", value).replace("RISK", risk).replace("WHEN", when)
    return tuple(each for each in check(("a",), {"a": text}.__getitem__)[1] if each.severity.name == "ERROR")


@pytest.mark.parametrize(
    ("value", "help", "guarded"),
    [
        ("look.v", "`has(look.v) ? look.v : ...`", "has(look.v) ? look.v : 0"),
        ("look.v > 3", "`has(look.v) && ...`", "has(look.v) && look.v > 3"),
        ("all.exists(r, r.v > 1)", "`step kept sets { all: all }`, and ask `has(kept.all)`", "true"),
        ("size(all)", "`step kept sets { all: all }`, and ask `has(kept.all)`", "1"),
        ("late == null", "`step kept sets { there: true }`, and ask `has(kept.there)`", "true"),
    ],
)
def test_what_is_proposed_can_be_written(value: str, help: str, guarded: str) -> None:
    assert [help in (each.help or "") for each in found(value)] == [True]
    assert not found(guarded)


def test_a_question_on_a_route_is_told_not_to_last() -> None:
    (asked, *_), (never,) = (
        found(risk="look.risk", when="when has(look.risk) look -> done otherwise"),
        found(risk="look.risk"),
    )
    assert not never.notes
    assert "ask again where it is read" in asked.notes[0]
    (other, *_) = found(risk="look.risk", when="when has(look.riskier) look -> done otherwise")
    assert not other.notes, "another field whose name begins alike"


@pytest.mark.parametrize("risk", ["has(look.risk) ? look.risk : {}", "look.?risk.orValue({})"])
@pytest.mark.parametrize(
    ("default", "right"),
    [
        ('"high"', True),
        ('"hihg"', False),
        ('n > 3 ? "low" : "high"', True),
        ('n > 3 ? "low" : "no"', False),
        ("string(n)", False),
    ],
)
def test_a_text_beside_an_enum_is_one_of_its_values(risk: str, default: str, right: bool) -> None:
    assert (not found(risk=risk.format(f"({default})"))) is right


def test_a_text_that_another_enum_has_is_not_of_this_one() -> None:
    assert found(risk='has(look.some) ? look.some : "other"')
    assert not found(risk='has(look.some) ? look.some : "low"')
    assert found(risk='look.?some.orValue("high")'), "not one of the values of what may be absent"
