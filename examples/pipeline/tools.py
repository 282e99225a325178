"""What the workflow's tools do: functions on the files of the source and on the warehouse."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from decimal import Decimal, InvalidOperation

from database import connect
from sources import read_manifest, read_rows

from interlock import Toolbox, ToolError

toolbox = Toolbox()


@contextmanager
def changing() -> Iterator[sqlite3.Connection]:
    """One transaction: all that a call changes, or nothing."""
    with closing(connect()) as database:
        database.execute("BEGIN IMMEDIATE")
        yield database
        database.execute("COMMIT")


@toolbox.tool("source.datasets")
def datasets(batch: str) -> list[str]:
    """What the manifest of a batch announces."""
    return sorted(manifest(batch))


@toolbox.tool("staging.ingest")
def ingest(batch: str, dataset: str) -> dict[str, object]:
    """Copy a file into staging, once: made again, the call finds the load that is there."""
    announced = manifest(batch).get(dataset)
    if announced is None:
        raise ToolError(f"there is no dataset `{dataset}` in batch `{batch}`")
    load = f"{batch}/{dataset}"
    with closing(connect()) as database:
        known = database.execute("SELECT 1 FROM loads WHERE id = ?", (load,)).fetchone()
    if not known:
        try:
            header, rows = read_rows(batch, dataset)
        except BlockingIOError:
            raise ToolError(f"the source is still writing `{dataset}`") from None
        with changing() as database:
            made = database.execute(
                "INSERT INTO loads (id, batch, dataset, header) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (load, batch, dataset, json.dumps(header)),
            ).rowcount
            if made:
                database.executemany(
                    "INSERT INTO staged VALUES (?, ?, ?)",
                    [(load, line, json.dumps(fields)) for line, fields in enumerate(rows, start=2)],
                )
    with closing(connect()) as database:
        header, lines = staged(database, load)
    return {
        "load": load,
        "rows": len(lines),
        "broken": len(sorted_out(header, lines)[1]),
        "announced_rows": announced["rows"],
        "announced_cents": announced["cents"],
    }


@toolbox.tool("staging.discard")
def discard(load: str) -> None:
    """Remove a load from staging. A second time changes nothing."""
    with changing() as database:
        database.execute("DELETE FROM loads WHERE id = ?", (load,))


@toolbox.tool("schema.compare")
def compare(load: str) -> dict[str, object]:
    """The columns that the registry has and the file does not, and the other way round."""
    with closing(connect()) as database:
        dataset = dataset_of(database, load)
        known = [name for name, _ in registered(database, dataset)]
        header, _ = staged(database, load)
    return {
        "missing": [name for name in known if name not in header],
        "added": [name for name in header if name not in known],
    }


@toolbox.tool("staging.sample")
def sample(load: str, column: str) -> dict[str, object]:
    """The first values of a column as they came."""
    with closing(connect()) as database:
        header, lines = staged(database, load)
    if column not in header:
        raise ToolError(f"`{load}` has no column `{column}`")
    at = header.index(column)
    return {"values": [fields[at] for fields in lines[:5]]}


@toolbox.tool("schema.extend")
def extend(load: str, columns: Sequence[str]) -> dict[str, object]:
    """Take columns into the registry, as text. What is there already stays as it is."""
    with changing() as database:
        dataset = dataset_of(database, load)
        last = len(registered(database, dataset))
        database.executemany(
            "INSERT INTO columns VALUES (?, ?, 'text', ?, ?) ON CONFLICT DO NOTHING",
            [(dataset, name, last + number, load) for number, name in enumerate(columns)],
        )
        known = len(registered(database, dataset))
    return {"load": load, "columns": known}


@toolbox.tool("schema.revert")
def revert(load: str) -> None:
    """Remove the columns that came with a load. A second time changes nothing."""
    with changing() as database:
        database.execute("DELETE FROM columns WHERE added_by = ?", (load,))


@toolbox.tool("staging.prepare")
def prepare(load: str, renames: Sequence[Mapping[str, str]]) -> dict[str, object]:
    """Turn what is staged into rows by the registry's columns. Broken lines are left out, and counted."""
    with changing() as database:
        columns = registered(database, dataset_of(database, load))
        header, lines = staged(database, load)
        becomes = {rename["column"]: rename["becomes"] for rename in renames}
        names = [becomes.get(name, name) for name in header]
        if len(set(names)) < len(names):
            raise ToolError(f"two columns of `{load}` would have one name")
        good, broken = sorted_out(header, lines)
        rows = [typed(columns, names, line) for line in good]
        key = columns[0][0]
        database.execute("DELETE FROM prepared WHERE load = ?", (load,))
        database.executemany(
            "INSERT INTO prepared VALUES (?, ?, ?, ?)",
            [(load, row[key], cents(columns, row), json.dumps(row)) for row in rows],
        )
    return {
        "rows": len(rows),
        "left_out_cents": sum(cents(columns, typed(columns, names, line)) or 0 for line in broken),
    }


