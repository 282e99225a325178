"""How parts of a record are worded: who is asked, why a route is taken, what determined a decision, where it stands."""

import re

from rich.text import Text

from interlock.decide import Decision, Reason
from interlock.run.protocol.events import Event, Json, PersonAnswered, SignalReceived
from interlock_cli.present.escape import escape
from interlock_cli.present.values import written
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.model import Grant, Route

_MOST_ROWS = 5


def people(role: str, count: int) -> str:
    """Return who is asked: `supervisor`, `2 of supervisor`."""
    return f"{count} of {role}" if count > 1 else role


def why(route: Route) -> str:
    """Return the clause by which a route is taken, as the author wrote it."""
    if route.trigger is not None:
        return f"on {route.trigger}"
    if route.when is not None:
        return f"when {written(route.when)}"
    return "otherwise" if route.otherwise and _says_so(route) else ""


def _says_so(route: Route) -> bool:
    """Whether `otherwise` is written: where a step reconciles a join, the other way stands for itself."""
    text = route.span.source.text[route.span.start : route.span.end]
    return not text or re.search(r"\botherwise\b", text) is not None


def granted(grant: Grant) -> str:
    """Return what a route hands over, as the author wrote it."""
    scopes = ", ".join(sorted(grant.scopes))
    return scopes if grant.where is None else f"{scopes} where {written(grant.where)}"


def failed_rows(output: Json) -> str:
    """Return which rows failed of a step that collects failures, as in `2 of 20 rows failed: 0, 7`; else nothing."""
    rows = output if isinstance(output, list) else []
    failed = [index for index, row in enumerate(rows) if isinstance(row, dict) and row.get("ok") is False]
    more = ", ..." if len(failed) > _MOST_ROWS else ""
    named = ", ".join(map(str, failed[:_MOST_ROWS]))
    return f"{len(failed)} of {len(rows)} rows failed: {named}{more}" if failed else ""


def reasons(decision: Decision) -> list[Text]:
    """Return a line for each rule that determined a decision, and where it stands."""
    return [_reason(reason) for reason in decision.reasons]


def _reason(reason: Reason) -> Text:
    text = Text(reason.text)
    if reason.span is not None and (where := place(reason.span)):
        text.append(f"  {where}", "place")
    if reason.rule:
        text.append(f"  {reason.rule}", "quiet")
    return text


def place(span: Span) -> str:
    """Return where something stands as `file:line`, or nothing for what no file says."""
    return f"{span.source.name}:{span.line}" if span.source.text else ""


def who(event: Event) -> str:
    """Return who answered a question or signalled an event; empty for anything else, or where nobody said."""
    match event:
        case PersonAnswered(by=by, role=role):
            return f"by {escape(by)} ({role})"
        case SignalReceived(by=by) if by:
            return f"by {escape(by)}"
        case _:
            return ""
