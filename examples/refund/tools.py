"""What the workflow's tools do: three functions on the shop's database."""

from contextlib import closing

from database import connect

from interlock import CallContext, Toolbox, ToolError

toolbox = Toolbox()


@toolbox.tool("orders.get")
def get_order(order_id: str) -> dict[str, object]:
    with closing(connect()) as database:
        row = database.execute("SELECT id, customer, total, status FROM orders WHERE id = ?", (order_id,)).fetchone()
    if row is None:
        raise ToolError(f"there is no order `{order_id}`")
    return dict(zip(("id", "customer", "total", "status"), row, strict=True))


@toolbox.tool("refunds.issue")
def issue_refund(order_id: str, amount: int, call: CallContext) -> dict[str, object]:
    """Pay a refund, once per key: made again, the call finds the refund that is already there."""
    with closing(connect()) as database:
        database.execute("BEGIN IMMEDIATE")
        order = database.execute("SELECT total, status FROM orders WHERE id = ?", (order_id,)).fetchone()
        if order is None:
            raise ToolError(f"there is no order `{order_id}`")
        total, status = order
        if amount > total:
            raise ToolError(f"order `{order_id}` cost {total}, less than the {amount} to be refunded")
        database.execute(
            "INSERT INTO refunds (order_id, amount, key, run, was) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (order_id, amount, call.key, call.run, status),
        )
        number, paid = database.execute(
            "SELECT number, amount FROM refunds WHERE key = ? AND NOT voided", (call.key,)
        ).fetchone()
        if paid != amount:
            raise ToolError(f"order `{order_id}` has already been refunded, with {paid}")
        database.execute("UPDATE orders SET status = 'refunded' WHERE id = ?", (order_id,))
        database.execute("COMMIT")
    return {"id": f"R{number}"}


@toolbox.tool("refunds.void")
def void_refund(receipt: str) -> None:
    """Take a refund back; the order is again what it was before. A second time changes nothing."""
    with closing(connect()) as database:
        database.execute("BEGIN IMMEDIATE")
        refund = database.execute(
            "UPDATE refunds SET voided = 1 WHERE number = ? AND NOT voided RETURNING order_id, was", (receipt[1:],)
        ).fetchone()
        if refund is not None:
            order_id, was = refund
            database.execute("UPDATE orders SET status = ? WHERE id = ?", (was, order_id))
        database.execute("COMMIT")
