"""What other languages of workflows write about steps, branches, rows, waits and failures, and labels in lists."""

import re
from typing import Final

from interlock_dsl.syntax.recovery.forms import NAME, PATH, TEXT, TIME, form

_ROWS: Final = rf"for each {NAME} in [^\n{{}}]*?"
_BRANCHES: Final = rf"{NAME}(?:, *{NAME})+ *-> *{NAME}"
_FASTEST: Final = r"(?:race|fastest|quickest|winner|(?:the )?first(?: one| wins| only)?)"
_GIVE_UP: Final = r"(?:gives? up|fails?|aborts?|abandons?|cancels?)"
_UNDO: Final = r"(?:compensat(?:e|es|ion|ed)|roll(?:s| )?back|rollback|reverts?)"
_EVENT: Final = r"(?:event|signal|message)"
_TRIGGER: Final = r"(?:failure|timeout|denied|expiry|over budget)"
_UNIT: Final = r"(?:us|ms|s|m|h|d)"


def _some_of_all(match: re.Match[str]) -> str:
    """Return a join of so many of its branches; more than half of them where no number is said."""
    sources, rest, count = match[1], match[2], match[3] or match[4]
    branches = sources.count(",") + 1
    return f"{sources}{rest}merge {count or branches // 2 + 1} of {branches}"


def _rate(match: re.Match[str]) -> str:
    return f"rate {match[1]} per {match[2] or 1}{match[3]}"


