"""The file of a journal: how it is made, opened and recognised, and what SQLite's errors mean for it."""

import contextlib
import os
import sqlite3
import threading
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Final, NoReturn

from interlock.errors import JournalCorrupt, JournalMissing, JournalUnavailable
from interlock.journal import chain
from interlock.journal.sqlite.rows import ROW, line_of_row
from interlock.journal.sqlite.tables import BREAKERS, LEDGER

SCHEMA_VERSION: Final = 6
_WITHOUT_POSTINGS: Final = 5
"""The schema of journals whose entries hold nothing of the ledger."""
_WITHOUT_BREAKERS: Final = 4
"""The schema of journals whose ledger has no breakers."""
_WITHOUT_LINES: Final = 3
"""The schema of journals whose runs' rows are all up to date, so that the last entry holds no line of its run."""
_WITHOUT_LEDGER: Final = 2
"""The schema of journals that have no ledger yet either. All get what is missing when they are opened for writing."""
_APPLICATION: Final = 0x494C4A4C  # "ILJL", in the file's header
_ONE_LINE: Final = """
CREATE TRIGGER one_line AFTER INSERT ON entries WHEN NEW.line IS NOT NULL BEGIN
  UPDATE entries SET line = NULL WHERE position = NEW.position - 1;
END
"""
"""Only the last entry holds the line of its run."""
_SCHEMA: Final = f"""
BEGIN IMMEDIATE;
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {SCHEMA_VERSION};
{LEDGER}
{BREAKERS}
CREATE TABLE journal (id INTEGER PRIMARY KEY CHECK (id = 1), runs INTEGER NOT NULL, link BLOB NOT NULL) STRICT;
CREATE TABLE programs (digest TEXT PRIMARY KEY, sources BLOB NOT NULL, bundle BLOB NOT NULL,
  seal BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE runs (
  number INTEGER PRIMARY KEY, run TEXT NOT NULL UNIQUE, workflow TEXT NOT NULL, program TEXT NOT NULL,
  status TEXT NOT NULL, started INTEGER NOT NULL, updated INTEGER NOT NULL, detail TEXT NOT NULL,
  entries INTEGER NOT NULL, last INTEGER NOT NULL, head BLOB NOT NULL, link BLOB NOT NULL, seal BLOB NOT NULL
) STRICT;
CREATE TABLE entries (
  position INTEGER PRIMARY KEY, previous INTEGER NOT NULL, number INTEGER NOT NULL, sequence INTEGER NOT NULL,
  meaning INTEGER NOT NULL, event BLOB NOT NULL, outcome BLOB NOT NULL, digest BLOB NOT NULL, line BLOB,
  posting BLOB
) STRICT;
{_ONE_LINE};
INSERT INTO journal VALUES (1, 0, x'{chain.ROOT.hex()}');
COMMIT;
"""


def connect(path: Path, *, create: bool, readonly: bool, wait: float) -> sqlite3.Connection:
    """Open a journal's file, making it first if it is missing and `create`; it is known to be a journal then.

    `wait` is how many seconds a lock is waited for. Raises `JournalMissing`, `JournalCorrupt`, `JournalUnavailable`.
    """
    if not path.exists():
        if not create:
            raise JournalMissing(f"there is no journal at {path}")
        _create(path)
    if not path.is_file():
        raise JournalCorrupt(f"{path} is not a file, so it is no journal")
    if not readonly:
        connection = _opened(path, "mode=rw", wait)
        if _version(connection) == SCHEMA_VERSION:
            return connection
        try:
            _renew(path, connection)
        except BaseException:
            connection.close()
            raise
        return connection
    try:
        return _opened(path, "mode=ro", wait)
    except JournalUnavailable:
        # Where nothing may be written at all, SQLite reads only a file that it can take for unchanging.
        log = path.with_name(path.name + "-wal")
        if log.exists() and log.stat().st_size:
            raise
        return _opened(path, "mode=ro&immutable=1", wait)


def has_ledger(connection: sqlite3.Connection) -> bool:
    """Whether a journal has the tables of the ledger."""
    return _version(connection) > _WITHOUT_LEDGER


def has_lines(connection: sqlite3.Connection) -> bool:
    """Whether the last entry of a journal holds the line of its run."""
    return _version(connection) > _WITHOUT_LINES


