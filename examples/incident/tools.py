"""What the workflows' tools do: functions on the fleet's database, and one that writes a file."""

from contextlib import closing
from pathlib import Path
from re import fullmatch
from sqlite3 import Connection
from typing import Any

from database import GOOD, connect

from interlock import CallContext, Toolbox, ToolError

REPORTS = Path(__file__).parent / ".interlock" / "reports"

toolbox = Toolbox()


@toolbox.tool("fleet.list")
def list_hosts(service: str) -> list[dict[str, object]]:
    with closing(connect()) as database:
        rows = database.execute("SELECT id, state FROM hosts WHERE service = ? ORDER BY rowid", (service,)).fetchall()
    if not rows:
        raise ToolError(f"there is no service `{service}`")
    return [{"id": id, "state": state} for id, state in rows]


@toolbox.tool("hosts.inspect")
def inspect(host: str) -> dict[str, object]:
    state, release, restarts = _one("SELECT state, release, restarts FROM hosts WHERE id = ?", host)
    return {"state": state, "release": release, "restarts": restarts}


@toolbox.tool("logs.read")
def read_logs(host: str) -> dict[str, object]:
    """Return the last ten lines."""
    _one("SELECT id FROM hosts WHERE id = ?", host)
    with closing(connect()) as database:
        rows = database.execute(
            "SELECT line FROM logs WHERE host = ? ORDER BY number DESC LIMIT 10", (host,)
        ).fetchall()
    return {"lines": [line for (line,) in reversed(rows)]}


@toolbox.tool("metrics.query")
def query_metrics(host: str) -> dict[str, object]:
    errors, latency, load = _one("SELECT errors, latency, load FROM metrics WHERE host = ?", host)
    return {"host": host, "errors": errors, "latency": latency, "load": load}


@toolbox.tool("metrics.confirm")
def confirm(host: str, errors: int, latency: int) -> None:
    """Fail while a host has more errors, or is slower, than it may."""
    found, took = _one("SELECT errors, latency FROM metrics WHERE host = ?", host)
    if found > errors or took > latency:
        raise ToolError(f"{host} has {found} errors in 1,000 requests and takes {took} ms")


@toolbox.tool("changes.draft")
def draft(incident: str, service: str, kind: str, hosts: list[str], call: CallContext) -> dict[str, object]:
    """Put on record what is proposed, once per key. No host is changed by it."""
    with closing(connect()) as database:
        database.execute("BEGIN IMMEDIATE")
        made = database.execute(
            "INSERT INTO changes (incident, service, kind, key) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (incident, service, kind, call.key),
        ).rowcount
        number, drafted = database.execute(
            "SELECT number, kind FROM changes WHERE key = ? AND status = 'open'", (call.key,)
        ).fetchone()
        if made:
            database.executemany("INSERT INTO planned VALUES (?, ?)", [(number, host) for host in set(hosts)])
        planned = database.execute("SELECT host FROM planned WHERE change = ?", (number,)).fetchall()
        if (drafted, {host for (host,) in planned}) != (kind, set(hosts)):
            raise ToolError(f"for `{incident}` another change is drafted already: CHG-{number}")
        database.execute("COMMIT")
    return {"id": f"CHG-{number}"}


@toolbox.tool("changes.withdraw")
def withdraw(change: str) -> None:
    with closing(connect()) as database:
        database.execute("UPDATE changes SET status = 'withdrawn' WHERE number = ?", (_number(change),))


@toolbox.tool("hosts.change")
def change_host(change: str, host: str, kind: str, call: CallContext) -> dict[str, object]:
    """Change one host as an open draft says, once per key. What fails leaves the host as it was."""
    with closing(connect()) as database:
        database.execute("BEGIN IMMEDIATE")
        row = database.execute("SELECT number FROM applied WHERE key = ? AND NOT reverted", (call.key,)).fetchone()
        if row is None:
            planned = database.execute(
                "SELECT 1 FROM changes JOIN planned ON change = number "
                "WHERE number = ? AND kind = ? AND host = ? AND status = 'open'",
                (_number(change), kind, host),
            ).fetchone()
            if planned is None:
                raise ToolError(f"{change} does not say to {kind} {host}")
            row = database.execute(
                "INSERT INTO applied (change, host, state, release, key) "
                "SELECT ?, id, state, release, ? FROM hosts WHERE id = ? RETURNING number",
                (_number(change), call.key, host),
            ).fetchone()
            _change(database, host, kind)
        database.execute("COMMIT")
    return {"id": f"A{row[0]}", "host": host}


def _change(database: Connection, host: str, kind: str) -> None:
    full, state = database.execute("SELECT full, state FROM hosts WHERE id = ?", (host,)).fetchone()
    if full and kind in ("restart", "roll_back_release"):
        raise ToolError(f"{host} does not come up again: no space left on device")
    if (kind == "scale_out") != (state == "spare"):
        raise ToolError(f"{host} is {state}")
    match kind:
        case "restart":
            database.execute("UPDATE hosts SET leaking = 0, restarts = restarts + 1 WHERE id = ?", (host,))
        case "roll_back_release":
            database.execute("UPDATE hosts SET release = ? WHERE id = ?", (GOOD, host))
        case "drain":
            database.execute("UPDATE hosts SET state = 'drained' WHERE id = ?", (host,))
        case _:
            database.execute("UPDATE hosts SET state = 'serving' WHERE id = ?", (host,))


@toolbox.tool("hosts.revert")
def revert(applied: str) -> None:
    """Give a host the state and the release back that it had. A second time changes nothing."""
    with closing(connect()) as database:
        database.execute("BEGIN IMMEDIATE")
        row = database.execute(
            "UPDATE applied SET reverted = 1 WHERE number = ? AND NOT reverted RETURNING state, release, host",
            (applied[1:],),
        ).fetchone()
        if row is not None:
            database.execute("UPDATE hosts SET state = ?, release = ? WHERE id = ?", row)
        database.execute("COMMIT")


@toolbox.tool("reports.write")
def write_report(incident: str, service: str, title: str, text: str, actions: list[str]) -> dict[str, object]:
    """Write a post-mortem as a page of Markdown, in place of an earlier one of the same incident."""
    if not fullmatch(r"[A-Za-z0-9-]+", incident):
        raise ToolError(f"`{incident}` is no name of a file")
    lines = [f"# {incident}: {title}", "", f"Service: {service}", "", text, "", "## To do", ""]
    lines += [f"- [ ] {action}" for action in actions] or ["Nothing."]
    REPORTS.mkdir(parents=True, exist_ok=True)
    (REPORTS / f"{incident}.md").write_text("\n".join([*lines, ""]))
    return {"file": f"{incident}.md"}


def _one(query: str, host: str) -> tuple[Any, ...]:
    """Return what a query finds of a host. Raises `ToolError` if there is no such host."""
    with closing(connect()) as database:
        row: tuple[Any, ...] | None = database.execute(query, (host,)).fetchone()
    if row is None:
        raise ToolError(f"there is no host `{host}`")
    return row


def _number(change: str) -> int:
    return int(change.removeprefix("CHG-"))
