"""What other languages write, and how it is written here: looked for around a place where the parser cannot go on.

Each form is a pattern of text and what belongs there instead. It applies where the token that has no place is part of
what the pattern matches, or the next one after it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

REACH: Final = 200
"""How far around the mistake a form may begin and end."""
ELSEWHERE: Final = {
    "and": "AND", "or": "OR", "not": "NOT", "=": "EQUAL", "&": "AND", "|": "OR", "is": "EQUAL", "equals": "EQUAL",
    "if": "WHEN", "where": "WHEN", "else": "OTHERWISE", "default": "OTHERWISE", "without": "BEFORE", "mod": "MODULO",
}  # fmt: skip
"""How other languages write an operator or a clause."""
_PATH: Final = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
_VALUE: Final = rf'(?:"[^"\n]*"|{_PATH}|-?\d[\d_.]*)'
_BLANK: Final = re.compile(r"\s*(?://[^\n]*\n\s*)*")
_COUNTS: Final = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5"}
_SIGNS: Final = {"$": "usd", "€": "eur", "£": "gbp"}


@dataclass(frozen=True, slots=True)
class Form:
    """`kinds`: only where one of these kinds of token could stand; none: anywhere. `note` says more."""

    pattern: re.Pattern[str]
    instead: str | Callable[[re.Match[str]], str]
    kinds: frozenset[str] = frozenset()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What was written, from `start` to `end`, and what is written here instead."""

    start: int
    end: int
    instead: str
    note: str | None


def _form(pattern: str, instead: str | Callable[[re.Match[str]], str], *kinds: str, note: str | None = None) -> Form:
    return Form(re.compile(pattern), instead, frozenset(kinds), note)


def _money(amount: str, currency: str) -> str:
    return f"{amount.replace(',', '_')} {_SIGNS.get(currency, currency).lower()}"


def _time(match: re.Match[str]) -> str:
    count, unit = match[1], match[2].lower()
    return f"{int(count) * 7}d" if unit.startswith("w") else count + (unit if unit in ("ms", "us") else unit[0])


