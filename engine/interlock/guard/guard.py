"""A guard: one program, kept up to date, and the sessions under it."""

import logging
import secrets
import threading
from collections.abc import Mapping
from weakref import WeakValueDictionary

from interlock.decide import Principal
from interlock.errors import Conflict, InterlockError, InvalidInput, NotReloaded, abridged
from interlock.guard.incoming import recorded_context
from interlock.guard.session import Session
from interlock.guard.sources import Paths, load_program
from interlock.guard.standing import Record
from interlock.journal.journal import Journal
from interlock.journal.memory import MemoryJournal
from interlock.run.plan import plan_of
from interlock.run.session.lifecycle import prepare_session
from interlock.runtime.clock import Clock, SystemClock
from interlock.runtime.incoming import recorded_text
from interlock.runtime.programs import keep_now
from interlock_dsl.diagnostics import DiagnosticError
from interlock_dsl.program.model import Program

_log = logging.getLogger("interlock.guard")

NOBODY = Principal()
"""The principal of a session on behalf of nobody in particular: nameless, holding every scope."""


class Guard:
    """The policies of one program around agents. Safe to use from many threads.

    `journal` is where sessions are recorded; without one they are in memory, and gone with the process. `clock` is for
    tests. Raises TypeError for what is no program.
    """

    def __init__(self, program: Program, *, journal: Journal | None = None, clock: Clock | None = None) -> None:
        if not isinstance(program, Program):
            raise TypeError(f"expected a program, as `compile_file` gives it, got {abridged(program)}")
        self.journal: Journal = MemoryJournal() if journal is None else journal
        """Where sessions are recorded."""
        self.stale = ""
        """Why the last `reload` failed; empty while the program is that of the files."""
        self._clock: Clock = SystemClock() if clock is None else clock
        self._paths: Paths | None = None
        self._lock = threading.Lock()
        self._sessions: WeakValueDictionary[str, Session] = WeakValueDictionary()
        self._program = program
        plan_of(program)

    @classmethod
    def load(cls, paths: Paths, journal: Journal | None = None, *, clock: Clock | None = None) -> "Guard":
        """Return the guard of a file, of several, of the files in folders, or of a bundle (`.ilkb`).

        Raises `DiagnosticError` with every finding where the files do not compile, and `InvalidInput` for paths that
        name no program and for what cannot be read.
        """
        guard = cls(load_program(paths), journal=journal, clock=clock)
        guard._paths = paths
        return guard

    @property
    def program(self) -> Program:
        """The program of new sessions."""
        return self._program

    def session(
        self,
        *,
        principal: Principal | None = None,
        context: Mapping[str, object] | None = None,
        request: str = "",
        id: str | None = None,
    ) -> Session:
        """Begin a session on behalf of a principal (None: nobody in particular), and record that.

        `context` is what the service knows beside it, by the type that the program declares; `request` what the session
        is about, in the user's words, for the record. `id` is the session's name, made up where it is not given.

        Raises `InvalidInput` for a name, a context or a request that cannot be, `Conflict` where there is a run of that
        id, what the journal raises, and TypeError for a principal that is none.
        """
        program = self._program
        who = NOBODY if principal is None else principal
        if isinstance(who, Principal):
            for held in (*who.roles, *(who.scopes or ())):
                recorded_text("what the principal holds", held)
        name = f"s{secrets.randbits(60):015x}" if id is None else recorded_text("the id of a session", id)
        if not name:
            raise InvalidInput("the id of a session is empty; leave it out to have one made up")
        known, said = recorded_context(context), recorded_text("the request", request)
        record = Record(self.journal, name, program, self._clock)
        keep_now(self.journal, program)
        try:
            record.begin(
                lambda at: prepare_session(program, session=name, at=at, principal=who, context=known, request=said),
            )
        except Conflict:
            raise Conflict(f"there is a run {name} already; `resume` goes on with a session") from None
        return self._known(name, record)

    def resume(self, id: str) -> Session:
        """Go on with a session: one of this process, or as it stands in the journal.

        It keeps the program that it began with. Nothing is recorded by this. Raises `UnknownRun`, `Refused` for a run
        of a workflow, `ProgramMismatch`, `Diverged`, `MeaningChanged` and what the journal raises.
        """
        known = self._sessions.get(id)
        if known is not None:
            return known
        record = Record(self.journal, id, self._program, self._clock)
        record.machine()
        return self._known(id, record)

    def _known(self, id: str, record: Record) -> Session:
        with self._lock:
            return self._sessions.setdefault(id, Session(record))

    def reload(self) -> bool:
        """Read the files again: new sessions begin with what they say now, open ones keep their program.

        Returns whether the program is another one. Where the files cannot be read or do not compile, the program stays
        as it was; that is logged as an error, stands in `stale`, and raises `NotReloaded` with every finding.
        """
        if self._paths is None:
            raise NotReloaded("the guard was not loaded from files, so there is nothing to reload")
        try:
            program = load_program(self._paths)
            plan_of(program)
        except (DiagnosticError, InterlockError, OSError, UnicodeDecodeError) as problem:
            kept = f"the policies were not reloaded, {self._program.digest[:12]} stays in force: {_said(problem)}"
            self.stale = kept
            _log.error("%s", kept)
            raise NotReloaded(kept) from problem
        changed = program.digest != self._program.digest
        self._program, self.stale = program, ""
        if changed:
            _log.info("the policies were reloaded: %s is in force", program.digest[:12])
        return changed


def _said(problem: Exception) -> str:
    if isinstance(problem, DiagnosticError):
        return "; ".join(map(str, problem.diagnostics))
    return str(problem)
