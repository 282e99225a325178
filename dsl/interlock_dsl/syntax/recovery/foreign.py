"""What other languages write, and how it is written here: looked for around a place where the parser cannot go on.

Each form is a pattern of text and what belongs there instead. It applies where the token that has no place is part of
what the pattern matches, or the next one after it.
"""

import re
from dataclasses import dataclass
from typing import Final

from interlock_dsl.syntax.recovery.forms import NAME, PATH, TIME, VALUE, form
from interlock_dsl.syntax.recovery.orchestration import FORMS as ORCHESTRATION

REACH: Final = 200
"""How far around the mistake a form may begin and end."""
ELSEWHERE: Final = {
    "and": "AND", "or": "OR", "not": "NOT", "=": "EQUAL", "&": "AND", "|": "OR", "is": "EQUAL", "equals": "EQUAL",
    "if": "WHEN", "where": "WHEN", "else": "OTHERWISE", "default": "OTHERWISE", "without": "BEFORE", "mod": "MODULO",
}  # fmt: skip
"""How other languages write an operator or a clause."""
_BLANK: Final = re.compile(r"\s*(?://[^\n]*\n\s*)*")
_COUNTS: Final = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "a": "1", "an": "1", "fifteen": "15", "twenty": "20", "thirty": "30",
}  # fmt: skip
_SIGNS: Final = {"$": "usd", "€": "eur", "£": "gbp"}


@dataclass(frozen=True, slots=True)
class Found:
    """What was written, from `start` to `end`, and what is written here instead."""

    start: int
    end: int
    instead: str
    note: str | None


def _money(amount: str, currency: str) -> str:
    return f"{amount.replace(',', '_')} {_SIGNS.get(currency, currency).lower()}"


def _time(match: re.Match[str]) -> str:
    count, unit = _COUNTS.get(match[1].lower(), match[1]), match[2].lower()
    return f"{int(count) * 7}d" if unit.startswith("w") else count + (unit if unit in ("ms", "us") else unit[0])


