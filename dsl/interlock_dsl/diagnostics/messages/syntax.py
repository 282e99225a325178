"""What the compiler says about a text that is not a file of the language: every message is a function here."""

from collections.abc import Sequence
from typing import Final

from interlock_dsl.diagnostics.diagnostic import Diagnostic, Edit, Label
from interlock_dsl.diagnostics.edits import removal
from interlock_dsl.diagnostics.source import Span

PHRASES: Final = {
    "declaration": "a declaration",
    "workflow_item": "a step, an end, a route or another part of the workflow",
    "route_clause": "a clause of the route",
    "handed_clause": "a clause of the way out",
    "tool_clause": "a clause of the tool",
    "agent_clause": "a clause of the agent",
    "budget_clause": "a limit of the budget",
    "agent_step_clause": "a clause of the step",
    "ask_step_clause": "a clause of the step",
    "event_step_clause": "a clause of the step",
    "rule": "a rule",
    "restriction": "a rule",
    "rule_clause": "a clause of the rule",
    "table_item": "a row of the table",
    "test_item": "a line of the test (`given`, `started`, `agent`, `person`, `tool`, `call`, `then`, `expect`)",
    "expectation": (
        "`waits`, `calls`, `never ...`, `denied`, `withheld`, `escalates`, `notifies`, `redacts`, `ends`, `visits`, "
        "`fails`, `allows`, `denies` or `asks`"
    ),
    "trigger": "`failure`, `timeout`, `denied`, `expiry` or `over budget`",
    "cell": "a cell",
    "alternative": "a value",
    "expression": "an expression",
    "any_type": "a type",
    "conditional": "an expression",
    "map_entry": "an entry",
    "sum": "a value",
    "unary": "a value",
    "field": "a field",
    "field_name": "the name of a field",
    "argument": "an argument",
    "type_name": "the name of a type",
    "agent_name": "the name of an agent",
    "role_name": "the name of a role",
    "workflow_name": "the name of a workflow",
    "policy_name": "the name of a policy",
    "pack_name": "the name of a pack",
    "calls_name": "a name for the calls that the rules are about",
    "pack_value": "an argument of the pack",
    "table_name": "the name of a table",
    "step_name": "the name of a step",
    "end_name": "the name of an end",
    "target_name": "the name of a step",
    "effect_name": "an effect: `read`, `write` or `irreversible`",
    "label_name": "the name of a label",
    "scope_name": "a scope",
    "passed_name": "a field to pass",
    "redacted_name": "a field, as in `result.iban` or `args.note`",
    "let_name": "the name of a constant",
    "agent_pattern": "an agent or a pattern of agents",
    "pattern": "a tool or a pattern of tools",
    "tool_name": "the name of a tool",
    "text": 'a text in quotes, as in `"..."`',
    "count": "a whole number",
    "number": "a number",
    "duration": "a duration, as in `5s` or `4h`",
    "currency": "a currency, as in `usd`",
    "money": "an amount of money, as in `0.50 usd`",
}
"""What messages call the things that a rule of the grammar stands for; of several that apply, the first counts."""

MOST_EXPECTATIONS: Final = 5


def unexpected(
    found: str, expected: Sequence[str], span: Span, after: Span | None, help: str | None = None
) -> Diagnostic:
    """Something stands where only other things can. What was expected belongs `after`, on an earlier line."""
    if not expected:
        return Diagnostic("syntax-error", f"{found} cannot stand here", (Label(span),), help=help)
    labels = (Label(after, "expected here"), Label(span, "found this")) if after is not None else (Label(span),)
    if found == END_OF_FILE:
        labels = labels[:1]
    return Diagnostic("syntax-error", f"expected {one_of(expected)}, found {found}", labels, help=help)


NO_UNIT: Final = "a number has no unit here: write all its digits, as in `2_000`"
NO_SPACE: Final = "write the number and its unit as one word, as in `4h` or `30m`"
OPTIONAL: Final = "what may be absent is read with `.?`, as in `request.?note`"
CURRENCY: Final = "an amount of money has its currency, as in `0.50 usd`"
MONEY: Final = "an amount of money is written out, as in `0.50 usd`: no constant stands here"
PEOPLE: Final = "the number of people is written out, as in `2 of boss`: no constant stands here"
NAMED: Final = "an argument is given by its name, as in `order_id: request.order_id`"
ONE_GIVEN: Final = 'each value has a `given` of its own, as in `given id "A1" given count 2`'
NO_COLON: Final = "write no `:` here: the value follows its word"

