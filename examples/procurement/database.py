"""Purchasing's database: 120 vendors, 40 cost centers and 300 orders of the year so far. Amounts are in euros.

It is an ordinary SQLite file beside this one, made on first use and the same on every machine: each value follows from
the number of its row, so the tests and the answers can name vendors and know what they are.
"""

import sqlite3
from pathlib import Path

FILE = Path(__file__).parent / ".interlock" / "purchasing.sqlite"

VENDORS = 120
COST_CENTERS = 40
ORDERS = 300

TABLES = (
    """
    CREATE TABLE vendors (
      name     TEXT PRIMARY KEY,
      approved INTEGER NOT NULL CHECK (approved IN (0, 1)),
      risk     TEXT NOT NULL CHECK (risk IN ('low', 'medium', 'high'))
    ) STRICT
    """,
    """
    CREATE TABLE cost_centers (
      id     TEXT PRIMARY KEY,
      owner  TEXT NOT NULL,
      budget INTEGER NOT NULL CHECK (budget >= 0)
    ) STRICT
    """,
    """
    CREATE TABLE orders (
      number      INTEGER PRIMARY KEY,
      vendor      TEXT NOT NULL REFERENCES vendors (name),
      cost_center TEXT NOT NULL REFERENCES cost_centers (id),
      amount      INTEGER NOT NULL CHECK (amount > 0),
      key         TEXT UNIQUE -- a call that is made again has the key of the first one, and so takes effect once
    ) STRICT
    """,
    """
    CREATE VIEW funds AS
      SELECT id AS cost_center, budget - coalesce((SELECT sum(amount) FROM orders WHERE cost_center = id), 0) AS "left"
      FROM cost_centers
    """,
    # Two requests may have seen the same funds: the database itself lets nobody spend them twice.
    """
    CREATE TRIGGER within_funds BEFORE INSERT ON orders
    WHEN NEW.amount > (SELECT "left" FROM funds WHERE cost_center = NEW.cost_center)
    BEGIN
      SELECT raise(ABORT, 'the cost center does not have that much left');
    END
    """,
)

FIRST_NAMES = (
    "Acme",
    "Nova",
    "Borealis",
    "Cobalt",
    "Delta",
    "Ember",
    "Fjord",
    "Garnet",
    "Harbor",
    "Iris",
    "Juno",
    "Kite",
)
SECOND_NAMES = ("", " Supply", " Systems", " Office", " Labs", " Works", " Trade", " Print", " Cloud", " Partners")
OWNERS = ("engineering", "sales", "people", "facilities")


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
        database.executemany("INSERT INTO vendors VALUES (?, ?, ?)", [_vendor(n) for n in range(VENDORS)])
        database.executemany(
            "INSERT INTO cost_centers VALUES (?, ?, ?)", [_cost_center(n) for n in range(COST_CENTERS)]
        )
        database.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, NULL)", [_order(n) for n in range(1, ORDERS + 1)])
        database.execute("PRAGMA user_version = 1")
    database.execute("COMMIT")


def _vendor(number: int) -> tuple[str, bool, str]:
    """Acme is approved and of low risk, Nova is new, Borealis of medium and Cobalt of high risk."""
    name = FIRST_NAMES[number % len(FIRST_NAMES)] + SECOND_NAMES[number // len(FIRST_NAMES)]
    return name, number % 10 != 1, ("low", "low", "medium", "high", "low")[number % 5]


def _cost_center(number: int) -> tuple[str, str, int]:
    """From 4711 on; 4711 has 60,000 a year, the next one 500, the others something between."""
    budget = (60_000, 500, 15_000, 140_000, 300_000)[number % 5]
    return str(4711 + number), OWNERS[number % len(OWNERS)], budget


def _order(number: int) -> tuple[int, str, str, int]:
    vendor, _, _ = _vendor(number * 7 % VENDORS)
    cost_center, _, budget = _cost_center(number % COST_CENTERS)
    return number, vendor, cost_center, 1 + budget * (number % 9) // 100
