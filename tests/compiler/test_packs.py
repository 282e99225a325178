"""Packs: what their rules become, where everything in them stands, and whose text they are."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock_dsl.analysis.packs.expand import expand
from interlock_dsl.cel import Environment
from interlock_dsl.cel.parser import parse as parse_expression
from interlock_dsl.compiler.compile import check, compile_sources
from interlock_dsl.compiler.load import shipped
from interlock_dsl.formatter.format import format
from interlock_dsl.program import bundle
from interlock_dsl.syntax.parser import parse
from interlock_dsl.syntax.tree import PackDecl, UsePack

CARE = """\
pack care(amount: int, above: int, approver: role, wait: duration, plan: tool, all: tools) for payments {
  require approval by approver within 4h for payments, plan
    when amount > above && !(approver in principal.roles) && now - run.started < wait
  forbid all
    when calls(plan).count() == 0 && tool.name != plan
}
"""
DESK = """\
tool money.send(to: string max 40, cents: int in 1..1_000_000) { needs m  effect irreversible  idempotent by to }
tool plans.propose(text: string max 40) { needs plans.write  effect write }
role controller { reach "controllers" }
use "care.ilk" as payouts for money.* with {
  amount: args.cents  above: 100  approver: controller  wait: 2h  plan: plans.propose  all: money.*
}
"""
SPELT_OUT = (
    DESK[: DESK.index("use")]
    + """\
policy payouts {
  require approval by controller within 4h for money.*, plans.propose
    when args.cents > 100 && !("controller" in principal.roles) && now - run.started < duration("7200000000us")
  forbid money.*
    when calls(plans.propose).count() == 0 && tool.name != "plans.propose"
}
"""
)


def compiled():
    return compile_sources({"desk.ilk": DESK, "care.ilk": CARE}, ("desk.ilk",))


def test_a_use_means_the_rules_that_somebody_could_have_written() -> None:
    program = compiled()
    written = compile_sources({"desk.ilk": SPELT_OUT})
    assert program.digest == written.digest
    assert [rule.id for rule in program.policies["payouts"].rules] == ["payouts/require#1", "payouts/forbid#1"]


def test_places_name_the_pack_and_the_use() -> None:
    policy = compiled().policies["payouts"]
    assert str(policy.span) == "desk.ilk:4:1"
    assert [str(rule.span) for rule in policy.rules] == ["care.ilk:2:3", "care.ilk:4:3"]


def test_a_bundle_holds_the_rules_and_the_text_of_the_pack() -> None:
    program = compiled()
    loaded = bundle.load(bundle.dump(program))
    assert loaded.digest == program.digest
    assert loaded.sources["care.ilk"] == CARE
    assert str(loaded.policies["payouts"].rules[1].span) == "care.ilk:4:3"


def test_a_program_is_compiled_again_from_what_it_kept_of_a_pack() -> None:
    desk = 'tool a.b(x: int) { needs a  effect irreversible  idempotent by x }\nrole r { reach "r" }\n'
    desk += 'use "interlock/four_eyes" for a.* with { serious: args.x > 5, approver: r }\n'
    program = compile_sources({"desk.ilk": desk})
    assert "interlock/four_eyes.ilk" in program.sources
    older = program.sources["interlock/four_eyes.ilk"].replace("within 24h", "within 23h")
    again = compile_sources({**program.sources, "interlock/four_eyes.ilk": older})
    assert {rule.within for rule in again.policies["four_eyes"].rules} == {23 * 3600 * 1_000_000}
    assert compile_sources(program.sources).digest == program.digest != again.digest
    beside = {"desk.ilk": desk, "interlock/four_eyes.ilk": older}
    assert compile_sources(beside, ("desk.ilk",)).digest == program.digest  # a file that nobody gave


def test_a_finding_in_a_rule_shows_where_the_pack_is_used() -> None:
    desk = DESK.replace("above: 100 ", 'above: "x".size() ')
    wrong = CARE.replace("tool.name != plan", "tool.name > 5")
    program, (found,) = check(("desk.ilk",), {"desk.ilk": desk, "care.ilk": wrong}.__getitem__)
    assert program is None
    assert next(str(label.span) for label in found.labels).startswith("care.ilk:5:")
    assert str(found.labels[-1].span) == "desk.ilk:4:1" and "used here" in found.labels[-1].text


@pytest.mark.parametrize("pack", shipped())
def test_a_shipped_pack_is_written_as_the_formatter_writes_it_and_says_what_it_takes(pack: str) -> None:
    text = _text(pack)
    assert format(text) == text
    file = parse(text, pack)
    (decl,) = file.declarations
    assert isinstance(decl, PackDecl) and decl.name.text == pack
    assert all(rule.because for rule in decl.rules)


def _text(pack: str) -> str:
    use = f'use "interlock/{pack}" for x.*'
    seen: dict[str, str] = {"a.ilk": use}
    _, found = check(("a.ilk",), seen.__getitem__)
    places = {label.span.source.name: label.span.source.text for each in found for label in each.labels}
    return places[f"interlock/{pack}.ilk"]


NAMES = st.sampled_from(("x", "y", "z"))
GIVEN = st.sampled_from(("x + 1", "y * 2", "z", "[1, 2].map(x, x + y)[0]", "7"))
BODIES = st.sampled_from(
    ("p + {v}", "[p, 3].map({v}, {v} * p)[0] + {v}", "cel.bind({v}, p + 1, {v} + p)", "[5].map({v}, p + {v} + p)[0]",
     "[1, 2, 3].filter({v}, {v} > p).size() + {v}", "[1].map({v}, [2].map(p, p + {v})[0])[0] + p")
)  # fmt: skip


@given(NAMES, GIVEN, BODIES, st.integers(0, 5), st.integers(0, 5), st.integers(0, 5))
def test_what_is_given_means_inside_a_macro_what_it_means_outside(
    name: str, value: str, body: str, x: int, y: int, z: int
) -> None:
    text = body.format(v=name)
    pack = f"pack a(p: int, x: int, y: int, z: int) for c {{ forbid c when {text} > 0 }}"
    (decl,) = parse(pack, "a.ilk").declarations
    (use,) = parse('use "a.ilk" for t with {}', "b.ilk").declarations
    assert isinstance(decl, PackDecl) and isinstance(use, UsePack)
    outer = {"x": x, "y": y, "z": z}
    (rule,) = expand(use, decl, {"p": parse_expression(value)}).rules
    assert rule.when is not None
    environment = Environment(dict.fromkeys((*outer, "p"), type_of_int()))
    known = environment.compile(value).evaluate(outer)
    wanted = environment.compile(f"{text} > 0").evaluate({**outer, "p": known})
    assert environment.compile(rule.when).evaluate(outer) == wanted
    assert replace(rule, when=None) == replace(decl.rules[0], when=None, patterns=use.patterns)


def type_of_int():
    from interlock_dsl.cel import INT

    return INT
