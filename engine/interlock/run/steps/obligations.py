"""What goes with the decisions on a call: fields that nobody is shown, and people who are told.

The tool gets its arguments as they are, and conditions read its result as it is. What an agent, a note or a step's
shown output has of them is made here, once, so that no display has to think of it. An approver sees the whole call:
what is agreed to is exactly that. What a rule once hid of a call stays hidden, whatever a later decision says.
"""

from collections.abc import Mapping

from interlock.decide import Decision, NotifyRole
from interlock.run import redaction
from interlock.run.parts import Call, Visit
from interlock.run.protocol.commands import Notify
from interlock.run.protocol.events import Json
from interlock.run.protocol.notes import RoleNotified
from interlock.run.state import Run
from interlock_dsl.program.model import Tool


def take(call: Call, decision: Decision) -> None:
    """Keep what goes with a decision until the call is sent, or is shown."""
    call.hidden = tuple(dict.fromkeys((*call.hidden, *redaction.fields_of(decision))))
    call.telling = tuple(
        each for each in decision.obligations if isinstance(each, NotifyRole) and each.rule not in call.told
    )


def notify(run: Run, call: Call) -> None:
    """Have people told that a call is sent, each rule's once for all its attempts."""
    for each in call.telling:
        run.notes.append(RoleNotified(each.role, call.step, call.tool.name, each.rule, each.reason))
        run.commands.append(Notify(run.new_id("n"), each.role, call.step, each.reason))
    call.told += tuple(each.rule for each in call.telling)
    call.telling = ()


def args(call: Call) -> Mapping[str, Json]:
    """Return the arguments of a call as they are shown."""
    return redaction.arguments(call.tool, call.args, call.hidden)


def result(call: Call, value: Json) -> Json:
    """Return the result of a call as it is shown."""
    return redaction.result(call.tool, value, call.hidden)


def hides_result(call: Call) -> bool:
    """Whether something of the result is hidden, so that no message may quote it."""
    return redaction.hides_result(call.hidden)


def subject(owner: "Visit | Call", whole: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return what an approval is for as records show it."""
    if isinstance(owner, Call):
        return redaction.subject(owner.tool, whole, owner.hidden)
    return {**whole, "rows": owner.rows.displayed} if owner.rows is not None and owner.rows.displayed else whole


def unread(tool: Tool | None, given: Json, decision: Decision) -> Mapping[str, Json]:
    """Return the arguments of a call that could not be read, as they are shown."""
    if not isinstance(given, dict):
        return {}
    return given if tool is None else redaction.arguments(tool, given, redaction.fields_of(decision))
