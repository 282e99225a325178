"""The breakers of a journal's file: a table with a row for each tool whose breaker has let through a trial or was told
of a failure. A row holds the state as canonical JSON, sealed with a digest, for whether calls are made depends on it.
"""

import json
import sqlite3
from collections.abc import Mapping
from hashlib import sha256

from interlock.journal.sqlite.postings import DamagedLedger
from interlock.run.breakers import CLOSED, BreakerState, Came, told
from interlock_dsl.schema.canonical import canonical


class SqliteBreakers:
    """The breakers behind one connection; whoever calls them is in a transaction. All raise `DamagedLedger`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def state(self, tool: str) -> BreakerState:
        """Return the state of a tool's breaker; that of one of which nothing is known is closed."""
        row = self._connection.execute("SELECT tool, state, seal FROM breakers WHERE tool = ?", (tool,)).fetchone()
        return CLOSED if row is None else _state(*row)

    def keep(self, tool: str, state: BreakerState) -> None:
        """Keep the state of a tool's breaker."""
        failures = [list(each) for each in state.failures]
        text = canonical([failures, state.opened, state.trial, state.lapses, state.latest])
        self._connection.execute("INSERT OR REPLACE INTO breakers VALUES (?, ?, ?)", (tool, text, _seal(tool, text)))

    def tell(self, came: Came) -> None:
        """Tell a breaker what came of an attempt. What changes nothing is not written."""
        before = self.state(came.tool)
        after = told(before, came)
        if after != before:
            self.keep(came.tool, after)

    def states(self) -> dict[str, BreakerState]:
        """Return all states, by the names of the tools."""
        rows = self._connection.execute("SELECT tool, state, seal FROM breakers ORDER BY tool").fetchall()
        return {tool: _state(tool, state, seal) for tool, state, seal in rows}

    def replace(self, states: Mapping[str, BreakerState]) -> None:
        """Keep exactly this instead."""
        self._connection.execute("DELETE FROM breakers")
        for tool, state in states.items():
            self.keep(tool, state)


def _seal(tool: str, state: bytes) -> bytes:
    return sha256(tool.encode() + b"\0" + state).digest()


def _state(tool: object, state: object, seal: object) -> BreakerState:
    if not (isinstance(tool, str) and isinstance(state, bytes) and _seal(tool, state) == seal):
        raise DamagedLedger("the state of a breaker is not as it was written")
    failures, opened, trial, lapses, latest = json.loads(state)
    return BreakerState(tuple((at, attempt) for at, attempt in failures), opened, trial, lapses, latest)