_GROUPED: Final = r"(\d{1,3}(?:,\d{3})+(?:\.\d+)?)"
_NAME: Final = r"[A-Za-z_]\w*"
_THERE: Final = "a field is always there unless its name is marked with `?`"
_ROWS: Final = r"(for each [A-Za-z_]\w* in [^\n{}]*?\bmax \d[\d_]*(?: (?:width \d+|merge \w+|collect failures))*)"
FORMS: Final = (
    _form(rf"\brequired[ \t]+({_NAME})(?=\s*:)", r"\1", "COLON", note=_THERE),
    _form(rf"\brequired\s+({_NAME})\b(?!\s*:)", r"\1", "COLON", note=_THERE),
    _form(rf"({_NAME})!(?=\s*:)", r"\1", "COLON", note=_THERE),
    _form(rf"\b({_NAME})!", r"\1", "LABEL_MARK", note=_THERE),
    _form(rf"\b({_NAME})\s+required\b(?!\s*[?:])", r"\1", "COLON", note=_THERE),
    _form(rf"\boptional[ \t]+({_NAME})(?=\s*:)", r"\1?", "COLON", note=_THERE),
    _form(rf"\b({_NAME})\s*:\s*optional\s+({_NAME})\b", r"\1?: \2", "COLON", note=_THERE),
    _form(rf"\b({_NAME})\s*:\s*({_NAME})\s*\?", r"\1?: \2", "LABEL_MARK", note=_THERE),
    _form(rf"\b({_NAME})\s*:\s*({_NAME})\s+optional\b(?!\s*[?:])", r"\1?: \2", "COLON", note=_THERE),
    _form(rf"\b(within \d+[a-z]+) {_ROWS}", r"\2 \1", note="the deadline of a step stands behind its rows"),
    _form(rf"\b(waits (?:for|until) [^\n]+?) {_ROWS}", r"\1", note="a step that waits is taken once"),
    _form(
        rf"\b(sets \{{[^\n]*\}}) {_ROWS}",
        r"\1",
        note="a step that sets values is taken once: `list.map(row, ...)` has a value for each row",
    ),
    _form(rf"(\{{[^\n]*\}}) {_ROWS}", r"\2 \1", note="the rows of a step stand before its block"),
    _form(rf"([$€£])\s*(?:{_GROUPED}|(\d[\d_.]*))", lambda m: _money(m[2] or m[3], m[1])),
    _form(rf"(?:{_GROUPED}|(\d[\d_.]*))\s*([$€£])", lambda m: _money(m[1] or m[2], m[3])),
    _form(r"(?i:\b(usd|eur|gbp|chf|jpy)) ?(\d[\d_.]*)\b", lambda m: _money(m[2], m[1])),
    _form(
        rf"(?<![\w.]){_GROUPED}(?![\d,.])", lambda m: m[1].replace(",", "_"), note="`_` groups the digits of a number"
    ),
    _form(r"\b(\d+)\s+(?i:(us|ms|s|m|h|d|(?:sec|second|min|minute|hour|day|week)s?))\b", _time, "DURATION"),
    _form(r"(?<=\bwithin )(\d+)\s+(?i:((?:second|minute|hour|day|week)s?))\b", _time, "STEPS"),
    _form(r"\bends in (\d+(?:[smhd]\b| steps\b))", r"ends within \1"),
    _form(r"\bcost <(?!=)", "cost <=", "LESS_EQUAL"),
    _form(
        rf"\b(needs|may|grant) ({_PATH}(?:, *{_PATH})*) ([a-z]\w*(?:\.\w+)+)\b",
        r"\1 \2, \3",
        note="a comma stands between scopes",
    ),
    _form(r"\b(\d+)[kK]\b", r"\1_000"),
    _form(r"===", "=="),
    _form(r"!==", "!="),
    _form(r"<>", "!="),
    _form(r"[-=~]+>", "->", "__ANON_0", "ARROW"),
    _form(r"=>", ">="),
    _form(r"=<", "<="),
    _form(rf"({_PATH}) not in (\[[^\]\n]*\]|{_PATH})", r"!(\1 in \2)"),
    _form(r"\bin \(([^()\n]*)\)", r"in [\1]", note="a list stands in square brackets"),
    _form(rf"({_PATH}) (contains|startsWith|endsWith|matches) ({_VALUE})", r"\1.\2(\3)"),
    _form(rf"({_PATH}) between ({_VALUE}) and ({_VALUE})", r"\1 >= \2 && \1 <= \3"),
    _form(rf"({_PATH}) is not (?:null|None|nil)\b", r"has(\1)"),
    _form(rf"({_PATH}) is (?:null|None|nil)\b", r"!has(\1)"),
    _form(rf"({_PATH}) is not\b", r"\1 !="),
    _form(rf"({_PATH}) exists\b", r"has(\1)"),
    _form(rf"\bexists ({_PATH})", r"has(\1)"),
    _form(rf"\bnot ({_PATH})", r"!\1"),
    _form(rf"({_VALUE}) if ([^{{}}\n]+?) else ({_VALUE})", r"\2 ? \1 : \3"),
    _form(r"\bunless ([^\n{}]+)", r"when !(\1)"),
    _form(r"\bafter approval (?:of|from)\b", "after approval by"),
    _form(r"(?<!after )\bapproval by\b", "after approval by"),
    _form(rf"\bby ({'|'.join(_COUNTS)}) of\b", lambda m: f"by {_COUNTS[m[1]]} of"),
    _form(r"(after approval by [\w.]+(?: of \w+)?) in (\d+[smhd])", r"\1 within \2"),
    _form(r"\belse\s+if\b|\belif\b|\belsif\b|\belseif\b", "when"),
    _form(r"(?<=[\w)\"\]]) *(?::|\bthen\b)(?=[ \t]*(?://[^\n]*)?\n)", ""),
)
"""The first that applies counts."""


def foreign(text: str, before: int, at: int, kinds: set[str]) -> Found | None:
    """Return the form around a place, where tokens of `kinds` could stand; the token `before` it ends there."""
    first, last = max(0, at - REACH), min(len(text), at + REACH)
    line = max(first, text.rfind("\n", 0, before) + 1)
    for form in FORMS:
        if form.kinds and form.kinds.isdisjoint(kinds):
            continue
        for match in form.pattern.finditer(text, line, last):
            if match.start() > at:
                break
            if (at < match.end() or _BLANK.fullmatch(text, match.end(), at)) and _is_code(text, match.start()):
                instead = match.expand(form.instead) if isinstance(form.instead, str) else form.instead(match)
                return Found(match.start(), match.end(), instead, form.note)
    return None


def _is_code(text: str, at: int) -> bool:
    """Say whether a place is in no comment, and in no text on its line."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return "//" not in line and line.count('"') % 2 == 0
