"""The refund desk of the examples with tools that remember what was done, and scripts for its models."""

from pathlib import Path

from interlock import Answers, CallContext, MemoryJournal, Program, Runtime, SqliteJournal, Toolbox, compile_sources

EXAMPLE = Path(__file__).parents[2] / "examples" / "refund" / "refund.ilk"
REQUEST = {"request": {"order_id": "A1", "message": "please refund me"}}
HOUR = 3_600_000_000


def refund_program() -> Program:
    return compile_sources({"refund.ilk": EXAMPLE.read_text()})


class Desk:
    """Orders and refunds; `done` is every effect that took place, by key."""

    def __init__(self) -> None:
        self.done: dict[str, str] = {}
        self.calls: list[tuple[str, str]] = []

    def toolbox(self) -> Toolbox:
        toolbox = Toolbox()

        @toolbox.tool("orders.get")
        def get(order_id: str, call: CallContext) -> dict[str, object]:
            self.calls.append(("orders.get", call.key))
            return {"id": order_id, "customer": "c1", "total": 50_000, "status": "paid"}

        @toolbox.tool("refunds.issue")
        async def issue(order_id: str, amount: int, call: CallContext) -> dict[str, object]:
            self.calls.append(("refunds.issue", call.key))
            return {"id": self.done.setdefault(call.key, f"R-{order_id}-{amount}")}

        @toolbox.tool("refunds.void")
        def void(receipt: str) -> None:
            self.calls.append(("refunds.void", receipt))

        return toolbox


def script(amount: int = 4_200) -> dict[str, object]:
    return {
        "classify": {"answers": {"topic": "billing", "confidence": 0.93}},
        "assess": [
            {"calls": {"orders.get": {"order_id": "A1"}}},
            {"answers": {"amount": amount, "reason": "arrived damaged"}},
        ],
    }


PROGRAM = refund_program()


def desk_runtime(journal: MemoryJournal | SqliteJournal, desk: Desk, amount: int = 4_200, **more: object) -> Runtime:
    return Runtime(journal, PROGRAM, tools=desk.toolbox(), models=Answers(script(amount)), **more)  # type: ignore[arg-type]
