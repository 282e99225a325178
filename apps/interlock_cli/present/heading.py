"""The first lines about a run: what it is, for whom, how it stands, and what it was given."""

from collections.abc import Iterator, Mapping

from rich.text import Text

from interlock.run.protocol.events import AnsweredBy
from interlock_cli.present.escape import escape
from interlock_cli.present.quantity import moment
from interlock_cli.present.status import STATUSES
from interlock_cli.present.values import value


def heading(workflow: str, run: str, principal: str, status: str = "", width: int = 0) -> Text:
    """Return `refund  3f9a  for alice`; where there is a status, at the right edge, a missing name is told too."""
    text = Text.assemble((workflow, "name"), ("  " + run, "route"))
    if principal or status:
        text.append(f"  for {escape(principal) or 'nobody in particular'}", "quiet")
    if status:
        text.append(" " * max(2, width - text.cell_len - len(status)))
        text.append(status, STATUSES.get(status, ""))
    return text


def given(input: Mapping[str, object], width: int) -> Text:
    """Return the input on one line."""
    return Text.assemble(("  given  ", "quiet"), value(input, max(24, width - 9)))


def started(at: int, program: str) -> Text:
    """Return when a run started and which program it is pinned to."""
    return Text(f"  started {moment(at)}, program {program[:12]}", "quiet")


def answered(by: AnsweredBy | None) -> Iterator[Text]:
    """Yield the line that says of a run that a script, or nobody, answered in place of its models."""
    if by is not None and by.kind == "script":
        source = escape(by.source) or "a script"
        yield Text.assemble(("  scripted", "wait"), (f"  {source} ({by.digest[:12]}) answers, no model", "quiet"))