END_OF_FILE: Final = "the end of the file"


def clauses(words: Sequence[str]) -> str:
    """Return the advice to write one of the clauses there are."""
    return f"there is {', '.join(f'`{word}`' for word in words[:-1])} and `{words[-1]}`"


def missing(sign: str, before: str, span: Span, place: Span) -> Diagnostic:
    """One sign is missing, and the text can be parsed once it is inserted, at `place`."""
    return Diagnostic(
        "syntax-error",
        f"`{sign}` is missing before {before}",
        (Label(span),),
        help=f"write `{sign}` here",
        edits=(Edit(place, sign),),
    )


def misspelt(word: str, keyword: str, span: Span) -> Diagnostic:
    """A word is nearly a keyword that can stand here."""
    label = Label(span, f"did you mean `{keyword}`?")
    edits = (Edit(span, keyword),)
    return Diagnostic("syntax-error", f"`{word}` cannot stand here", (label,), help=f"write `{keyword}`", edits=edits)


def elsewhere(span: Span, instead: str, note: str | None) -> Diagnostic:
    """Something is written as other languages write it."""
    written = " ".join(span.text.split())
    label = Label(span, "" if note is None else note)
    help = f"write `{instead}`" if instead else "delete it"
    message = f"`{written}` is not written so here" if instead else f"`{written}` has no place here"
    return Diagnostic("syntax-error", message, (label,), help=help, edits=(Edit(span, instead),))


def nameless(words: str, span: Span) -> Diagnostic:
    """A line ends where a name is missing."""
    return Diagnostic("syntax-error", f"a role is missing after `{words}`", (Label(span),), help="name it")


def unclosed(opening: Span, sign: str, found: str, span: Span, suspect: Span | None = None) -> Diagnostic:
    """A bracket is not closed where its contents must have ended."""
    labels = [Label(suspect or opening, "this one is not closed"), Label(span, f"{found} comes before its `{sign}`")]
    return Diagnostic(
        "unclosed-bracket",
        f"`{(suspect or opening).text}` is never closed",
        tuple(labels),
        help=f"close it with `{sign}`",
    )


def unopened(span: Span) -> Diagnostic:
    """A closing bracket has no partner."""
    message = f"`{span.text}` closes nothing"
    return Diagnostic("unopened-bracket", message, (Label(span),), help="delete it, or open it before")


def unclosed_text(span: Span, *, triple: bool) -> Diagnostic:
    """Quotes are opened and not closed."""
    where = "before the end of the file" if triple else "on its line"
    quotes = span.text.lstrip("rRbB")[: 3 if triple else 1]
    label = Label(span, "the text begins here")
    return Diagnostic("unclosed-text", f"the text is not closed {where}", (label,), help=f"close it with `{quotes}`")


def strange_characters(text: str, span: Span) -> Diagnostic:
    """Characters that no token holds."""
    line = text.split("\n", 1)[0]
    shown = f"`{line}`" if line.isprintable() and line.strip() else " ".join(f"U+{ord(c):04X}" for c in text[:4])
    help = _LOOKALIKES.get(text[0])
    meant = _MEANT.get(text[0]) if len(text) == 1 else None
    edits = () if meant is None else (Edit(span, meant),)
    if text[0] == "#":
        edits = (Edit(Span(span.source, span.start, span.start + 1), "//"),)
    return Diagnostic("unknown-character", f"{shown} cannot stand here", (Label(span),), help=help, edits=edits)


_MEANT: Final = (
    {"→": "->", "≤": "<=", "≥": ">=", "≠": "!=", "–": "-", "—": "-", "…": "..", "&": "&&"}
    | dict.fromkeys("\u00a0", " ")
    | dict.fromkeys("\u200b\ufeff;", "")
)
_LOOKALIKES: Final = {
    "“": 'write `"`',
    "”": 'write `"`',
    "„": 'write `"`',
    "‘": "write `'`",
    "’": "write `'`",
    "→": "write `->`",
    "≤": "write `<=`",
    "≥": "write `>=`",
    "≠": "write `!=`",
    "–": "write `-`",
    "—": "write `-`",
    "…": "write `..`",
    "\u00a0": "this is a no-break space: write a space",
    "\u200b": "this is an invisible space: delete it",
    "\ufeff": "this is a byte order mark, which only a file's beginning may hold: delete it",
    ";": "delete it: clauses and declarations need no separators",
    "&": "write `&&`",
    "#": "comments begin with `//`",
    "$": "names hold letters, digits and `_`",
    "/": "comments begin with `//`",
}


