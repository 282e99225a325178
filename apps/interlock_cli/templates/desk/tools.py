"""What the tools do. Each function belongs to the `tool` of that name in the .ilk file."""

import json
from pathlib import Path

from interlock import CallContext, Toolbox

toolbox = Toolbox()
LEDGER = Path(__file__).parent / ".interlock" / "credits.json"


@toolbox.tool("credits.give")
def give_credit(ticket: str, amount: int, call: CallContext) -> dict[str, object]:
    """Give a credit, once per key: made again, the call finds the credit that is already there."""
    given: dict[str, dict[str, object]] = json.loads(LEDGER.read_text()) if LEDGER.exists() else {}
    credit = given.setdefault(call.key, {"number": f"C{len(given) + 1}", "ticket": ticket, "amount": amount})
    LEDGER.parent.mkdir(exist_ok=True)
    LEDGER.write_text(json.dumps(given, indent=2))
    return {"number": credit["number"]}
