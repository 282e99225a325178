"""Where a run stands, in a few lines: how it ended or for whom it waits, and the exact command that goes on."""

import json
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from rich.text import Text

from interlock.run.protocol.commands import AskApproval, AskModel, AskPerson, AwaitEvent, CallTool, Command
from interlock.runtime.report import RunReport
from interlock_cli.present.escape import escape
from interlock_cli.present.marks import mark
from interlock_cli.present.quantity import SECOND, duration, moment
from interlock_cli.present.values import arguments, value, written
from interlock_dsl.program.model import EventStep, Step

LABEL = 8
UNNAMED = "anybody may approve: the run was started without `--as`, so nobody is known to have asked for it"


def standing(report: RunReport) -> Iterator[Text]:
    """Yield the line that says how a run ended, or that it goes on."""
    match report.status:
        case "ended":
            said = Text.assemble((f"{mark('end')} ", "good"), (report.end, "good"))
            yield said.append(f"  {value(report.output)}" if report.output else "")
            if report.reason:
                yield Text.assemble("    ", (escape(report.reason), "bad"))
        case "failed" | "cancelled":
            said = Text.assemble((f"{mark('bad')} ", "bad"), (f"{report.status} {report.end}".rstrip(), "bad"))
            yield said.append(f"  {escape(report.reason)}" if report.reason else "")
        case _:
            return


def going_on(report: RunReport, now: int, options: str, where: str, principal: str) -> Iterator[Text]:
    """Yield what is needed for the run to go on, with the exact commands: `options` are added to those that drive it,
    and `where` to the one that only reads its journal.
    """
    yield from waiting(report.waiting_for, report.approved_by, report.run, now, options, principal)
    yield from awaiting(report.awaiting, report.run, now, options)
    if report.next_timer is not None and not report.waiting_for:
        said = f"nothing to do until {moment(report.next_timer)}"
        yield Text.assemble((f"{mark('wait')} ", "wait"), said)
        yield Text.assemble("    ", (f"interlock resume {report.run}{options}", "route"))
    if report.over:
        yield Text.assemble("    ", (f"interlock show {report.run}{where}", "route"), ("  tells why", "quiet"))


def waiting(
    open: Sequence[AskApproval | AskPerson],
    approved_by: Mapping[str, Sequence[str]],
    run: str,
    now: int,
    options: str,
    principal: str,
) -> Iterator[Text]:
    """Yield, for each thing people are asked, what it is and the commands by which they answer.

    Of a quorum, `approved_by` is who has approved, by the approval's id. Where the time for it is over, that is the
    command by which the run goes on without an answer. Where nobody is known to have started the run (`principal` is
    ""), that nobody is kept from approving it.
    """
    for asked in open:
        left = f"  {remaining(asked.expires - now)}" if asked.expires is not None else ""
        yield Text.assemble((f"{mark('wait')} ", "wait"), request(asked), (left, "quiet"))
        if isinstance(asked, AskPerson):
            yield from seen(asked)
        if isinstance(asked, AskApproval) and asked.count > 1:
            yield Text(f"    {quorum(asked, approved_by.get(asked.id, ()))}", "quiet")
        if asked.expires is not None and asked.expires <= now:
            following = (f"interlock resume {run}{options}", "route")
            yield Text.assemble("    ", following, ("  goes on from here", "quiet"))
            continue
        which = f" {asked.id}" if len(open) > 1 else ""
        for verb in ("approve", "deny") if isinstance(asked, AskApproval) else ("answer",):
            command = f"interlock {verb} {run}{which} --as NAME --role {asked.role}{options}"
            yield Text.assemble("    ", (command, "route"))
    if not principal and any(isinstance(asked, AskApproval) for asked in open):
        yield Text(f"    {UNNAMED}", "quiet")


def awaiting(
    open: Sequence[AwaitEvent],
    run: str,
    now: int,
    options: str,
    steps: Callable[[str], Step | None] = lambda path: None,
) -> Iterator[Text]:
    """Yield, for each event that a step waits for, which it is and the command by which it is signalled.

    Where `steps` knows the step at a path, what the event must say is said too.
    """
    for event in open:
        left = f"  {remaining(event.expires - now)}" if event.expires is not None else ""
        said = Text.assemble(f"{event.step} waits for the event ", (escape(event.event), "wait"))
        yield Text.assemble((f"{mark('wait')} ", "wait"), said, (left, "quiet"))
        step = steps(event.step)
        if isinstance(step, EventStep) and (wanted := awaited(step)):
            yield Text(f"    {wanted}", "quiet")
        if event.expires is None or event.expires > now:
            name = shlex.quote(event.event)
            yield Text.assemble("    ", (f"interlock signal {run} {name} DATA{options}", "route"))