_GROUPED: Final = r"(\d{1,3}(?:,\d{3})+(?:\.\d+)?)"
_THERE: Final = "a field is always there unless its name is marked with `?`"
_ROWS: Final = r"(for each [A-Za-z_]\w* in [^\n{}]*?\bmax \d[\d_]*(?: (?:width \d+|merge \w+|collect failures))*)"
FORMS: Final = (
    *ORCHESTRATION,
    form(rf"\brequired[ \t]+({NAME})(?=\s*:)", r"\1", "COLON", note=_THERE),
    form(rf"\brequired\s+({NAME})\b(?!\s*:)", r"\1", "COLON", note=_THERE),
    form(rf"({NAME})!(?=\s*:)", r"\1", "COLON", note=_THERE),
    form(rf"\b({NAME})!", r"\1", "LABEL_MARK", note=_THERE),
    form(rf"\b({NAME})\s+required\b(?!\s*[?:])", r"\1", "COLON", note=_THERE),
    form(rf"\boptional[ \t]+({NAME})(?=\s*:)", r"\1?", "COLON", note=_THERE),
    form(rf"\b({NAME})\s*:\s*optional\s+({NAME})\b", r"\1?: \2", "COLON", note=_THERE),
    form(rf"\b({NAME})\s*:\s*({NAME})\s*\?", r"\1?: \2", "LABEL_MARK", note=_THERE),
    form(rf"\b({NAME})\s*:\s*({NAME})\s+optional\b(?!\s*[?:])", r"\1?: \2", "COLON", note=_THERE),
    form(rf"\b(within \d+[a-z]+) {_ROWS}", r"\2 \1", note="the deadline of a step stands behind its rows"),
    form(rf"\b(waits (?:for|until) [^\n]+?) {_ROWS}", r"\1", note="a step that waits is taken once"),
    form(
        rf"\b(sets \{{[^\n]*\}}) {_ROWS}",
        r"\1",
        note="a step that sets values is taken once: `list.map(row, ...)` has a value for each row",
    ),
    form(rf"(\{{[^\n]*\}}) {_ROWS}", r"\2 \1", note="the rows of a step stand before its block"),
    form(rf"([$€£])\s*(?:{_GROUPED}|(\d[\d_.]*))", lambda m: _money(m[2] or m[3], m[1])),
    form(rf"(?:{_GROUPED}|(\d[\d_.]*))\s*([$€£])", lambda m: _money(m[1] or m[2], m[3])),
    form(r"(?i:\b(usd|eur|gbp|chf|jpy)) ?(\d[\d_.]*)\b", lambda m: _money(m[2], m[1])),
    form(
        rf"(?<![\w.]){_GROUPED}(?![\d,.])", lambda m: m[1].replace(",", "_"), note="`_` groups the digits of a number"
    ),
    form(r"\b(\d+)\s+(?i:(us|ms|s|m|h|d|(?:sec|second|min|minute|hour|day|week)s?))\b", _time, "DURATION"),
    form(r"(?<=\bwithin )(\d+)\s+(?i:((?:second|minute|hour|day|week)s?))\b", _time, "STEPS"),
    form(rf"(?<=\bwithin )({'|'.join(_COUNTS)})\s+(?i:((?:second|minute|hour|day|week)s?))\b", _time),
    form(rf"(?<=[-+<>=] )({TIME})", r'duration("\1")', "NOT"),
    form(r"\ballow(?:s|ed)?\b", "permit", "PERMIT"),
    form(r"\b(?:den(?:y|ies)|disallow|block)\b", "forbid", "FORBID"),
    form(r"\bends in (\d+(?:[smhd]\b| steps\b))", r"ends within \1"),
    form(r"\bcost <(?!=)", "cost <=", "LESS_EQUAL"),
    form(
        rf"\b(needs|may|grant) ({PATH}(?:, *{PATH})*) ([a-z]\w*(?:\.\w+)+)\b",
        r"\1 \2, \3",
        note="a comma stands between scopes",
    ),
    form(r"\b(\d+)[kK]\b", r"\1_000"),
    form(r"===", "=="),
    form(r"!==", "!="),
    form(r"<>", "!="),
    form(r"[-=~]+>", "->", "__ANON_0", "ARROW"),
    form(r"=>", ">="),
    form(r"=<", "<="),
    form(rf"({PATH}) not in (\[[^\]\n]*\]|{PATH})", r"!(\1 in \2)"),
    form(r"\bin \(([^()\n]*)\)", r"in [\1]", note="a list stands in square brackets"),
    form(rf"({PATH}) (contains|startsWith|endsWith|matches) ({VALUE})", r"\1.\2(\3)"),
    form(rf"({PATH}) between ({VALUE}) and ({VALUE})", r"\1 >= \2 && \1 <= \3"),
    form(rf"({PATH}) is not (?:null|None|nil)\b", r"has(\1)"),
    form(rf"({PATH}) is (?:null|None|nil)\b", r"!has(\1)"),
    form(rf"({PATH}) is not\b", r"\1 !="),
    form(rf"({PATH}) exists\b", r"has(\1)"),
    form(rf"\bexists ({PATH})", r"has(\1)"),
    form(rf"\bnot ({PATH})", r"!\1"),
    form(rf"({VALUE}) if ([^{{}}\n]+?) else ({VALUE})", r"\2 ? \1 : \3"),
    form(r"\bunless ([^\n{}]+)", r"when !(\1)"),
    form(r"\bafter approval (?:of|from)\b", "after approval by"),
    form(r"(?<!after )\bapproval by\b", "after approval by"),
    form(rf"\bby ({'|'.join(_COUNTS)}) of\b", lambda m: f"by {_COUNTS[m[1]]} of"),
    form(r"(after approval by [\w.]+(?: of \w+)?) in (\d+[smhd])", r"\1 within \2"),
    form(r"\belse\s+if\b|\belif\b|\belsif\b|\belseif\b", "when"),
    form(r"(?<=[\w)\"\]]) *(?::|\bthen\b)(?=[ \t]*(?://[^\n]*)?\n)", ""),
)
"""The first that applies counts."""


def foreign(text: str, before: int, at: int, kinds: set[str]) -> Found | None:
    """Return the form around a place, where tokens of `kinds` could stand; the token `before` it ends there."""
    first, last = max(0, at - REACH), min(len(text), at + REACH)
    line = max(first, text.rfind("\n", 0, before) + 1)
    for each in FORMS:
        if each.kinds and each.kinds.isdisjoint(kinds):
            continue
        for match in each.pattern.finditer(text, line, last):
            if match.start() > at:
                break
            if (at < match.end() or _BLANK.fullmatch(text, match.end(), at)) and _is_code(text, match.start()):
                instead = match.expand(each.instead) if isinstance(each.instead, str) else each.instead(match)
                return Found(match.start(), match.end(), instead, each.note)
    return None


def _is_code(text: str, at: int) -> bool:
    """Say whether a place is in no comment, and in no text on its line."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return "//" not in line and line.count('"') % 2 == 0
