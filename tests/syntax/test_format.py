"""One way to write everything: the meaning stays, the comments stay, and a second time changes nothing."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interlock_dsl.cel import parse as parse_expression
from interlock_dsl.cel.format import written
from interlock_dsl.cel.parser.lexer import END
from interlock_dsl.diagnostics import DiagnosticError
from interlock_dsl.formatter.format import format
from interlock_dsl.syntax.grammar import lexer
from interlock_dsl.syntax.parser import parse
from syntax.trees import expressions, files

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*/*.ilk"))
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
GAPS = [" ", "\n", "\n\n", "\n\n\n\t", " // note\n", "\n  // own\n", "\n\n// apart\n\n", " // a\n// b\n", "\r\n"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_formatted(path):
    text = path.read_text("utf-8")
    assert format(text) == text


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
@given(files)
def test_format_keeps_meaning(file):
    text = format(file)
    again = parse(text, "made.ilk")
    assert again.declarations == file.declarations
    assert format(text) == text
    assert format(again) == text


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
@given(files, st.data())
def test_format_keeps_comments_wherever_they_stand(file, data):
    text = mangled(format(file), data.draw)
    before = parse(text, "mangled.ilk")
    formatted = format(text)
    after = parse(formatted, "formatted.ilk")
    assert after.declarations == before.declarations == file.declarations
    assert sorted(comment.text for comment in after.comments) == sorted(comment.text for comment in before.comments)
    assert format(formatted) == formatted
    assert format(before) == formatted


def mangled(text, draw):
    """Return the text with other blanks, and comments, between some of its tokens."""
    parts, position = [], 0
    while True:
        token = lexer().next(text, position, {})
        gap = text[position : token.start_pos]
        parts.append(draw(st.sampled_from(GAPS)) if gap and draw(st.integers(0, 3)) == 0 else gap)
        if token.type == END:
            return "".join(parts)
        parts.append(text[token.start_pos : token.end_pos])
        position = token.end_pos


@settings(max_examples=300, deadline=None, suppress_health_check=SLOW)
@given(expressions)
def test_expressions_keep_their_meaning(expression):
    text = written(expression)
    again = parse_expression(text)
    assert again == expression
    assert written(again) == text


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("((a))+(b*c)", "a + b * c"),
        ("(a+b)*c", "(a + b) * c"),
        ("a-(b-c)-d", "a - (b - c) - d"),
        ("a && b && c && d && e", "a && b && c && d && e"),
        ("a && (b && c)", "a && (b && c)"),
        ("a || b && c", "a || b && c"),
        ("(a || b) && c", "(a || b) && c"),
        ("a ? b : (c ? d : e)", "a ? b : c ? d : e"),
        ("(a ? b : c) ? d : e", "(a ? b : c) ? d : e"),
        ("!(a in b)", "!(a in b)"),
        ("- 5", "-(5)"),
        ("-5", "-5"),
        ("-(0)[a]", "-(0)[a]"),
        ("-1[a]", "(-1)[a]"),
        ("(-5).f()", "(-5).f()"),
        ("1000000 + 0x10 + 10u", "1_000_000 + 16 + 10u"),
        ("'it\\'s' + r'\\d'", '"it\'s" + "\\\\d"'),
        ('"""a\nb"""', '"a\\nb"'),
        ('b"a\\xff"', 'b"a\\xff"'),
        ("has(a.b) && a.?b.orValue(1)==1", "has(a.b) && a.?b.orValue(1) == 1"),
        ("[1,?a].map(x,x>1,x*2)", "[1, ?a].map(x, x > 1, x * 2)"),
        ("{'a':1,?b:c}", '{"a": 1, ?b: c}'),
        ("cel.bind(x,a,x+x)", "cel.bind(x, a, x + x)"),
        ("a.optMap(x,x+1)", "a.optMap(x, x + 1)"),
        ("a.optFlatMap(x,x.?b)", "a.optFlatMap(x, x.?b)"),
        ("l.sortBy(x, x.a)", "l.sortBy(x, x.a)"),
        ("m.transformMap(k,v,v>1,v*2)", "m.transformMap(k, v, v > 1, v * 2)"),
        ("l.existsOne(x, x)", "l.exists_one(x, x)"),
        ("a.`in`.`b-c`", "a.`in`.`b-c`"),
        ("1e100 + .5", "1e+100 + 0.5"),
    ],
)
def test_expressions_are_written_in_one_way(text, canonical):
    assert written(parse_expression(text)) == canonical
    assert parse_expression(canonical) == parse_expression(text)


@pytest.mark.parametrize("depth", [30, 99])
def test_deep_expressions_are_written(depth):
    text = "!" * depth + "x"
    assert written(parse_expression(text)) == text


PAIRS = [
    (
        "comments move with their clause",
        """\
