"""What the source system delivers: a folder of CSV files for each night, and a manifest that says what is in them.

They lie in `.interlock/landing/BATCH`, made on first use and the same on every machine. The manifest has the number of
rows of each file and, of those with amounts, their sum in cents. 2026-03-02 is a night like any other, in that of
2026-03-03 the customers have a new column, `city`. In that of 2026-03-01 much is wrong:

- orders      three rows of 120 are broken: two have no key, and one comes twice
- products    the column `price` is called `unit_price`, and there is a new one, `currency`
- payments    the amounts are in cents, though the column is called the same and looks the same
- shipments   the file was cut off in the middle
- returns     the source is still writing when it is read for the first and the second time

`python sources.py` writes them anew.
"""

import csv
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

LANDING = Path(__file__).parent / ".interlock" / "landing"
BATCHES = ("2026-03-01", "2026-03-02", "2026-03-03")
BAD, NEW = BATCHES[0], BATCHES[2]

Row = tuple[str, ...]
DATASETS = ("customers", "orders", "payments", "products", "returns", "shipments")
HEADERS: dict[str, Row] = {
    "customers": ("customer_id", "name", "country"),
    "orders": ("order_id", "customer_id", "ordered_on", "amount"),
    "payments": ("payment_id", "order_id", "amount"),
    "products": ("product_id", "title", "price"),
    "returns": ("return_id", "order_id", "amount"),
    "shipments": ("shipment_id", "order_id", "carrier"),
}
ROWS = {"customers": 40, "orders": 120, "payments": 100, "products": 60, "returns": 12, "shipments": 90}
COUNTRIES, CITIES = ("DE", "FR", "PL", "IT"), ("Bonn", "Metz", "Lodz", "Bari")
CARRIERS = ("DHL", "GLS", "UPS")


def landing() -> Path:
    """Return the folder of all batches, making it first if it is not there: it is there whole, or not at all."""
    if not LANDING.exists():
        LANDING.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix="landing-", dir=LANDING.parent))
        for batch in BATCHES:
            _deliver(made / batch, batch)
        try:
            made.rename(LANDING)
        except OSError:  # somebody else was first
            shutil.rmtree(made)
    return LANDING


def read_manifest(batch: str) -> dict[str, dict[str, int]]:
    """Return what a batch was announced to hold, by dataset. Raises `FileNotFoundError` if there is no such batch."""
    manifest: dict[str, dict[str, int]] = json.loads((landing() / batch / "manifest.json").read_text())
    return manifest


def read_rows(batch: str, dataset: str) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows of a file. Raises `BlockingIOError` while the source is still writing it."""
    file = landing() / batch / f"{dataset}.csv"
    _wait_for_the_source(file.with_suffix(".busy"))
    with file.open(newline="") as text:
        header, *rows = csv.reader(text)
    return header, rows


def _wait_for_the_source(busy: Path) -> None:
    """A source that takes its time: the file says how often it is still found writing."""
    if not busy.exists():
        return
    left = int(busy.read_text()) - 1
    if left:
        busy.write_text(str(left))
    else:
        busy.unlink()
    raise BlockingIOError


def _deliver(folder: Path, batch: str) -> None:
    folder.mkdir()
    announced: dict[str, dict[str, int]] = {}
    for dataset in DATASETS:
        rows = [_row(dataset, number) for number in range(1, ROWS[dataset] + 1)]
        if batch == BAD and dataset == "orders":
            rows = [("", *row[1:]) if row[0] in ("O7", "O70") else row for row in rows[:-1]] + rows[4:5]
        announced[dataset] = {"rows": len(rows), "cents": sum(map(_cents, rows)) if _has_amounts(dataset) else 0}
        header = HEADERS[dataset]
        if batch == BAD:
            header, rows = _damaged(dataset, header, rows)
        if batch == NEW and dataset == "customers":
            header, rows = (*header, "city"), [(*row, CITIES[COUNTRIES.index(row[-1])]) for row in rows]
        with (folder / f"{dataset}.csv").open("w", newline="") as text:
            csv.writer(text, lineterminator="\n").writerows([header, *rows])
    (folder / "manifest.json").write_text(json.dumps(announced, indent=2) + os.linesep)
    if batch == BAD:
        (folder / "returns.busy").write_text("2")


def _damaged(dataset: str, header: Row, rows: list[Row]) -> tuple[Row, list[Row]]:
    """What becomes of a file after it was announced."""
    match dataset:
        case "products":
            return ("product_id", "title", "unit_price", "currency"), [(*row, "EUR") for row in rows]
        case "payments":
            return header, [(*row[:2], str(_cents(row))) for row in rows]
        case "shipments":
            return header, rows[: len(rows) // 2]
        case _:
            return header, rows


def _has_amounts(dataset: str) -> bool:
    return HEADERS[dataset][-1] in ("amount", "price")


def _cents(row: Sequence[str]) -> int:
    return int(row[-1].replace(".", ""))


def _row(dataset: str, number: int) -> Row:
    """Each value follows from the number of its row."""
    order = f"O{number}"
    amount = f"{5 + number * 37 % 190}.{number * 13 % 100:02}"
    match dataset:
        case "customers":
            return f"C{number}", f"Customer {number}", COUNTRIES[number % len(COUNTRIES)]
        case "orders":
            return order, f"C{1 + number % ROWS['customers']}", f"2026-02-{1 + number % 28:02}", amount
        case "payments":
            return f"Y{number}", order, amount
        case "products":
            return f"P{number}", f"Product {number}", amount
        case "returns":
            return f"R{number}", f"O{number * 9}", amount
        case _:
            return f"S{number}", order, CARRIERS[number % len(CARRIERS)]


if __name__ == "__main__":
    shutil.rmtree(LANDING, ignore_errors=True)
    print(landing())
