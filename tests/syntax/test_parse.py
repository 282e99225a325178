"""What is written, and the tree it makes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock_dsl.cel.tree import Literal, MapEntry, MapOf
from interlock_dsl.diagnostics import DiagnosticError
from interlock_dsl.diagnostics.source import NOWHERE
from interlock_dsl.syntax import tree as s
from interlock_dsl.syntax.parser import MAX_LENGTH, parse, parse_partial

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*/*.ilk"))
I = s.Ident  # noqa: E741


def one(text):
    (declaration,) = parse(text, "test.ilk").declarations
    return declaration


def workflow(body):
    return one("workflow w() {\n" + body + "\n}")


def route(clauses):
    (found,) = workflow("a -> b " + clauses).routes
    return found


def value(constant):
    return Literal(constant, NOWHERE)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_parse(path):
    file, diagnostics = parse_partial(path.read_text("utf-8"), path.name)
    assert diagnostics == ()
    assert any(isinstance(found, s.WorkflowDecl | s.PolicyDecl) for found in file.declarations)


def test_fields_without_commas_and_clauses_without_separators():
    file = parse(Path(__file__).with_name("whole.ilk").read_text("utf-8"), "whole.ilk")
    assert [type(found).__name__ for found in file.declarations] == (
        ["TypeDecl"] * 3 + ["ToolDecl"] * 2 + ["AgentDecl"] * 2 + ["RoleDecl"] * 2
        + ["WorkflowDecl", "PolicyDecl", "TestDecl"]
    )  # fmt: skip
    (refund,) = [found for found in file.declarations if isinstance(found, s.WorkflowDecl)]
    assert refund.budget == s.BudgetDecl(12, 8, 60_000, s.Money(500_000, "usd"), s.Duration(8 * 3_600_000_000))
    assert [len(refund.steps), len(refund.ends), len(refund.routes), len(refund.promises)] == [3, 3, 7, 1]
    large = refund.routes[4]
    assert large.approval == s.Approval(I("supervisor"), 1, s.Duration(4 * 3_600_000_000))
    assert large.escalations == (s.Escalate(I("duty_manager"), on_expiry=True),)


def test_types():
    fields = one(
        'type T { a: int in 1..10, b?: string max 5 @untrusted @pii.name "words" c: list<double in 0.5..1.0> max 3 '
        'd: map<string, list<int>> max 2 e: enum("x", "y") f: { g: T } }'
    ).type.fields
    assert fields == (
        s.FieldNode(I("a"), s.NamedType(I("int"), 1, 10)),
        s.FieldNode(I("b"), s.NamedType(I("string"), max=5), True, (I("untrusted"), I("pii.name")), "words"),
        s.FieldNode(I("c"), s.ListType(s.NamedType(I("double"), 0.5, 1.0), 3)),
        s.FieldNode(I("d"), s.MapType(s.NamedType(I("string")), s.ListType(s.NamedType(I("int"))), 2)),
        s.FieldNode(I("e"), s.EnumType(("x", "y"))),
        s.FieldNode(I("f"), s.RecordType((s.FieldNode(I("g"), s.NamedType(I("T"))),))),
    )


@pytest.mark.parametrize(
    ("written", "micros"),
    [("200ms", 200_000), ("5s", 5_000_000), ("4h", 14_400_000_000), ("1h30m", 5_400_000_000), ("3d", 259_200_000_000)],
)
def test_durations(written, micros):
    assert one(f"tool t() {{ timeout {written} }}").timeout == s.Duration(micros)


def test_a_tool():
    found = one("tool a.b(x: int) { needs p.q, r effect read retry 2 times backoff 1s..5s undo c.d(y: result.id) }")
    assert found.needs == (I("p.q"), I("r"))
    assert found.result is None
    assert found.retry == s.Retry(2, s.Duration(1_000_000), s.Duration(5_000_000))
    assert found.undo.tool == I("c.d")


def test_the_clauses_of_a_route_stand_in_any_order():
    clauses = [
        "on failure",
        "otherwise",
        "grant p where x",
        "pass y.z, w",
        "at most 3 times, then -> c",
        "merge 2 of 3",
    ]
    assert route(" ".join(clauses)) == route(" ".join(reversed(clauses)))


@pytest.mark.parametrize("word", ["failure", "timeout", "denied", "expiry", "over budget"])
def test_triggers(word):
    assert route(f"on {word}").trigger == word


@pytest.mark.parametrize(
    ("written", "merge"),
    [("all", s.Merge()), ("any", s.Merge(1)), ("first", s.Merge(1, first=True)), ("2 of 3", s.Merge(2, 3))],
)
def test_merges(written, merge):
    assert route(f"merge {written}").merge == merge


@pytest.mark.parametrize(
    ("written", "approval"),
    [
        ("r", s.Approval(I("r"))),
        ("r 2 of 3", s.Approval(I("r"), 2, of=3)),
        ("2 of r within 5s", s.Approval(I("r"), 2, s.Duration(5_000_000))),
    ],
)
def test_approvals(written, approval):
    assert route(f"after approval by {written}").approval == approval


def test_what_follows_an_escalation_belongs_to_it():
    found = route('when x escalate to r when y because "z" escalate to q on expiry')
    assert found.when is not None
    assert found.escalations[0].when is not None
    assert found.escalations[0].because == "z"
    assert found.escalations[1].on_expiry
    assert found.trigger is None


def test_rules():
    rules = one(
        'policy p { permit a.*, b by c when x unless y because "z" forbid * '
        "require approval by r within 4h for a limit a to 3 per 1h for each run }"
    ).rules
    assert [rule.kind for rule in rules] == ["permit", "forbid", "require", "limit"]
    assert rules[0].patterns == (I("a.*"), I("b"))
    assert rules[0].agent == I("c")
    assert rules[1].patterns == (I("*"),)
    assert rules[2].role == I("r")
    assert rules[2].within == s.Duration(14_400_000_000)
    assert (rules[3].count, rules[3].period) == (3, s.Duration(3_600_000_000))


def test_a_table():
    found = one(
        'table t(a: int, b: string) -> { c: int } { hit first when 1..5, > 9 | - then 1 when -1 | "x", "y" then 2 '
        "otherwise then 3 }"
    )
    assert found.hit == "first"
    assert found.rows[0].cells == (
        (s.Range(value(1), value(5)), s.Comparison(">", value(9))),
        (),
    )
    assert found.rows[1].cells == (
        (s.Comparison("==", value(-1)),),
        (s.Comparison("==", value("x")), s.Comparison("==", value("y"))),
    )
    assert found.rows[2] == s.TableRow(None, (value(3),))


def test_the_records_of_a_test_have_bare_keys_at_every_depth():
    (item,) = one('test "t" of w { given a { b: [{ c: 1 }], "d": { task: "e" } } }').items
    inner = MapOf((MapEntry(value("c"), value(1)),), NOWHERE)
    assert item.value.entries[0].value.items[0].value == inner
    assert [entry.key.value for entry in item.value.entries] == ["b", "d"]


def test_keywords_are_names_wherever_they_cannot_be_keywords():
    text = """
    type end { end: int  model: string  in: int, type: string  max: int max: int task?: list<int> max 3 }
    workflow order(step: task, end: int) {
      step task by model { task "x" returns { task: string  returns: int } }
      step end calls step(end: end, budget: budget.budget)
      step budget sets { when: task.when  pass: 1 grant: 2 }
      end step { order: task.end  amount: 5 }
      start -> task
      task, end -> budget on failure pass step, end grant on, at
      budget -> step when end.when at most 3 times, then -> end otherwise
      end -> step
      when -> step
    }
    test "x" of order { agent agent answers { type: 1 } then then approves given given { a: 1 } }
    """
    order = parse(text, "words.ilk").declarations[1]
    assert [str(found.sources[0]) for found in order.routes] == ["start", "task", "budget", "end", "when"]


@given(st.sampled_from(["\n", "\r\n", " ", "\t", "\f", "\n// note\n"]))
def test_blanks_do_not_matter(blank):
    text = Path(__file__).with_name("whole.ilk").read_text("utf-8")
    spaced = blank.join(line for line in text.splitlines() if "//" not in line)
    if "\n" not in blank:
        spaced = spaced.replace("// ", "")
    assert parse(spaced, "a").declarations == parse(text, "b").declarations


def test_a_byte_order_mark_is_passed_over():
    assert one("\ufeffrole r") == s.RoleDecl(I("r"))


def test_spans_cover_what_was_written():
    text = Path(__file__).with_name("whole.ilk").read_text("utf-8")
    file = parse(text, "whole.ilk")
    for found in file.declarations:
        assert found.span.text.startswith(found.span.text.split()[0])
        assert found.span.text.rstrip() == found.span.text
        assert found.span.text[-1] in "}"
    pay = file.declarations[9].routes[4]
    assert pay.span.text.startswith("assess   -> pay") and pay.span.text.endswith("on expiry")
    assert pay.grants[0].span.text == "grant refunds.write"
    assert file.comments[0].text == "// refund.ilk: resolve a refund request inside policy."


def test_types_nest_thirty_two_levels():
    assert one("type t = " + "list<" * 31 + "int" + ">" * 31)
    _, (found,) = parse_partial("type t = " + "list<" * 32 + "int" + ">" * 32, "test.ilk")
    assert found.code == "too-deep"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("role a\0b", "not-text"),
        ("role a\udc80b", "not-text"),
        ("workflow w() { end e { a: " + "(" * 3000 + "1" + ")" * 3000 + " } }", "too-deep"),
        ("workflow w() { end e { a: " + "!" * 50_000 + "x } }", "too-deep"),
        ("workflow w() { end e { a: x" + ".y" * 50_000 + " } }", "too-deep"),
        ("type t = " + "list<" * 5000 + "int" + ">" * 5000, "too-deep"),
        ("type t = " + "{ a: " * 5000 + "int" + "}" * 5000, "too-deep"),
        ("// " + "x" * MAX_LENGTH, "too-long"),
        ("tool t() { timeout 999999999999999d }", "bad-duration"),
        ("tool t() { timeout " + "9" * 5000 + "d }", "bad-duration"),
        ("tool t() { cost 0.0000001 usd }", "bad-money"),
        ("tool t() { cost -1 usd }", "bad-money"),
        ("agent a { tokens -1 }", "bad-number"),
        ("agent a { tokens 99999999999999999999 }", "integer-out-of-range"),
        ("agent a { tokens " + "9" * 10_000 + " }", "integer-out-of-range"),
        ("table t(a: int) -> { b: int } { when - | - then 1 }", "row-width"),
        ("table t(a: int) -> { b: int } { when - then 1 | 2 }", "row-width"),
    ],
    ids=lambda part: part[:20] if "-" in part else None,
)  # fmt: skip
def test_limits(text, code):
    with pytest.raises(DiagnosticError) as raised:
        parse(text, "test.ilk")
    assert {found.code for found in raised.value.diagnostics} == {code}
