"""The journal in an SQLite file."""

from interlock.journal.sqlite.file import SCHEMA_VERSION
from interlock.journal.sqlite.journal import SqliteJournal

__all__ = ["SCHEMA_VERSION", "SqliteJournal"]