def awaited(step: EventStep) -> str:
    """Return what an event must say that a step waits for, as its author wrote it: `-> Payment where event.cents > 0`.

    Nothing for an event without data that is taken whatever else is known.
    """
    said = "" if step.data is None else f"-> {step.data}"
    return said if step.where is None else f"{said} where {written(step.where)}".strip()


def pausing(pauses: Mapping[str, int], run: str, now: int, options: str) -> Iterator[Text]:
    """Yield, for each step that waits for time to pass, until when, and how the run goes on where nobody drives it."""
    for path, until in pauses.items():
        left = f"  {remaining(until - now)}" if until > now else ""
        yield Text.assemble((f"{mark('wait')} ", "wait"), f"{path} waits until {moment(until)}", (left, "quiet"))
    if pauses:
        yield Text.assemble("    ", (f"interlock resume {run}{options}", "route"), ("  goes on then", "quiet"))


def under_way(commands: Sequence[Command], run: str, options: str) -> Iterator[Text]:
    """Yield what was asked of tools and models and has not come back, and how to go on should nobody wait for it."""
    open = [each for each in commands if isinstance(each, CallTool | AskModel)]
    for each in open:
        if isinstance(each, CallTool):
            said = Text.assemble((each.tool, "name"), arguments(each.args), f"  {each.step}, has not come back")
        else:
            said = Text.assemble((each.agent, "name"), f"  {each.step}, has not answered")
        yield Text.assemble((f"{mark('work')} ", "work"), said)
    if commands:
        following = (f"interlock resume {run}{options}", "route")
        yield Text.assemble("    ", following, ("  goes on, if the process that drove the run is gone", "quiet"))


def quorum(asked: AskApproval, by: Sequence[str]) -> str:
    """Return who of several people has approved, and how many are missing."""
    if not by:
        return f"nobody has approved yet; {asked.count} of {asked.role} must"
    return f"approved by {escape(', '.join(by))}; {asked.count - len(by)} more of {asked.role} must"


def remaining(micros: int) -> str:
    """Return how long there is still time, to the minute where it is long: `4h left`."""
    if micros <= 0:
        return "too late"
    exact = 60 * SECOND if micros > 600 * SECOND else SECOND
    return f"{duration(-(-micros // exact) * exact)} left"


def request(asked: AskApproval | AskPerson) -> Text:
    """Return what is asked of whom, in a sentence."""
    if isinstance(asked, AskPerson):
        return Text.assemble((asked.role, "wait"), f" is asked at {asked.step}: {asked.question}")
    people = f"{asked.count} people of " if asked.count > 1 else ""
    return Text.assemble(f"waits for approval by {people}", (asked.role, "wait"), ": ", subject(asked.subject))


def subject(of: Mapping[str, object]) -> Text:
    """Return what an approval is for: a call or workflow with its arguments, all rows, or what is handed over."""
    args, rows = of.get("args"), of.get("rows")
    if isinstance(args, Mapping):
        return Text.assemble((str(of.get("tool") or of.get("workflow") or ""), "name"), arguments(args))
    if isinstance(rows, list | tuple):
        whose = Text((str(of.get("tool") or of.get("workflow") or of.get("agent") or "")), "name")
        return Text.assemble(whose, f" at {of.get('step', '')} for each of {len(rows):,}: {value(list(rows))}")
    scopes = of.get("scopes")
    held = f" with {', '.join(map(str, scopes))}" if isinstance(scopes, list | tuple) and scopes else ""
    context = of.get("context")
    seen = f", seeing {value(context)}" if isinstance(context, Mapping) and context else ""
    return Text.assemble((str(of.get("agent", "")), "name"), f" at {of.get('step', '')}{held}{seen}")


def shown_context(asked: AskPerson) -> Iterator[Text]:
    """Yield a question and what the person may see of the run to answer it."""
    yield Text.assemble((f"{mark('wait')} ", "wait"), (asked.question, "name"))
    yield from seen(asked)


def seen(asked: AskPerson) -> Iterator[Text]:
    """Yield what the person who is asked may see: what the route passes, and the row that they are asked about."""
    for name, each in asked.context.items():
        yield Text.assemble("    ", (f"{name}  ", "quiet"), value(each))


def as_json(thing: object) -> str:
    """Return a value as JSON in quotes for the shell."""
    return shlex.quote(json.dumps(thing, ensure_ascii=False))


def labelled(label: str, lines: Iterable[Text]) -> Iterator[Text]:
    """Yield lines with a label before the first and the others below it."""
    for index, line in enumerate(lines):
        yield Text.assemble("  ", ((label if index == 0 else "").ljust(LABEL), "quiet"), line)
