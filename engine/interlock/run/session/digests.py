"""The whole state of a session as one JSON value, for its digest: two sessions with the same picture go on alike."""

from interlock.run.audit.digests import plain
from interlock.run.session.state import Approval, Call, SessionState
from interlock_dsl.schema.canonical import digest


def digest_of(state: SessionState) -> str:
    """Return the SHA-256, in hexadecimal, of the state's canonical JSON."""
    return digest(picture(state))


def picture(state: SessionState) -> dict[str, object]:
    """Return a session as a JSON value; sentences for people are left out."""
    return {
        "program": state.plan.digest,
        "phase": state.phase,
        "id": state.id,
        "principal": plain(state.principal),
        "context": plain(state.context),
        "now": state.now,
        "history": {
            tool: [plain((past.at, past.agent, past.args, past.result, past.counts)) for past in calls]
            for tool in state.plan.tools
            if (calls := state.history.since(tool, None))
        },
        "waiting": [_call(call) for call in state.waiting.values()],
        "keyed": {str(plain(key)): _call(call) for key, call in state.keyed.items()},
        "open": [
            [id, command.__class__.__name__, _call(owner) if isinstance(owner, Call) else _approval(owner)]
            for id, (owner, command) in state.open.items()
        ],
        "asked": state.asked,
        "ending": state.ending,
    }


def _call(call: Call) -> dict[str, object]:
    admissions = {name: plain(getattr(call, name)) for name in ("admit", "admitted", "watched") if getattr(call, name)}
    return admissions | {
        "tool": call.tool.name,
        "args": plain(call.args),
        "agent": call.agent,
        "key": plain(call.key),
        "digest": call.digest,
        "phase": call.phase,
        "id": call.id,
        "sent": call.sent,
        "came": call.came,
        "repeated": call.repeated,
        "approvals": [_approval(approval) for approval in call.approvals],
        "consents": [plain(consent) for consent in call.consents],
        "refused": bool(call.refusal),
        "refused_until": call.refused_until,
        "reserve": plain(call.reserve),
        "reserved": [reserve.id for reserve in call.reserved],
    }


def _approval(approval: Approval) -> dict[str, object]:
    names = ("id", "digest", "expires", "phase", "by", "need")
    return {name: plain(getattr(approval, name)) for name in names}
