"""What other languages write is answered once, with what is written here, and `fix` writes it."""

import pytest

from interlock_dsl.compiler.compile import check
from interlock_dsl.compiler.fix import fix
from interlock_dsl.syntax.parser import parse_partial

PROGRAM = """type Order {{ id: string  amount: int  ok: bool  note?: string }}
type Extra {{ more: int  {field} }}

tool orders.put(id: string, amount: int) {{ needs orders.write  effect write  cost 0.10 usd }}

role lead {{ reach "leads" }}

agent clerk {{ model "small"  {agent} }}

workflow look(order: Order) {{
  {budget}
  step read by clerk {{ task "read it" }}
  step put calls orders.put(id: order.id, amount: {amount})
  step note sets {{ text: {value} }}
  end done
  end bad

  start -> read
  read -> put
    {when}
    grant orders.write
    {approval}
  read -> bad
    {otherwise}
  {route}
  note -> done
}}
"""
RIGHT = {
    "field": "note: string",
    "agent": "tokens 50_000",
    "budget": "budget { time 4h }",
    "amount": "order.amount",
    "value": '"a"',
    "when": "when order.ok",
    "approval": "after approval by 2 of lead within 4h",
    "otherwise": "otherwise",
    "route": "put -> note",
}
FORMS = [
    ("when", "if order.ok", "when order.ok"),
    ("when", "where order.ok", "when order.ok"),
    ("when", "when not order.ok", "when !order.ok"),
    ("when", "unless order.ok", "when !(order.ok)"),
    ("when", "when order.ok and order.amount > 1", "when order.ok && order.amount > 1"),
    ("when", "when order.ok or order.amount > 1", "when order.ok || order.amount > 1"),
    ("when", "when order.ok & order.amount > 1", "when order.ok && order.amount > 1"),
    ("when", "when order.ok == True", "when order.ok == true"),
    ("when", "when order.ok != FALSE", "when order.ok != false"),
    ("when", "when order.amount = 5", "when order.amount == 5"),
    ("when", "when order.amount === 5", "when order.amount == 5"),
    ("when", "when order.amount !== 5", "when order.amount != 5"),
    ("when", "when order.amount <> 5", "when order.amount != 5"),
    ("when", "when order.amount => 5", "when order.amount >= 5"),
    ("when", "when order.amount =< 5", "when order.amount <= 5"),
    ("when", "when order.amount is 5", "when order.amount == 5"),
    ("when", "when order.amount is not 5", "when order.amount != 5"),
    ("when", "when order.amount > 50,000", "when order.amount > 50_000"),
    ("when", "when order.amount > 1,000,000", "when order.amount > 1_000_000"),
    ("when", "when order.amount > 5k", "when order.amount > 5_000"),
    ("when", "when order.amount between 1 and 5", "when order.amount >= 1 && order.amount <= 5"),
    ("when", 'when order.id in ("a", "b")', 'when order.id in ["a", "b"]'),
    ("when", 'when order.id not in ["a"]', 'when !(order.id in ["a"])'),
    ("when", 'when order.id contains "a"', 'when order.id.contains("a")'),
    ("when", 'when order.id startsWith "a"', 'when order.id.startsWith("a")'),
    ("when", "when exists order.note", "when has(order.note)"),
    ("when", "when order.note exists", "when has(order.note)"),
    ("when", "when order.note is null", "when !has(order.note)"),
    ("when", "when order.note is not None", "when has(order.note)"),
    ("when", "when order.ok:", "when order.ok"),
    ("when", "when order.ok then", "when order.ok"),
    ("otherwise", "else", "otherwise"),
    ("otherwise", "default", "otherwise"),
    ("otherwise", "elif order.amount > 1", "when order.amount > 1"),
    ("otherwise", "else if order.amount > 1", "when order.amount > 1"),
    ("amount", "50,000", "50_000"),
    ("value", '"a" + 1', '"a" + string(1)'),
    ("value", "order.ok + order.id", "string(order.ok) + order.id"),
    ("value", '"a" if order.ok else "b"', 'order.ok ? "a" : "b"'),
    ("value", "len(order.id)", "size(order.id)"),
    ("value", "order.id.length()", "order.id.size()"),
    ("value", "order.id.length", "order.id.size()"),
    ("value", "str(order.amount)", "string(order.amount)"),
    ("value", "order.id.toUpperCase()", "order.id.upperAscii()"),
    ("approval", "approval by lead within 4h", "after approval by lead within 4h"),
    ("approval", "after approval from lead within 4h", "after approval by lead within 4h"),
    ("approval", "after approval by two of lead within 4h", "after approval by 2 of lead within 4h"),
    ("approval", "after approval by lead in 4h", "after approval by lead within 4h"),
    ("approval", "after approval by lead within 4 hours", "after approval by lead within 4h"),
    ("field", "required note: string", "note: string"),
    ("field", "note: required string", "note: string"),
    ("field", "note!: string", "note: string"),
    ("field", "note: string!", "note: string"),
    ("field", "note: string required", "note: string"),
    ("field", "optional note: string", "note?: string"),
    ("field", "note: optional string", "note?: string"),
    ("field", "note: string?", "note?: string"),
    ("field", "note: string optional", "note?: string"),
    ("field", "note: string optional\n  last: int", "note?: string\n  last: int"),
    ("budget", "budget { time 4 h }", "budget { time 4h }"),
    ("budget", "budget { time 2 weeks }", "budget { time 14d }"),
    ("budget", "budget { steps 1,000 }", "budget { steps 1_000 }"),
    ("budget", "budget { cost $0.50 }", "budget { cost 0.50 usd }"),
    ("budget", "budget { cost $ 1,000.50 }", "budget { cost 1_000.50 usd }"),
    ("budget", "budget { cost 0.50$ }", "budget { cost 0.50 usd }"),
    ("budget", "budget { cost USD 5 }", "budget { cost 5 usd }"),
    ("budget", "budget { cost 0.50 USD }", "budget { cost 0.50 usd }"),
    ("budget", "budget { cost 2 dollars }", "budget { cost 2 usd }"),
    ("agent", "tokens 50,000", "tokens 50_000"),
    ("agent", "tokens 50k", "tokens 50_000"),
    ("route", "put => note", "put -> note"),
    ("route", "put --> note", "put -> note"),
    ("route", "put ==> note", "put -> note"),
    ("route", "put → note", "put -> note"),
    ("route", "put -> note;", "put -> note"),
    ("route", "put -> note  ends within 4 hours", "put -> note  ends within 4h"),
    ("route", "put -> note  ends within 2 weeks", "put -> note  ends within 14d"),
    ("route", "put -> note  ends in 8h", "put -> note  ends within 8h"),
    ("route", "put -> note  ends in 12 steps", "put -> note  ends within 12 steps"),
    ("route", "put -> note  cost < 2 usd", "put -> note  cost <= 2 usd"),
    ("route", "put -> note # then", "put -> note // then"),
]