// head

workflow w(a: A) { // opens
  // about the route
  a -> b
    // what it may
    grant x.y // scope
    // why
    when   a.b==1 // once

  // last
}
// tail
""",
        """\
// head

workflow w(a: A) {  // opens
  // about the route
  a -> b
    // why
    when a.b == 1  // once
    // what it may
    grant x.y  // scope

  // last
}
// tail
""",
    ),
    (
        "empty lines between items are kept, one at a time",
        """\
role a
role b


role c
policy p {

  permit x
  permit y


  permit z }
""",
        """\
role a
role b

role c

policy p {
  permit x
  permit y

  permit z
}
""",
    ),
    (
        "long lists are broken",
        "tool t(" + ", ".join(f"parameter_{n}: string max 200" for n in range(5)) + ") -> T { effect read }\n",
        "tool t(\n"
        + ",\n".join(f"  parameter_{n}: string max 200" for n in range(5))
        + "\n) -> T {\n  effect read\n}\n",
    ),
    (
        "long conditions are broken at their outermost operator",
        "workflow w() { a -> b when " + " && ".join(f"(long_name_{n} == 1 || other_{n})" for n in range(5)) + " }\n",
        "workflow w() {\n  a -> b\n    when (long_name_0 == 1 || other_0)\n"
        + "".join(f"      && (long_name_{n} == 1 || other_{n})\n" for n in range(1, 5))
        + "}\n",
    ),
    (
        "tables are aligned",
        'table t(a: int, b: string) -> { c: int } { when 1..5, >9|- then 1 when -|"xyz" then -2 otherwise then 3 }',
        """\
table t(a: int, b: string) -> { c: int } {
  when 1..5, > 9 | -     then 1
  when -         | "xyz" then -2
  otherwise              then 3
}
""",
    ),
    (
        "durations keep the author's units, numbers get groups",
        "agent a { tokens 10000 timeout 90s }\ntool t() { cost 1 usd  timeout 1h30m }\n",
        "agent a {\n  tokens 10_000\n  timeout 90s\n}\n\ntool t() {\n  timeout 1h30m\n  cost 1.00 usd\n}\n",
    ),
    (
        "texts of several lines stay so",
        'agent a { instructions """Be kind.\nSay "no" \\\\ never."""  model "a\\nb" }\n',
        'agent a {\n  model "a\\nb"\n  instructions """Be kind.\nSay "no" \\\\ never."""\n}\n',
    ),
    ("an empty file stays empty", "", ""),
    ("a file of comments stays", "// a\n\n\n\n// b", "// a\n\n// b\n"),
    ("nothing is written as nothing", "agent a {\n}\nworkflow w() { }", "agent a {}\n\nworkflow w() {}\n"),
]


@pytest.mark.parametrize(("text", "canonical"), [pair[1:] for pair in PAIRS], ids=[pair[0] for pair in PAIRS])
def test_layout(text, canonical):
    assert format(text) == canonical
    assert format(canonical) == canonical


def test_what_does_not_parse_is_not_formatted():
    with pytest.raises(DiagnosticError):
        format("role")


def test_a_changed_tree_is_written_as_it_is():
    file = parse("agent a { timeout 90s }", "a.ilk")
    (agent,) = file.declarations
    changed = replace(agent, timeout=replace(agent.timeout, micros=5_000_000))
    assert "timeout 5s" in format(replace(file, declarations=(changed,)))
