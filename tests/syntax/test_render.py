"""Diagnostics as text for people."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock_dsl.diagnostics import Diagnostic, Label, UnregisteredCodeError
from interlock_dsl.diagnostics.render import render, render_compact
from interlock_dsl.diagnostics.source import NOWHERE, Source, Span
from interlock_dsl.syntax.parser import parse_partial

TEXT = """\
  assess   -> pay       when assess.amount > 0 && assess.amount <= 10_000
  assess   -> pay       when assess.amount >= 10_000
"""
SOURCE = Source("refund.ilk", TEXT)


def at(part, nth=0, source=SOURCE):
    start = -1
    for _ in range(nth + 1):
        start = source.text.index(part, start + 1)
    return Span(source, start, start + len(part))


CLASH = Diagnostic(
    "overlapping-routes",
    "two routes from `assess` can both be taken",
    (
        Label(at("assess.amount >= 10_000"), "this one"),
        Label(at("assess.amount > 0 && assess.amount <= 10_000"), "and this one"),
    ),
    notes=("witness: assess.amount = 10000",),
    help="make the first `> 10_000`, or declare `routes assess first`",
)


def test_two_places():
    assert (
        render([CLASH])
        == """\
error[overlapping-routes]: two routes from `assess` can both be taken
 ┌─ refund.ilk:2:30
 │
2│   assess   -> pay       when assess.amount >= 10_000
 │                              ^^^^^^^^^^^^^^^^^^^^^^^ this one
1│   assess   -> pay       when assess.amount > 0 && assess.amount <= 10_000
 │                              -------------------------------------------- and this one
 = witness: assess.amount = 10000
 = help: make the first `> 10_000`, or declare `routes assess first`
"""
    )


def test_compact():
    assert render_compact([CLASH]) == (
        "refund.ilk:2:30: error[overlapping-routes]: two routes from `assess` can both be taken"
        " (help: make the first `> 10_000`, or declare `routes assess first`)\n"
    )


def test_two_labels_on_one_line_and_severity():
    found = Diagnostic("vacuous-test", "so", (Label(at("pay"), "a"), Label(at("assess"), "b")))
    assert (
        render([found])
        == """\
warning[vacuous-test]: so
 ┌─ refund.ilk:1:15
 │
1│   assess   -> pay       when assess.amount > 0 && assess.amount <= 10_000
 │   ------ b
 │               ^^^ a
"""
    )


def test_tabs_wide_characters_and_marks_are_aligned():
    source = Source("w.ilk", '\tgoal\t"解決e\u0301" x y\r\n')
    places = (Label(at("x", source=source)), Label(at("決", source=source), "w"))
    assert render([Diagnostic("too-deep", "b", places)]) == (
        "error[too-deep]: b\n ┌─ w.ilk:1:14\n │\n"
        "1│     goal    \"解決e\u0301\" x y\n"
        " │                -- w\n"
        " │                     ^\n"
    )  # fmt: skip


def test_tab_stops():
    source = Source("t.ilk", "ab\tx\n")
    assert "1│ ab  x\n │     ^\n" in render([Diagnostic("too-deep", "b", (Label(at("x", source=source)),))])


def test_places_in_two_files():
    other = Source("b.ilk", "role r\n")
    found = Diagnostic("too-deep", "b", (Label(at("pay"), "here"), Label(at("r", 1, other), "there")))
    assert render([found]).splitlines()[1:] == [
        " ┌─ refund.ilk:1:15",
        " │",
        "1│   assess   -> pay       when assess.amount > 0 && assess.amount <= 10_000",
        " │               ^^^ here",
        " ├─ b.ilk:1:6",
        " │",
        "1│ role r",
        " │      - there",
    ]


def test_line_numbers_share_a_margin():
    source = Source("n.ilk", "x\n" * 9 + "y\n" + "z\n" * 90)
    found = Diagnostic("too-deep", "b", (Label(at("y", source=source)), Label(Span(source, 0, 1))), help="c")
    assert render([found]).splitlines()[1:] == [
        "  ┌─ n.ilk:10:1",
        "  │",
        "10│ y",
        "  │ ^",
        " 1│ x",
        "  │ -",
        "  = help: c",
    ]


def test_a_place_of_several_lines_is_marked_on_its_first():
    source = Source("m.ilk", "ab\ncd\n")
    assert "1│ ab\n │  ^\n" in render([Diagnostic("too-deep", "b", (Label(Span(source, 1, 5)),))])


def test_long_lines_are_cut_around_the_mark():
    source = Source("l.ilk", "a" * 300 + " here " + "b" * 300)
    lines = render([Diagnostic("too-deep", "b", (Label(at("here", source=source), "it"),))], width=60).splitlines()
    shown, marked = lines[3], lines[4]
    assert len(shown) <= 60
    assert shown[3] == "…" and shown[-1] == "…"
    assert shown[marked.index("^") : marked.index("^") + 4] == "here"


def test_the_end_of_a_file_has_a_place():
    assert "^ expected here" in render(parse_partial("role", "f")[1])
    assert "^" in render([Diagnostic("too-deep", "b", (Label(Span(Source("e", ""), 0, 0)),))])


def test_what_no_file_says_has_no_excerpt():
    assert render([Diagnostic("too-deep", "b", (Label(NOWHERE),), notes=("c",))]) == "error[too-deep]: b\n = c\n"


def test_colors_are_only_added():
    painted = render([CLASH], color=True)
    assert "\x1b[1;31m" in painted
    assert re.sub("\x1b\\[[0-9;]*m", "", painted) == render([CLASH])


def test_a_text_cannot_steer_the_terminal():
    source = Source("\x1b[31m.ilk", "a \x1b[2J b \u202e c\n")
    found = Diagnostic("too-deep", "`\x1b[2J`", (Label(at("b", source=source), "\x07"),))
    assert "\x1b" not in render([found]) + render_compact([found])
    assert "\u202e" not in render([found])


@given(st.text(max_size=80), st.data(), st.integers(0, 200))
def test_any_place_of_any_text_is_shown(text, data, width):
    source = Source("any.ilk", text)
    start = data.draw(st.integers(0, len(text)))
    span = Span(source, start, data.draw(st.integers(start, len(text))))
    shown = render([Diagnostic("too-deep", "b", (Label(span, "c"),))], width=width)
    assert re.search(r"\^+ c$", shown, re.MULTILINE)


def test_what_is_not_proved_says_so():
    assert "\n = certainty: possible\n" in render([Diagnostic("unguarded-optional", "b", (Label(at("pay")),))])
    assert "certainty" not in render([CLASH])


def test_an_unregistered_code_is_refused_when_the_diagnostic_is_made():
    with pytest.raises(UnregisteredCodeError, match=r"`no-such-code` is not a registered code"):
        Diagnostic("no-such-code", "b", (Label(at("pay")),))
