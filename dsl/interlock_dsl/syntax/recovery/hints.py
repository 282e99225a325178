"""What is advised around a word that has no place in a workflow or a tool: patterns of the text up to and with it."""

import re
from typing import Final

from interlock_dsl.diagnostics.messages import hints as say
from interlock_dsl.syntax.recovery.forms import NAME, PATH, TEXT, TIME

_STEP: Final = rf"\bstep {NAME} [^\n]*"
_UNDO: Final = r"(?:undo|compensat\w+|rollback)"
_TRIGGER: Final = r"(?:failure|timeout|denied|expiry|over budget)"

HINTS: Final = tuple(
    (re.compile(rf"(?:{pattern})\Z"), help)
    for pattern, help in (
        (r"\b(?:list|map)<[^\n]*@", say.LABEL),
        (r"\bbreaker\b[^\n]*", say.BREAKER),
        (rf"\brate \d[\d_]* per {TIME}\s+(?:for|by|over)", say.RATE),
        (rf"{_STEP} retr(?:y|ies)(?:\s+\S+)?", say.ATTEMPTS),
        (rf"{_STEP} fallback(?:\s+\S+)?", say.FALLBACK),
        (rf"{_STEP} {_UNDO}(?:\s+\S+)?|\n\s*compensate\s+\S+", say.UNDO),
        (rf"\b(?:fallback|undo) {PATH}\s*[^\s(.]\S*", say.CALLED),
        (rf"\bstep {NAME} runs {NAME}\s*[^\s(]\S*", say.RUN),
        (rf"{_STEP} (?:timeout|deadline)\s+\S+", say.DEADLINE_IN_BLOCK),
        (rf"\bfor each {NAME} in [^\n]* merge\s+\S+", say.SOME_ROWS),
        (r"\bmerge\s+(?:majority|quorum|most|half|at|some)", say.SOME_BRANCHES),
        (r"\bbacktrack\s+\S+", say.BACKTRACK),
        (rf"\bwaits for event\s+{NAME}", say.EVENT_NAME),
        (rf"\bstep {NAME}\s+(?:signal|emit|send|publish|raise)\w*", say.SIGNAL),
        (rf"\n\s*(?:signal|emit|send)\s+{TEXT}", say.SIGNAL),
        (r"\bon event|\n\s*event", say.EVENT_STEP),
        (rf"\bon timeout\s+{TIME}", say.DEADLINE),
        (rf"->[^\n]* after\s+{TIME}", say.PAUSE),
        (rf"\n\s*(?:on|\*|on {_TRIGGER}\s+->)", say.FROM_A_STEP),
        (rf"\bend {NAME} (?:gives up\s+\S+|\{{\s*gives?\s+\S+)", say.WHY),
        (r"->\s*gives? up\s+\w+", say.AT_AN_END),
        (rf"\bend {NAME}\s+(?:fails|aborts|abandons|cancels)\s+\S+", say.AT_AN_END),
    )
)


def hint(text: str, first: int, end: int) -> str | None:
    """Return the help line for a mistake that ends at a place; text from `first` on is looked at."""
    return next((help for pattern, help in HINTS if pattern.search(text, first, end)), None)
