"""Texts in quotes end at the first quote that ends them, escapes and lines counted."""

import re

from hypothesis import given
from hypothesis import strategies as st

from interlock_dsl.cel.parser.grammar import grammar

ENDS = {'"""': r'"""(?:[^\\]|\\[\s\S])*?"""', "'''": r"'''(?:[^\\]|\\[\s\S])*?'''"}
ONE_LINE = {'"': r'"([^"\\\r\n]|\\.)*"', "'": r"'([^'\\\r\n]|\\.)*'"}
RAW = r"""[rR](\"{3}[\s\S]*?\"{3}|'''[\s\S]*?'''|"[^"\r\n]*"|'[^'\r\n]*')"""
NAIVE = re.compile("|".join([RAW, *ENDS.values(), *ONE_LINE.values()]))
"""The same as a reader would write it: each iteration remembers where it was, so it is no pattern for long texts."""

WRITTEN = next(re.compile(each.pattern.value) for each in grammar().terminals if each.name == "STRING")


@given(st.text(st.sampled_from("\"'\\\n\ra"), max_size=14), st.sampled_from(['"', "'", '"""', "'''", "", 'r"']))
def test_where_a_text_ends(text: str, begin: str) -> None:
    given_ = begin + text
    found, expected = WRITTEN.match(given_), NAIVE.match(given_)
    assert (found and found.end()) == (expected and expected.end())