def repeated_clause(word: str, first: Span, again: Span) -> Diagnostic:
    """A clause that stands once stands twice."""
    labels = (Label(again, "again here"), Label(first, "first here"))
    edits = (removal(again),) if again.text.split() == first.text.split() else ()
    return Diagnostic("repeated-clause", f"`{word}` is given twice", labels, help="keep one of the two", edits=edits)


def stray_because(span: Span) -> Diagnostic:
    """A reason with nothing to be the reason of."""
    return Diagnostic(
        "syntax-error",
        "`because` has no escalation to give the reason of",
        (Label(span),),
        help="write it right after `escalate to`, or as a comment",
    )


def stray_in_way_out(word: str, span: Span) -> Diagnostic:
    """A condition or trigger of a way out, which is taken when its bound is used up and for no other reason."""
    return Diagnostic(
        "syntax-error",
        f"`{word}` has no place in a way out",
        (Label(span),),
        help="a way out has `grant`, `pass`, `after approval` and `escalate to`",
    )


def negative_count(span: Span) -> Diagnostic:
    """A count below zero."""
    return Diagnostic("bad-number", "a count cannot be negative", (Label(span),))


def not_a_family(span: Span) -> Diagnostic:
    """`.*` after something that is not the name of a family of tools."""
    return Diagnostic("syntax-error", "`.*` stands after the name of a family of tools only", (Label(span),))


def too_long_a_time(span: Span) -> Diagnostic:
    """A duration beyond what 64 bits of microseconds hold."""
    return Diagnostic("bad-duration", "a duration is at most 106751991d", (Label(span),))


def bad_moment(span: Span) -> Diagnostic:
    """A moment that no calendar has, or before 1970."""
    return Diagnostic(
        "bad-moment", "this is no moment from 1970 on", (Label(span),), help="write one such as `2026-03-02T22:30:00Z`"
    )


def bad_money(span: Span) -> Diagnostic:
    """An amount of money that is not a number of millionths, or too large."""
    return Diagnostic("bad-money", "an amount of money has at most 6 decimals and is not negative", (Label(span),))


def too_deep_a_type(most: int, span: Span) -> Diagnostic:
    """A type of too many levels."""
    return Diagnostic("too-deep", f"a type nests at most {most} levels", (Label(span),))


def too_deep(span: Span) -> Diagnostic:
    """Brackets in brackets, without end."""
    return Diagnostic("too-deep", "brackets nest too deeply here", (Label(span),))


def too_long(length: int, most: int, span: Span) -> Diagnostic:
    """A text beyond the size that is read."""
    return Diagnostic("too-long", f"a file holds at most {most} characters, this one has {length}", (Label(span),))


def not_text(span: Span) -> Diagnostic:
    """A file that is no text."""
    return Diagnostic("not-text", "this is not a text file: it holds the character U+0000", (Label(span),))


def not_unicode(span: Span) -> Diagnostic:
    """A file in an encoding other than UTF-8."""
    return Diagnostic("not-text", "this is not UTF-8 text", (Label(span),), help="save the file as UTF-8")


def too_many(most: int, span: Span) -> Diagnostic:
    """The rest of the file is not read."""
    return Diagnostic("too-many-errors", f"after {most} errors the rest of the file is not read", (Label(span),))


def wrong_number_of_cells(count: int, wanted: int, span: Span, *, commas: bool) -> Diagnostic:
    """A row with more or fewer cells than the table has inputs; `commas` may have been meant to separate them."""
    message = f"the row has {_some(count, 'cell')}, the table {_some(wanted, 'input')}"
    help = "cells are separated by `|`; commas separate the values that one cell allows"
    return Diagnostic("row-width", message, (Label(span),), help=help if commas and count < wanted else None)


def wrong_number_of_outputs(count: int, wanted: int, span: Span) -> Diagnostic:
    """A row with more or fewer outputs than the table."""
    return Diagnostic("row-width", f"the row has {_some(count, 'output')}, the table {wanted}", (Label(span),))


def one_of(phrases: Sequence[str]) -> str:
    """Return `a, b or c`."""
    shown = list(phrases[:MOST_EXPECTATIONS])
    if len(phrases) > MOST_EXPECTATIONS:
        shown.append("something else")
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " or " + shown[-1]


def _some(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")
