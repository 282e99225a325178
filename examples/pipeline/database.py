"""The warehouse: which columns each dataset has, what lies in staging, and what is published. Amounts are in cents.

It is an ordinary SQLite file beside this one, made on first use and the same on every machine.
"""

import sqlite3
from pathlib import Path

FILE = Path(__file__).parent / ".interlock" / "warehouse.sqlite"

TABLES = (
    # The schema registry. The first column of a dataset is its key; one of kind `cents` is added up for the check.
    """
    CREATE TABLE columns (
      dataset  TEXT NOT NULL,
      name     TEXT NOT NULL,
      kind     TEXT NOT NULL CHECK (kind IN ('text', 'cents')),
      position INTEGER NOT NULL,
      added_by TEXT, -- the load with which it came; nothing for those that have always been there
      PRIMARY KEY (dataset, name)
    ) STRICT
    """,
    """
    CREATE TABLE loads (
      id       TEXT PRIMARY KEY,
      batch    TEXT NOT NULL,
      dataset  TEXT NOT NULL,
      header   TEXT NOT NULL -- a list, as JSON
    ) STRICT
    """,
    """
    CREATE TABLE staged (
      load   TEXT NOT NULL REFERENCES loads (id) ON DELETE CASCADE,
      line   INTEGER NOT NULL,
      fields TEXT NOT NULL, -- a list, as JSON
      PRIMARY KEY (load, line)
    ) STRICT
    """,
    """
    CREATE TABLE prepared (
      load  TEXT NOT NULL REFERENCES loads (id) ON DELETE CASCADE,
      key   TEXT NOT NULL,
      cents INTEGER,
      row   TEXT NOT NULL, -- by column, as JSON
      PRIMARY KEY (load, key)
    ) STRICT
    """,
    """
    CREATE TABLE publications (
      number    INTEGER PRIMARY KEY,
      load      TEXT NOT NULL,
      batch     TEXT NOT NULL,
      dataset   TEXT NOT NULL,
      retracted INTEGER NOT NULL DEFAULT 0
    ) STRICT
    """,
    # A call that is made again finds the publication of the first one, unless it was retracted since.
    "CREATE UNIQUE INDEX one_publication_of_a_load ON publications (load) WHERE NOT retracted",
    """
    CREATE TABLE published (
      publication INTEGER NOT NULL REFERENCES publications (number),
      key         TEXT NOT NULL,
      cents       INTEGER,
      row         TEXT NOT NULL,
      PRIMARY KEY (publication, key)
    ) STRICT
    """,
    "CREATE TABLE reports (batch TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT",
)

REGISTRY = {
    "customers": "customer_id name country",
    "orders": "order_id customer_id ordered_on amount",
    "payments": "payment_id order_id amount",
    "products": "product_id title price",
    "returns": "return_id order_id amount",
    "shipments": "shipment_id order_id carrier",
}
IN_CENTS = ("amount", "price")


def connect(file: Path = FILE) -> sqlite3.Connection:
    """Open the database, making it first if it is not there. Each statement commits unless a transaction is begun."""
    file.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(file, isolation_level=None, timeout=10)
    database.execute("PRAGMA foreign_keys = ON")
    if database.execute("PRAGMA user_version").fetchone()[0] == 0:
        _make(database)
    return database


def _make(database: sqlite3.Connection) -> None:
    """Fill an empty database, in one transaction: whoever comes second, or after a crash, finds all or nothing."""
    database.execute("BEGIN IMMEDIATE")
    if database.execute("PRAGMA user_version").fetchone()[0] == 0:
        for table in TABLES:
            database.execute(table)
        database.executemany(
            "INSERT INTO columns VALUES (?, ?, ?, ?, NULL)",
            [
                (dataset, name, "cents" if name in IN_CENTS else "text", position)
                for dataset, names in REGISTRY.items()
                for position, name in enumerate(names.split())
            ],
        )
        database.execute("PRAGMA user_version = 1")
    database.execute("COMMIT")
