"""A recorded decision, told from its record."""

from typing import TYPE_CHECKING

from interlock_cli.present.escape import escape
from interlock_cli.present.quantity import duration
from interlock_cli.present.values import arguments

if TYPE_CHECKING:
    from interlock.guard.record import DecisionRecord

_ANSWERS = {"allow": "allowed", "deny": "denied", "ask": "waits for approval"}


def explained(record: "DecisionRecord") -> str:
    """Return what was decided on which call, when and on whose behalf, and why, a line each."""
    lines = [f"{record['tool']}{arguments(record['arguments'])}: {_ANSWERS[record['answer']]}"]
    for reason in record["reasons"]:
        rule = f" [{reason['rule']}]" if reason["rule"] else ""
        lines.append(f"  {reason['text']}{rule}" + (f"  ({reason['span']})" if reason["span"] else ""))
    for need in record["needs"]:
        people = f"{need['count']} of {need['role']}" if need["count"] > 1 else need["role"]
        lines.append(
            f"  needs approval by {people}" + (f" within {duration(need['within'])}" if need["within"] else "")
        )
    for given in record["approvals"]:
        lines.append(f"  approval {given['approval']}, given by {', '.join(given.get('by', []))}")
    for each in record["obligations"]:
        fields = each.get("redact")
        if fields is not None:
            lines.append(f"  not shown: {', '.join(fields)} [{each['rule']}]")
        else:
            told = each.get("reason")
            why = f": {told}" if told else ""
            lines.append(f"  {each.get('notify', '')} is told{why} [{each['rule']}]")
    who = f"by {record['agent']}" if record["agent"] else "by no agent"
    whom = f" for {record['principal']}" if record["principal"] else ""
    at = f" at {record['step']}" if record["step"] and record["step"] != record["agent"] else ""
    lines.append(f"  called {who}{at}{whom}, {record['at']}, under program {record['program'][:12]}")
    return escape("\n".join(lines), keep="\n") + "\n"