@toolbox.tool("staging.clear")
def clear(load: str) -> None:
    """Remove what was prepared of a load. A second time changes nothing."""
    with changing() as database:
        database.execute("DELETE FROM prepared WHERE load = ?", (load,))


@toolbox.tool("warehouse.publish")
def publish(load: str) -> dict[str, object]:
    """Publish the prepared rows of a load, once: made again, the call finds the publication that is there."""
    with changing() as database:
        dataset_of(database, load)
        made = database.execute("SELECT number FROM publications WHERE load = ? AND NOT retracted", (load,)).fetchone()
        if made is None:
            made = database.execute(
                "INSERT INTO publications (load, batch, dataset) SELECT id, batch, dataset FROM loads WHERE id = ? "
                "RETURNING number",
                (load,),
            ).fetchone()
            database.execute(
                "INSERT INTO published SELECT ?, key, cents, row FROM prepared WHERE load = ?", (*made, load)
            )
    return {"id": made[0]}


@toolbox.tool("warehouse.retract")
def retract(publication: int) -> None:
    """Take a publication back: nobody sees its rows any more. A second time changes nothing."""
    with changing() as database:
        database.execute("UPDATE publications SET retracted = 1 WHERE number = ?", (publication,))
        database.execute("DELETE FROM published WHERE publication = ?", (publication,))


@toolbox.tool("warehouse.inspect")
def inspect(publication: int) -> dict[str, object]:
    """Count what is published: its rows, the values that are not there, and the sum of the amounts."""
    with closing(connect()) as database:
        rows = database.execute("SELECT cents, row FROM published WHERE publication = ?", (publication,)).fetchall()
    return {
        "rows": len(rows),
        "absent": sum(value is None for _, row in rows for value in json.loads(row).values()),
        "cents": sum(amount or 0 for amount, _ in rows),
    }


@toolbox.tool("reports.write")
def write_report(batch: str, published: Sequence[str], failed: Sequence[str]) -> None:
    """Keep the report of a night; a later one of the same night goes over it."""
    lines = [f"published: {', '.join(published) or 'nothing'}", *(f"failed: {reason}" for reason in failed)]
    with changing() as database:
        database.execute(
            "INSERT INTO reports VALUES (?, ?) ON CONFLICT (batch) DO UPDATE SET text = excluded.text",
            (batch, "\n".join(lines)),
        )


# --- what the tools have in common -----------------------------------------------------------------------------------


def manifest(batch: str) -> dict[str, dict[str, int]]:
    try:
        return read_manifest(batch)
    except FileNotFoundError:
        raise ToolError(f"there is no batch `{batch}`") from None


def dataset_of(database: sqlite3.Connection, load: str) -> str:
    row = database.execute("SELECT dataset FROM loads WHERE id = ?", (load,)).fetchone()
    if row is None:
        raise ToolError(f"there is no load `{load}` in staging")
    return str(row[0])


def staged(database: sqlite3.Connection, load: str) -> tuple[list[str], list[list[str]]]:
    """Return the header and the lines of a load as they came."""
    header = database.execute("SELECT header FROM loads WHERE id = ?", (load,)).fetchone()
    lines = database.execute("SELECT fields FROM staged WHERE load = ? ORDER BY line", (load,))
    return json.loads(header[0]), [json.loads(fields) for (fields,) in lines]


def registered(database: sqlite3.Connection, dataset: str) -> list[tuple[str, str]]:
    """Return the name and the kind of each column that the registry has; the first is the key."""
    return database.execute("SELECT name, kind FROM columns WHERE dataset = ? ORDER BY position", (dataset,)).fetchall()


def sorted_out(header: Sequence[str], lines: Sequence[list[str]]) -> tuple[list[list[str]], list[list[str]]]:
    """Return the good lines, and the broken ones: without a key, with one a second time, or of another length."""
    good: dict[str, list[str]] = {}
    broken: list[list[str]] = []
    for line in lines:
        if len(line) != len(header) or not line[0] or line[0] in good:
            broken.append(line)
        else:
            good[line[0]] = line
    return list(good.values()), broken


def typed(columns: Sequence[tuple[str, str]], names: Sequence[str], line: Sequence[str]) -> dict[str, str | int | None]:
    """Return a line by the registry's columns. What is not there, or no amount, is None."""
    given = dict(zip(names, line, strict=False))
    return {name: in_cents(given.get(name)) if kind == "cents" else given.get(name) for name, kind in columns}


def in_cents(text: str | None) -> int | None:
    try:
        return None if text is None else int(Decimal(text) * 100)
    except (InvalidOperation, ValueError, OverflowError):
        return None


def cents(columns: Sequence[tuple[str, str]], row: Mapping[str, str | int | None]) -> int | None:
    """Return the amount of a row; None if its dataset has none, or it is not there."""
    return next((amount for name, kind in columns if kind == "cents" and isinstance(amount := row[name], int)), None)
