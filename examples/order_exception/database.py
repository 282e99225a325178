"""The shop's database: 200 products in stock, 40 customers with their contracts, 150 orders. Amounts are in cents.

It is an ordinary SQLite file beside this one, made on first use and the same on every machine: each value follows from
the number of its row, so the tests and the answers can name orders and know what they hold.
"""

import sqlite3
from pathlib import Path

FILE = Path(__file__).parent / ".interlock" / "warehouse.sqlite"

FAMILIES = ("LAMP", "DESK", "CHAIR", "SHELF", "SOFA", "RUG", "CLOCK", "VASE", "STOOL", "MIRROR")
VARIANTS = 20
CUSTOMERS = 40
ORDERS = 150

TABLES = (
    """
    CREATE TABLE products (
      sku     TEXT PRIMARY KEY,
      name    TEXT NOT NULL,
      family  TEXT NOT NULL,
      price   INTEGER NOT NULL CHECK (price > 0),
      on_hand INTEGER NOT NULL CHECK (on_hand >= 0)
    ) STRICT
    """,
    """
    CREATE TABLE customers (
      id           TEXT PRIMARY KEY,
      substitution TEXT NOT NULL CHECK (substitution IN ('allowed', 'ask', 'never')),
      max_discount INTEGER NOT NULL CHECK (max_discount BETWEEN 0 AND 100)
    ) STRICT
    """,
    """
    CREATE TABLE orders (
      id       TEXT PRIMARY KEY,
      customer TEXT NOT NULL REFERENCES customers (id),
      locked   INTEGER NOT NULL DEFAULT 0,
      version  INTEGER NOT NULL DEFAULT 1
    ) STRICT
    """,
    """
    CREATE TABLE lines (
      order_id TEXT NOT NULL REFERENCES orders (id),
      sku      TEXT NOT NULL REFERENCES products (sku),
      quantity INTEGER NOT NULL CHECK (quantity > 0),
      PRIMARY KEY (order_id, sku)
    ) STRICT
    """,
    """
    CREATE TABLE reservations (
      number   INTEGER PRIMARY KEY,
      order_id TEXT NOT NULL REFERENCES orders (id),
      sku      TEXT NOT NULL REFERENCES products (sku),
      quantity INTEGER NOT NULL CHECK (quantity > 0),
      key      TEXT NOT NULL,
      released INTEGER NOT NULL DEFAULT 0
    ) STRICT
    """,
    # A call that is made again has the key of the first one: these two are why it takes effect once.
    "CREATE UNIQUE INDEX one_reservation_per_key ON reservations (key) WHERE NOT released",
    """
    CREATE TABLE changes (
      key      TEXT PRIMARY KEY,
      order_id TEXT NOT NULL REFERENCES orders (id),
      version  INTEGER NOT NULL
    ) STRICT
    """,
    # Every twenty-ninth order is being packed: the database itself lets nobody change its lines.
    """
    CREATE TRIGGER being_packed BEFORE UPDATE ON lines
    WHEN (SELECT locked FROM orders WHERE id = OLD.order_id)
    BEGIN
      SELECT raise(ABORT, 'the order is locked: it is being packed');
    END
    """,
)


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
        products = [_product(family, variant) for family in range(len(FAMILIES)) for variant in range(1, VARIANTS + 1)]
        orders = range(1, ORDERS + 1)
        database.executemany("INSERT INTO products VALUES (?, ?, ?, ?, ?)", products)
        database.executemany("INSERT INTO customers VALUES (?, ?, ?)", [_customer(n) for n in range(1, CUSTOMERS + 1)])
        database.executemany("INSERT INTO orders (id, customer, locked) VALUES (?, ?, ?)", [_order(n) for n in orders])
        database.executemany("INSERT INTO lines VALUES (?, ?, ?)", [line for n in orders for line in _lines(n)])
        database.execute("PRAGMA user_version = 1")
    database.execute("COMMIT")


def _product(family: int, variant: int) -> tuple[str, str, str, int, int]:
    """Of each family the first, seventh, ... are out of stock: LAMP-1, LAMP-7, DESK-1, ..."""
    name = FAMILIES[family]
    price = 2_000 + family % 5 * 9_500 + variant * 250
    return (
        f"{name}-{variant}",
        f"{name.capitalize()} no. {variant}",
        name,
        price,
        variant % 6 * 9 if variant % 6 != 1 else 0,
    )


def _customer(number: int) -> tuple[str, str, int]:
    return f"C{number}", ("never", "allowed", "allowed", "ask")[number % 4], number % 6 * 5


def _order(number: int) -> tuple[str, str, bool]:
    """Order O1 belongs to C1, who allows replacements; O2 to C2, O3 (to be asked) to C3, O4 (never) to C4."""
    return f"O{number}", f"C{(number - 1) % CUSTOMERS + 1}", number % 29 == 0


def _lines(number: int) -> list[tuple[str, str, int]]:
    """Everybody orders a lamp that is out of stock, and something else."""
    lamp = 1 + number % 3 * 6
    other = FAMILIES[1 + number % 9]
    return [(f"O{number}", f"LAMP-{lamp}", 1 + number % 4), (f"O{number}", f"{other}-1", 1 + number % 3)]