def has_breakers(connection: sqlite3.Connection) -> bool:
    """Whether a journal has the table of breakers."""
    return _version(connection) > _WITHOUT_BREAKERS


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _renew(path: Path, connection: sqlite3.Connection) -> None:
    """Give a journal of an older version what it lacks, unless another process has done so by now."""
    with explained(path):
        connection.execute("BEGIN IMMEDIATE")
        try:
            if not has_ledger(connection):
                for statement in LEDGER.split(";"):
                    connection.execute(statement)
            if not has_lines(connection):
                connection.execute("ALTER TABLE entries ADD COLUMN line BLOB")
                last = f"SELECT {ROW} FROM runs JOIN (SELECT max(position) AS last FROM entries) USING (last)"
                for row in connection.execute(last).fetchall():
                    connection.execute("UPDATE entries SET line = ? WHERE position = ?", (line_of_row(row), row[9]))
                connection.execute(_ONE_LINE)
            if not has_breakers(connection):
                connection.execute(BREAKERS)
            if _version(connection) <= _WITHOUT_POSTINGS:
                connection.execute("ALTER TABLE entries ADD COLUMN posting BLOB")
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise


def _opened(path: Path, mode: str, wait: float) -> sqlite3.Connection:
    with explained(path):
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?{mode}", uri=True, isolation_level=None, check_same_thread=False, timeout=wait
        )
        try:
            _recognise(path, connection)
        except BaseException:
            connection.close()
            raise
    return connection


def _recognise(path: Path, connection: sqlite3.Connection) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != _APPLICATION:
        raise JournalCorrupt(f"{path} is not a journal")
    version = _version(connection)
    if not _WITHOUT_LEDGER <= version <= SCHEMA_VERSION:
        which = "an older version (0.1.0)" if version < SCHEMA_VERSION else "a newer version"
        raise JournalCorrupt(
            f"the journal {path} was written by {which}: it has the schema {version}, this version knows "
            f"{SCHEMA_VERSION}; read it with the version that wrote it, and begin another journal with this one"
        )
    connection.execute("PRAGMA synchronous = FULL")
    if connection.execute("SELECT runs, link FROM journal").fetchone() is None:
        raise JournalCorrupt(f"the journal {path} is damaged: it does not say how many runs it holds")


def _create(path: Path) -> None:
    """Make the file aside and give it its name when it is whole: a half-made journal is never found there.

    Only its owner may read it; SQLite gives the files beside it the same mode. The tables are written before it is set
    to write ahead: what is only in the log when the disk fills up would be lost with the log.
    """
    if not path.parent.is_dir():
        raise JournalMissing(f"there is no folder {path.parent} to make the journal {path.name} in")
    aside = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.new")
    with explained(path):
        try:
            _remove(aside)
            os.close(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            connection = sqlite3.connect(aside, isolation_level=None)
            try:
                connection.executescript(_SCHEMA)
                connection.execute("PRAGMA journal_mode = WAL")
            finally:
                connection.close()
            _opened(aside, "mode=ro&immutable=1", 0.0).close()
            # Another process may have made the journal meanwhile: then that one is used.
            with contextlib.suppress(FileExistsError):
                os.link(aside, path)
            _flush_folder(path.parent)
        finally:
            _remove(aside)


def _remove(aside: Path) -> None:
    for suffix in ("", "-journal", "-wal", "-shm"):
        aside.with_name(aside.name + suffix).unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    """Make a new name durable, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


_UNUSABLE: Final[Mapping[int, str]] = {
    sqlite3.SQLITE_BUSY: "another process holds it locked",
    sqlite3.SQLITE_LOCKED: "another process holds it locked",
    sqlite3.SQLITE_READONLY: "it is read-only",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk reports an error",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_PERM: "permission is denied",
    sqlite3.SQLITE_NOMEM: "memory ran out",
    sqlite3.SQLITE_MISUSE: "it is closed",
}


@contextlib.contextmanager
def explained(path: Path) -> Generator[None]:
    """Say what an error of SQLite or of the file system means for the journal."""
    try:
        yield
    except Exception as error:
        explain(path, error)
        raise


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error says that the file holds what was never written, and not that it cannot be used for now."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF not in _UNUSABLE


def explain(path: Path, error: BaseException) -> None:
    """Raise what an error of SQLite or of the file system means for the journal; return for any other."""
    match error:
        case sqlite3.ProgrammingError():
            raise JournalUnavailable(f"the journal {path} cannot be used: it is closed") from None
        case sqlite3.Error():
            _explain(path, error)
        case UnicodeDecodeError():
            # Damage reached a text, and SQLite's own message quotes it.
            raise JournalCorrupt(f"the journal {path} is damaged") from None
        case OSError():
            raise JournalUnavailable(f"the journal {path} cannot be used: {error.strerror or error}") from None
        case _:
            return


def _explain(path: Path, error: sqlite3.Error) -> NoReturn:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if code in _UNUSABLE:
        raise JournalUnavailable(f"the journal {path} cannot be used: {_UNUSABLE[code]} ({error})") from None
    if code == sqlite3.SQLITE_NOTADB:
        raise JournalCorrupt(f"{path} is not a journal") from None
    raise JournalCorrupt(f"the journal {path} is damaged: {error}") from None
