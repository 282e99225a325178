"""The tables of the ledger in a journal's file, as SQL. The ones of the journal itself are made with the file."""

from typing import Final

LEDGER: Final = """
CREATE TABLE accounts (
  account INTEGER PRIMARY KEY, "limit" TEXT NOT NULL, key TEXT NOT NULL, rule TEXT NOT NULL, most INTEGER NOT NULL,
  period INTEGER NOT NULL, UNIQUE ("limit", key)
) STRICT;
CREATE TABLE ledger (
  account INTEGER NOT NULL, at INTEGER NOT NULL, position INTEGER NOT NULL, amount INTEGER NOT NULL,
  total BLOB NOT NULL, reservation TEXT NOT NULL, PRIMARY KEY (account, at, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX reservations ON ledger (reservation);
"""
"""Accounts, and what is held on them."""

BREAKERS: Final = """
CREATE TABLE breakers (tool TEXT PRIMARY KEY, state BLOB NOT NULL, seal BLOB NOT NULL) STRICT, WITHOUT ROWID;
"""
"""A row for each tool whose breaker knows something."""
