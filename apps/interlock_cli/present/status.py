"""How a run can stand, each with its colour."""

STATUSES = {"running": "work", "waiting": "wait", "ended": "good", "failed": "bad", "cancelled": "quiet"}
