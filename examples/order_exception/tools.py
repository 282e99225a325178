"""What the workflow's tools do: six functions on the shop's database."""

from contextlib import closing

from database import connect

from interlock import CallContext, Toolbox, ToolError

toolbox = Toolbox()


@toolbox.tool("stock.level")
def stock_level(sku: str) -> dict[str, object]:
    with closing(connect()) as database:
        row = database.execute("SELECT on_hand FROM products WHERE sku = ?", (sku,)).fetchone()
    if row is None:
        raise ToolError(f"there is no product `{sku}`")
    return {"sku": sku, "on_hand": row[0]}


@toolbox.tool("stock.alternatives")
def alternatives(sku: str) -> dict[str, object]:
    """What is in stock of the same family, the five nearest in price."""
    with closing(connect()) as database:
        rows = database.execute(
            """
            SELECT other.sku, other.name, other.on_hand, other.price
            FROM products AS wanted JOIN products AS other USING (family)
            WHERE wanted.sku = ? AND other.sku != wanted.sku AND other.on_hand > 0
            ORDER BY abs(other.price - wanted.price), other.sku LIMIT 5
            """,
            (sku,),
        ).fetchall()
    return {"items": [dict(zip(("sku", "name", "on_hand", "price"), row, strict=True)) for row in rows]}


@toolbox.tool("contracts.terms")
def contract_terms(order_id: str) -> dict[str, object]:
    with closing(connect()) as database:
        row = database.execute(
            """
            SELECT substitution, max_discount FROM orders JOIN customers ON customers.id = customer WHERE orders.id = ?
            """,
            (order_id,),
        ).fetchone()
    if row is None:
        raise ToolError(f"there is no order `{order_id}`")
    return {"substitution": row[0], "max_discount": row[1]}


@toolbox.tool("stock.reserve")
def reserve(order_id: str, sku: str, quantity: int, call: CallContext) -> dict[str, object]:
    """Take goods out of the free stock, once per key: made again, the call finds the reservation that is there."""
    with closing(connect()) as database:
        database.execute("BEGIN IMMEDIATE")
        made = database.execute(
            "INSERT INTO reservations (order_id, sku, quantity, key) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (order_id, sku, quantity, call.key),
        ).rowcount
        if made:
            enough = database.execute(
                "UPDATE products SET on_hand = on_hand - ? WHERE sku = ? AND on_hand >= ?", (quantity, sku, quantity)
            ).rowcount
            if not enough:
                raise ToolError(f"there are not {quantity} of `{sku}` in stock")
        number, reserved = database.execute(
            "SELECT number, quantity FROM reservations WHERE key = ? AND NOT released", (call.key,)
        ).fetchone()
        if reserved != quantity:
            raise ToolError(f"for order `{order_id}` {reserved} of `{sku}` are reserved already")
        database.execute("COMMIT")
    return {"id": f"V{number}"}


@toolbox.tool("stock.release")
def release(reservation: str) -> None:
    """Put reserved goods back. A second time changes nothing."""
    with closing(connect()) as database:
        database.execute("BEGIN IMMEDIATE")
        released = database.execute(
            "UPDATE reservations SET released = 1 WHERE number = ? AND NOT released RETURNING sku, quantity",
            (reservation[1:],),
        ).fetchone()
        if released is not None:
            sku, quantity = released
            database.execute("UPDATE products SET on_hand = on_hand + ? WHERE sku = ?", (quantity, sku))
        database.execute("COMMIT")


@toolbox.tool("orders.replace_item")
def replace_item(order_id: str, old_sku: str, new_sku: str, quantity: int, call: CallContext) -> dict[str, object]:
    """Change a line of an order, once per key. An order that is being packed is locked by the database: this fails."""
    with closing(connect()) as database:
        database.execute("BEGIN IMMEDIATE")
        row = database.execute("SELECT version FROM changes WHERE key = ?", (call.key,)).fetchone()
        if row is None:
            changed = database.execute(
                "UPDATE lines SET sku = ?, quantity = ? WHERE order_id = ? AND sku = ?",
                (new_sku, quantity, order_id, old_sku),
            ).rowcount
            if not changed:
                raise ToolError(f"order `{order_id}` has no line for `{old_sku}`")
            row = database.execute(
                "UPDATE orders SET version = version + 1 WHERE id = ? RETURNING version", (order_id,)
            ).fetchone()
            database.execute("INSERT INTO changes VALUES (?, ?, ?)", (call.key, order_id, row[0]))
        database.execute("COMMIT")
    return {"order_id": order_id, "version": row[0]}
