"""Deciding calls from the shell: the same guard and the same entry point as a service has that embeds it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from interlock.decide import Principal
from interlock.guard import CallDecision, Guard, Session
from interlock.runtime.clock import SystemClock
from interlock_cli.errors import CommandError

if TYPE_CHECKING:
    from interlock.journal.journal import Journal
    from interlock.run.protocol.events import SessionStarted
    from interlock_dsl.program.model import Program, Rule


class MomentClock(SystemClock):
    """The machine's clock, or one that stands at a given `moment` (microseconds since 1970)."""

    def __init__(self) -> None:
        self.moment: int | None = None

    def now(self) -> int:
        """Return microseconds since 1970."""
        return super().now() if self.moment is None else self.moment


@dataclass(frozen=True)
class Asked:
    """One call to decide on: what is proposed, on whose behalf, in which session ("": one for each principal and
    context), and when (microseconds since 1970; None: now).
    """

    tool: str
    args: object
    agent: str | None
    principal: Principal
    context: Mapping[str, object] | None
    session: str = ""
    key: str | None = None
    now: int | None = None


class Decider:
    """Decides calls under one program, and keeps the sessions they belong to. Without a journal nothing is kept."""

    def __init__(self, program: "Program", journal: "Journal | None") -> None:
        self._clock = MomentClock()
        self._program = program
        self._recorded = journal is not None
        self._guard = Guard(program, journal=journal, clock=self._clock)
        self._sessions: dict[str, Session] = {}
        if journal is None and any(
            _outlives_sessions(rule) for each in program.policies.values() for rule in each.rules
        ):
            from interlock_cli.present.messages import remark

            remark("limits beyond one session begin with nothing used: without `--journal` nothing is known of earlier")

    def decide(self, asked: Asked) -> CallDecision:
        """Decide on a call. Raises CommandError and the errors of `Guard.session` and `Session.decide`."""
        self._clock.moment = asked.now
        return self._session(asked).decide(asked.tool, asked.args, agent=asked.agent, key=asked.key)

    def _session(self, asked: Asked) -> Session:
        from interlock.errors import UnknownRun

        who = asked.principal
        held = None if who.scopes is None else sorted(who.scopes)
        name = asked.session or json.dumps([who.name, who.roles, held, asked.context], sort_keys=True)
        known = self._sessions.get(name)
        if known is None and asked.session and self._recorded:
            try:
                known = self._guard.resume(asked.session)
            except UnknownRun:
                known = None
            else:
                self._say_if_older(known)
        if known is None:
            id = asked.session or (None if self._recorded else f"s{len(self._sessions) + 1}")
            known = self._guard.session(principal=who, context=asked.context, id=id)
        elif asked.session:
            self._refuse_another(known, asked)
        self._sessions[name] = known
        return known

    def _say_if_older(self, session: Session) -> None:
        if session.program.digest != self._program.digest:
            from interlock_cli.present.messages import remark

            remark(f"session {session.id} keeps the program that it began with, which is another one")

    def _refuse_another(self, session: Session, asked: Asked) -> None:
        from interlock.guard.incoming import recorded_context
        from interlock.run.session.lifecycle import prepare_session

        began = _start(self._guard, session.id)
        given = prepare_session(
            session.program,
            session=session.id,
            at=0,
            principal=asked.principal,
            context=recorded_context(asked.context),
        )
        for part in ("principal", "roles", "scopes", "context"):
            if getattr(began, part) != getattr(given, part):
                said = f"session {session.id} began with another {part.removesuffix('s')} than this call"
                raise CommandError(said, "a session keeps what it began with; leave `session` out, or name another")


def _outlives_sessions(rule: "Rule") -> bool:
    return rule.limit is not None and rule.limit.per != "run"


def _start(guard: Guard, session: str) -> "SessionStarted":
    from interlock.journal.codec import decode
    from interlock.run.protocol.events import SessionStarted

    first = next(iter(guard.journal.read(session)))
    event = decode(first.event, first.run, first.sequence)
    assert isinstance(event, SessionStarted)
    return event
