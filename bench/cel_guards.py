"""The guards of `bench/cel.py`: what they are in CEL, the same by hand in Python, and what they are evaluated for.

Both processes of the benchmark read this file, so it imports nothing but what Python has.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

STARTS = re.compile("^https://[a-z.]+/")

MINUTE = 60_000_000_000
NOW = 1_700_000_000_000_000_000


class Moment:
    """Stands for a timestamp; each contender gets its own kind in its place."""

    def __init__(self, nanoseconds: int) -> None:
        self.nanoseconds = nanoseconds

    def as_datetime(self) -> datetime:
        """What the others take for a timestamp."""
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=self.nanoseconds // 1000)


BINDINGS: dict[str, object] = {
    "args": {
        "amount": 4_200,
        "region": "uk",
        "note": "urgent: before noon",
        "path": "/srv/data/reports/2024.csv",
        "url": "https://api.example.com/v1/orders",
        "total": 900,
        "fee": 25,
        "recipients": ["ann@example.com", "bob@example.com", "eve@example.com", "joe@example.com"],
        "items": [{"sku": f"A{number}", "qty": number, "price": 9.5 * number} for number in range(8)],
    },
    "classify": {"topic": "billing", "confidence": 0.93},
    "principal": {"role": "clerk", "team": "emea", "limit": 5_000, "groups": ["staff", "support", "finance"]},
    "request": {"team": "emea", "status": "open", "priority": 3, "frozen": False, "at": Moment(NOW - 5 * MINUTE)},
    "budget": {"left": 1_000},
    "now": Moment(NOW),
}

Guard = Callable[[dict[str, dict[str, object]]], object]

GUARDS: tuple[tuple[str, Guard], ...] = (
    (
        "args.amount > 0 && args.amount <= 10000",
        lambda b: b["args"]["amount"] > 0 and b["args"]["amount"] <= 10_000,
    ),
    (
        'classify.topic == "billing" && classify.confidence >= 0.8',
        lambda b: b["classify"]["topic"] == "billing" and b["classify"]["confidence"] >= 0.8,
    ),
    (
        'args.region in ["eu", "uk", "ch"] && args.amount < 5000',
        lambda b: b["args"]["region"] in ("eu", "uk", "ch") and b["args"]["amount"] < 5_000,
    ),
    (
        'principal.role == "admin" || principal.team == request.team && args.amount <= principal.limit',
        lambda b: (
            b["principal"]["role"] == "admin"
            or (b["principal"]["team"] == b["request"]["team"] and b["args"]["amount"] <= b["principal"]["limit"])
        ),
    ),
    (
        'has(args.note) && args.note.startsWith("urgent")',
        lambda b: "note" in b["args"] and b["args"]["note"].startswith("urgent"),
    ),
    (
        'args.recipients.all(r, r.endsWith("@example.com"))',
        lambda b: all(r.endswith("@example.com") for r in b["args"]["recipients"]),
    ),
    (
        "args.items.exists(i, i.qty > 5 && i.price > 60.0)",
        lambda b: any(i["qty"] > 5 and i["price"] > 60.0 for i in b["args"]["items"]),
    ),
    (
        '"finance" in principal.groups && !request.frozen',
        lambda b: "finance" in b["principal"]["groups"] and not b["request"]["frozen"],
    ),
    (
        'args.path.startsWith("/srv/data/") && !args.path.contains("..")',
        lambda b: b["args"]["path"].startswith("/srv/data/") and ".." not in b["args"]["path"],
    ),
    (
        'args.url.matches("^https://[a-z.]+/")',
        lambda b: STARTS.search(b["args"]["url"]) is not None,
    ),
    (
        "size(args.items) <= 20 && args.total + args.fee <= budget.left",
        lambda b: len(b["args"]["items"]) <= 20 and b["args"]["total"] + b["args"]["fee"] <= b["budget"]["left"],
    ),
    (
        'now - request.at < duration("1h")',
        lambda b: b["now"].nanoseconds - b["request"]["at"].nanoseconds < 60 * MINUTE,
    ),
    (
        'request.status != "closed" && (request.priority >= 3 ? args.amount < 5000 : args.amount < 1000)',
        lambda b: (
            b["request"]["status"] != "closed"
            and (b["args"]["amount"] < 5_000 if b["request"]["priority"] >= 3 else b["args"]["amount"] < 1_000)
        ),
    ),
)


def with_moments(value: object, of: Callable[[Moment], object]) -> object:
    """Return a copy of the bindings with moments turned into a contender's own."""
    if isinstance(value, Moment):
        return of(value)
    if isinstance(value, dict):
        return {key: with_moments(item, of) for key, item in value.items()}
    return [with_moments(item, of) for item in value] if isinstance(value, list) else value
