"""What the workflow's tools do: three functions on purchasing's database."""

from contextlib import closing

from database import connect

from interlock import CallContext, Toolbox, ToolError

toolbox = Toolbox()


@toolbox.tool("vendors.lookup")
def look_up_vendor(name: str) -> dict[str, object]:
    """Whoever is not in the register is new to us: not approved, and of a risk nobody has looked at."""
    with closing(connect()) as database:
        row = database.execute("SELECT approved, risk FROM vendors WHERE name = ?", (name,)).fetchone()
    approved, risk = row or (False, "medium")
    return {"name": name, "approved": bool(approved), "risk": risk}


@toolbox.tool("finance.available")
def available_funds(cost_center: str) -> dict[str, object]:
    """What is left of a cost center's budget after the orders on it."""
    with closing(connect()) as database:
        row = database.execute('SELECT "left" FROM funds WHERE cost_center = ?', (cost_center,)).fetchone()
    if row is None:
        raise ToolError(f"there is no cost center `{cost_center}`")
    return {"cost_center": cost_center, "left": max(0, row[0])}


@toolbox.tool("purchases.order")
def place_order(request_id: str, vendor: str, cost_center: str, amount: int, call: CallContext) -> dict[str, object]:
    """Place an order, once per key: made again, the call finds the order that is already there."""
    order = (vendor, cost_center, amount)
    columns = "number, vendor, cost_center, amount"
    with closing(connect()) as database:
        database.execute("BEGIN IMMEDIATE")
        row = database.execute(f"SELECT {columns} FROM orders WHERE key = ?", (call.key,)).fetchone()
        if row is None:
            # A manager's yes lets a new vendor in: it joins the register with its first order, still not approved.
            database.execute("INSERT INTO vendors VALUES (?, 0, 'medium') ON CONFLICT DO NOTHING", (vendor,))
            row = database.execute(
                f"INSERT INTO orders (vendor, cost_center, amount, key) VALUES (?, ?, ?, ?) RETURNING {columns}",
                (*order, call.key),
            ).fetchone()
        database.execute("COMMIT")
    number, *placed = row
    if tuple(placed) != order:
        raise ToolError(f"request `{request_id}` has been ordered before, and not the same: {placed}")
    return {"number": f"PO-{number}"}