LABELS: Final = (
    form(
        rf"(?<=: )((?:list|map)<[^<>\n]*?)((?: *@{PATH})+) *>((?: max \d[\d_]*)?)",
        r"\1>\3\2",
        "GREATER",
        note="a label is that of the whole field",
    ),
)
BACK: Final = (
    form(
        rf"\bbacktrack(?:s|ing)? to {NAME}(?: at most)? (\d+) times\b",
        r"backtrack at most \1 times",
        note="it leads back to the target of its route",
    ),
    form(r"\bbacktrack(?:s|ing)? (\d+) times\b", r"backtrack at most \1 times"),
    form(r"\bat most (\d+) times,? backtrack(?:s|ing)?\b(?! at)", r"backtrack at most \1 times"),
    form(r"\bat most (?:once|one time|1 time)\b", "at most 1 times"),
    form(r"\bat most (?:twice|two times)\b", "at most 2 times"),
    form(rf"\bat most (\d+) times,? (?:otherwise|else|and then)(?= *-> *{NAME})", r"at most \1 times, then"),
)
TOOLS: Final = (
    form(
        rf"\b(?:circuit[ _-]?breaker(?: opens)?|breaker) (after \d+ failures within {TIME} for {TIME})",
        r"breaker opens \1",
    ),
    form(rf"\brate (\d[\d_]*) ?/ ?(\d*)({_UNIT})\b", _rate),
    form(rf"\brate[ _-]?limit (\d[\d_]* per {TIME})", r"rate \1"),
    form(rf"\blimit (\d[\d_]* per {TIME})", r"rate \1", "RATE"),
    form(rf"\bfallback (?:to|on|with|by|model) ({TEXT}|{PATH})", r"fallback \1"),
    form(rf"\b{_UNDO}(?: with| by)? ({PATH})(?= *\()", r"undo \1", "UNDO"),
    form(rf"\bundo (?:with|by) ({PATH})(?= *\()", r"undo \1"),
    form(r"\bretries (\d+)(?: times)?", r"retry \1 times", "RETRY"),
    form(r"\bretry (?:at most |up to )?(\d+)\b(?: times\b)?", r"retry \1 times", "__ANON_1"),
)
JOINS: Final = (
    form(rf"({_ROWS}) merge {_FASTEST}", r"\1 merge any", note="rows that are not needed any more are cancelled"),
    form(rf"({_ROWS}) merge at least (\d+)", r"\1 merge \2"),
    form(rf"({_ROWS} merge \d+) of \d+", r"\1", note="how many rows there are is known when they are read"),
    form(rf"\bmerge (?!first\b(?! one| wins| only)){_FASTEST}", "merge first"),
    form(r"\bmerge (?:one|1)\b(?! of)", "merge any"),
    form(
        rf"({NAME}(?:, *{NAME})+)( *-> *[^\n]*?)\bmerge (?:majority|quorum|at least (\d+)|(\d+))\b(?! of)", _some_of_all
    ),
    form(rf"\brace ({_BRANCHES})", r"\1 merge first"),
    form(rf"({_BRANCHES}) (?:race|first(?: wins)?)\b", r"\1 merge first"),
    form(rf"({_BRANCHES}) (?:joins?|waits?|awaits?)(?: for)? (all|any|first)\b", r"\1 merge \2"),
    form(rf"({_BRANCHES}\b(?:(?!\bmerge\b)[^\n])*?) +reconcile\b(?= by)", r"\1 merge all reconcile"),
    form(r"(?m:^)( *)reconcile\b(?= by)", r"\1merge all reconcile"),
    form(rf"\breconciled? (?:with|using|via|in|at) ({NAME})\b", r"reconcile by \1"),
    form(rf"\breconciled? (?!by\b|when\b)({NAME})(?= when\b)", r"reconcile by \1"),
)
ROWS: Final = (
    form(
        rf"\b(?:foreach|for every|for all|for any|map|for) (?!each\b)({NAME}) (?:in|of)\b",
        r"for each \1 in",
        "FOR",
        "EACH",
        "__ANON_0",
    ),
    form(rf"\bfor each ({NAME}) of\b", r"for each \1 in"),
    form(rf"\bfor each ({NAME})(?= max \d)", r"for each row in \1"),
    form(rf"({_ROWS}) (width \d+) (max \d[\d_]*)", r"\1 \3 \2"),
    form(rf"({_ROWS}) (?:at most|up to|limit) (\d[\d_]*)", r"\1 max \2", "MAX"),
    form(
        rf"({_ROWS}) (?:parallel|parallelism|concurrency|concurrent|concurrently|workers)(?: of)? (\d+)", r"\1 width \2"
    ),
    form(r"\bcollects?\b(?: errors| failed| failure)?(?! failures)", "collect failures", "FAILURES"),
)
STEPS: Final = (
    form(rf"\b(step {NAME}) (?:waits|(?:wait|sleeps?|delays?|pauses?)(?: for)?) ({TIME})", r"\1 waits for \2"),
    form(
        rf"\b(step {NAME}) (?!waits for event )"
        rf"(?:waits? (?:on |for )?(?:(?:an?|the) )?{_EVENT}|waits? (?:on|for)|(?:awaits?|receives?)(?: {_EVENT})?)"
        rf" ({TEXT})",
        r"\1 waits for event \2",
    ),
    form(rf"\b(waits for event {TEXT}) (?:returns|gives|with|of) (\{{[^{{}}\n]*\}}|{NAME})", r"\1 -> \2"),
    form(rf"\b(waits for event {TEXT}) (\{{[^{{}}\n]*\}})", r"\1 -> \2"),
    form(rf"\b(waits for event {TEXT}[^\n]*?) (?:when|if) ({PATH})", r"\1 where \2"),
    form(
        rf"\b(step {NAME} (?:calls|runs|waits for event)\b[^\n]*?) (?:timeout|deadline|times out after) ({TIME})",
        r"\1 within \2",
    ),
    form(rf"\b(?:timeout|deadline) ({TIME})", r"within \1", "WITHIN"),
    form(rf"\b(step {NAME}) (?:executes?|starts?|invokes?|spawns?)(?: workflow)? ({NAME})(?= *\()", r"\1 runs \2"),
    form(rf"\b(step {NAME}) (?:runs? )?(?:sub)?workflow ({NAME})(?= *\()", r"\1 runs \2"),
)
FAILURES: Final = (
    form(
        rf"({PATH}(?:, *{PATH})* *-> *{NAME}[^\n]*?) on ({_TRIGGER})(?:,| or|, or| and) (?:on )?({_TRIGGER})",
        r"\1 on \2 \1 on \3",
        note="a route has one trigger",
    ),
    form(r"\bon (?:errors?|fails?|failed|exception)\b", "on failure", "FAILURE"),
    form(r"\bon (?:over-?)?budget\b", "on over budget", "FAILURE"),
    form(r"\bon (?:deny|denial|refused|refusal|rejected|rejection)\b", "on denied", "FAILURE"),
    form(r"\bon (?:timed out|time out|deadline)\b", "on timeout", "FAILURE"),
    form(
        r" ?\bon (?:success|completed|completion|done|ok)\b",
        "",
        "FAILURE",
        note="a route without `on` is taken when its step has succeeded",
    ),
    form(rf"\b(end {NAME}) {_GIVE_UP}(?: because)? ({TEXT})", r"\1 gives up { because \2 }"),
    form(rf"\b(end {NAME}) (?!gives up){_GIVE_UP}(?= *\{{)", r"\1 gives up"),
)
TESTS: Final = (
    form(
        r"\bwaits (?!for approval by\b)(?:on |for )?(?:(?:an|the) )?approvals? (?:by|of|from)\b",
        "waits for approval by",
    ),
)
FORMS: Final = (*LABELS, *BACK, *TOOLS, *JOINS, *ROWS, *STEPS, *FAILURES, *TESTS)
