"""The shop's database: 60 customers, 300 orders and the refunds paid so far. Amounts are in cents.

It is an ordinary SQLite file beside this one, made on first use and the same on every machine: each value follows from
the number of its row, so the tests and the answers can name orders and know what they hold.
"""

import sqlite3
from pathlib import Path

FILE = Path(__file__).parent / ".interlock" / "shop.sqlite"

CUSTOMERS = 60
ORDERS = 300

TABLES = (
    """
    CREATE TABLE customers (
      id    TEXT PRIMARY KEY,
      name  TEXT NOT NULL,
      email TEXT NOT NULL UNIQUE
    ) STRICT
    """,
    """
    CREATE TABLE orders (
      id       TEXT PRIMARY KEY,
      customer TEXT NOT NULL REFERENCES customers (id),
      total    INTEGER NOT NULL CHECK (total BETWEEN 0 AND 1000000),
      status   TEXT NOT NULL CHECK (status IN ('paid', 'shipped', 'refunded'))
    ) STRICT
    """,
    """
    CREATE TABLE refunds (
      number   INTEGER PRIMARY KEY,
      order_id TEXT NOT NULL REFERENCES orders (id),
      amount   INTEGER NOT NULL CHECK (amount > 0),
      key      TEXT NOT NULL,
      run      TEXT NOT NULL,
      was      TEXT NOT NULL,
      voided   INTEGER NOT NULL DEFAULT 0
    ) STRICT
    """,
    # A call that is made again has the key of the first one: this index is why it takes effect once.
    "CREATE UNIQUE INDEX one_refund_per_key ON refunds (key) WHERE NOT voided",
)

GIVEN_NAMES = ("Ada", "Ben", "Chiara", "Dmitri", "Elif", "Femi", "Grace", "Hana", "Ivo", "Jun")
FAMILY_NAMES = ("Almeida", "Brandt", "Costa", "Dietrich", "Eriksen", "Fontaine")


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
        database.executemany("INSERT INTO customers VALUES (?, ?, ?)", [_customer(n) for n in range(1, CUSTOMERS + 1)])
        database.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", [_order(n) for n in range(1, ORDERS + 1)])
        database.execute("PRAGMA user_version = 1")
    database.execute("COMMIT")


def _customer(number: int) -> tuple[str, str, str]:
    given = GIVEN_NAMES[number % len(GIVEN_NAMES)]
    family = FAMILY_NAMES[number // len(GIVEN_NAMES) % len(FAMILY_NAMES)]
    return f"C{number}", f"{given} {family}", f"{given}.{family}.{number}@example.org".lower()


def _order(number: int) -> tuple[str, str, int, str]:
    """Order A1 costs 42.00; every tenth is dear: A10, A20, ... between 1,000.00 and 4,000.00."""
    total = 100_000 + number * 1_000 if number % 10 == 0 else 4_200 + (number - 1) * 3_700 % 41_000
    return f"A{number}", f"C{number % CUSTOMERS + 1}", total, "shipped" if number % 3 else "paid"