def program(place: str, text: str) -> str:
    return PROGRAM.format(**{**RIGHT, place: text})


@pytest.mark.parametrize(("place", "written", "meant"), FORMS, ids=[form[1] for form in FORMS])
def test_a_form_of_another_language_is_answered_once_and_fixed(place: str, written: str, meant: str) -> None:
    text, right = program(place, written), program(place, meant)
    assert check(("a",), {"a": right}.__getitem__)[0] is not None
    (found,) = check(("a",), {"a": text}.__getitem__)[1]
    line = text[: text.index(written)].count("\n") + 1
    assert found.span.line == line and found.help is not None
    assert fix(("a",), {"a": text}.__getitem__).texts == {"a": right}


@pytest.mark.parametrize(
    ("place", "written", "says", "help"),
    [
        ("budget", "budget { cost 0.50 }", "expected a currency", "an amount of money has its currency"),
        ("approval", "after approval by 2 of", "a role is missing after `by 2 of`", "name it"),
        ("approval", "after approval by", "a role is missing after `by`", "name it"),
        ("approval", "escalate to", "a role is missing after `escalate to`", "name it"),
        ("budget", "budget { time 90 }", "expected a duration", "as in `4h`"),
    ],
)
def test_what_only_the_author_knows_is_asked_for(place: str, written: str, says: str, help: str) -> None:
    (found,) = check(("a",), {"a": program(place, written)}.__getitem__)[1]
    assert says in found.message and help in (found.help or "") and found.edits == ()


@pytest.mark.parametrize("clause", ["needs", "may", "grant"])
def test_a_comma_between_scopes_is_put_in(clause: str) -> None:
    rest = {"needs": "effect write }", "may": 'model "small" }', "grant": "}"}[clause]
    start = {"needs": "tool a() {", "may": "agent a {", "grant": "workflow w() { step s calls a() start -> s"}[clause]
    text = f"{start} {clause} a.x, a.y a.z {rest}\n"
    (found, *_) = parse_partial(text, "a")[1]
    assert found.help == f"write `{clause} a.x, a.y, a.z`"
    (edit,) = found.edits
    fixed = text[: edit.span.start] + edit.text + text[edit.span.end :]
    assert fixed == text.replace("a.y a.z", "a.y, a.z") and parse_partial(fixed, "a")[1] == ()


@pytest.mark.parametrize("arguments", ["n", "n, 3"])
def test_arguments_without_names_are_asked_for_theirs(arguments: str) -> None:
    text = f"workflow w(n: int) {{ step s calls a({arguments}) end done }}\n"
    (found,) = parse_partial(text, "a")[1]
    assert found.message.startswith("expected `:`") and "an argument is given by its name" in (found.help or "")


def test_a_comparison_with_null_is_fixed_to_presence() -> None:
    for written, meant in (("!= null", "has(order.note)"), ("== null", "!has(order.note)")):
        text = program("when", f"when order.note {written}")
        assert fix(("a",), {"a": text}.__getitem__).texts == {"a": program("when", f"when {meant}")}


@pytest.mark.parametrize("line", ["// approval by lead", '"not done"', "// 50,000 =>"])
def test_comments_and_texts_are_no_forms(line: str) -> None:
    text = f'workflow w() {{\n  goal "x" {line}\n  ) end done\n}}\n'
    assert all("written so" not in found.message for found in parse_partial(text, "a")[1])
