import pytest

from compiler.programs import EXAMPLES, WHOLE
from interlock_dsl import STAGES, DiagnosticError, Severity, check, check_text, compile_sources, compile_text

TYPES = "type Order { id: string }\n"
TOOL = "tool orders.get(id: string) -> Order { needs orders.read  effect read }\n"


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_are_clean(name: str) -> None:
    program, diagnostics = check_text(EXAMPLES[name], f"{name}.ilk")
    assert diagnostics == ()
    assert program is not None
    assert program.sources == {f"{name}.ilk": EXAMPLES[name]}
    assert compile_sources(program.sources).digest == program.digest


def test_a_whole_file_is_clean() -> None:
    program, diagnostics = check_text(WHOLE)
    assert diagnostics == ()
    assert program is not None
    assert program.tools["refunds.void"].needs == {"refunds.write"}


def test_files_use_each_other() -> None:
    sources = {
        "shop/main.ilk": f'use "../common/tools.ilk"\nuse "types.ilk"\n{""}',
        "common/tools.ilk": f'use "../shop/types.ilk"\n{TOOL}',
        "shop/types.ilk": f'use "main.ilk"\n{TYPES}',
        "unused.ilk": "type Order { other: int }",
    }
    program = compile_sources(sources, ["shop/main.ilk"])
    assert list(program.sources) == ["shop/main.ilk", "common/tools.ilk", "shop/types.ilk"]
    assert program.digest == compile_text(TYPES + TOOL).digest


def test_a_file_that_is_not_there_is_reported_where_it_is_used() -> None:
    _, diagnostics = check_text('type A { b: int }\nuse "missing.ilk"\nuse "/etc/passwd"\n', "a.ilk")
    assert [(d.code, d.span.line) for d in diagnostics] == [("missing-file", 2), ("missing-file", 3)]


def test_an_entry_that_is_not_there_is_the_callers_business() -> None:
    with pytest.raises(KeyError):
        compile_sources({}, ["missing.ilk"])


def test_a_name_in_two_files_shows_both_places() -> None:
    with pytest.raises(DiagnosticError) as caught:
        compile_sources({"a.ilk": TYPES, "b.ilk": TYPES})
    (found,) = caught.value.diagnostics
    assert [label.span.source.name for label in found.labels] == ["b.ilk", "a.ilk"]


def test_findings_come_in_the_order_of_the_files() -> None:
    text = "type A { a: Missing }\ntype B = int in 5..1\ntype C { a: int  a: int }\n"
    _, diagnostics = check(["one", "two"], {"one": text, "two": text.replace("A {", "D {")}.__getitem__)
    places = [(d.span.source.name, d.span.line) for d in diagnostics]
    assert places == sorted(places)
    assert len(places) == 5


def test_a_missing_name_is_one_finding_however_often_it_is_used() -> None:
    _, diagnostics = check_text(EXAMPLES["refund"].replace("role supervisor {", "role superviser {"))
    assert [d.message for d in diagnostics] == ["there is no role `supervisor`"]
    _, diagnostics = check_text(EXAMPLES["refund"].replace("agent billing {", "agent biling {"))
    assert [d.message for d in diagnostics] == ["there is no agent `billing`"]
    _, diagnostics = check_text(EXAMPLES["refund"].replace("type Receipt {", "type Reciept {"))
    assert [d.message for d in diagnostics] == ["there is no type `Receipt`"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_misspelt_step_in_a_route_is_one_finding(name: str) -> None:
    text = EXAMPLES[name]
    program, _ = check_text(text)
    assert program is not None
    for workflow in program.workflows.values():
        for route in workflow.routes:
            span = route.span
            start = text.index("->", span.start)
            broken = f"{text[:start]}-> nowhere {text[start + 2 :].lstrip().split(maxsplit=1)[1]}"
            if len(route.targets) == 1:
                assert [d.message for d in check_text(broken)[1]] == ["there is no step or end `nowhere`"]


def test_after_a_syntax_error_only_what_is_certain_is_said() -> None:
    text = EXAMPLES["refund"].replace("agent billing {", "agent {").replace("string max 500", "string max 0")
    _, diagnostics = check_text(text)
    assert {d.code for d in diagnostics} == {"syntax-error", "limit-out-of-range"}


MISTAKES = """
type Request { order_id: strng }
tool orders.get(id: string) -> { total: int } { needs orders.read  effect read  timout 5s }
agent clerk { model "small"  may orders.raed }
workflow look(request: Request) {
  step one by clrk { returns { ok: bool } }
  end done
  start -> one
    pass request.order_id
  one -> done
    wen one.ok
  one -> dne
    otherwise
    escalate to boss
}
policy desk { forbid orders.get when args.idd == "1" }
test "nothing" { expect ends dune }
"""


def test_after_a_syntax_error_the_rest_is_still_checked() -> None:
    _, diagnostics = check_text(MISTAKES)
    assert [d.span.text for d in diagnostics] == [
        "strng", "timout", "orders.raed", "clrk", "wen", "dne", "boss", "idd", "dune"
    ]  # fmt: skip


def test_what_a_lost_part_may_have_declared_is_not_missing() -> None:
    text = EXAMPLES["refund"]
    for begun, lost in (("role supervisor {", "role : supervisor {"), ("step assess by", "step assess : by")):
        assert {d.code for d in check_text(text.replace(begun, lost))[1]} == {"syntax-error"}
    _, found = check_text('us "common.ilk"\nagent a { may b.c }')
    assert {d.code for d in found} == {"syntax-error"}


def test_a_mistake_in_a_number_hides_nothing() -> None:
    _, found = check_text("tool a.b() { needs c  effect read  timeout 999999999999d }\nagent x { may d }")
    assert [d.code for d in found] == ["bad-duration", "undefined-reference"]


def test_kinds_are_told_apart() -> None:
    _, (found,) = check_text(EXAMPLES["refund"].replace("step assess by billing", "step assess by supervisor"))
    assert found.message == "there is no agent `supervisor`"
    assert [label.text for label in found.labels] == ["not found", "`supervisor` is a role, not an agent"]


def test_warnings_do_not_stop_the_compiler() -> None:
    program, (found,) = check_text("tool a.b() { needs a.b }")
    assert program is not None
    assert program.tools["a.b"].effect == "irreversible"
    assert found.severity is Severity.WARNING


def test_each_stage_is_announced() -> None:
    done: list[str] = []
    check(["a"], {"a": TYPES}.__getitem__, done.append)
    assert done == [name for name, _ in STAGES]
