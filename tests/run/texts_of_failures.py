"""Programs in which something fails: what a run gives up, tells, is late with, or asks elsewhere."""

from run.texts import HEAD, TRAVEL

ABANDONED = TRAVEL.replace(
    "  end done\n", '  end done\n  end gone gives up { because "nobody was told of " + id }\n'
).replace("  tell -> done\n", "  tell -> done\n  tell -> gone on failure\n")

FAILING = (
    HEAD
    + """
workflow w(id: string max 20) {
  goal "what failed decides, and is told"
  budget { steps 20  tool_calls 10 }
  step first calls pay.issue(id: id, amount: 10)
  step tell calls mail.send(text: "done")
  step told sets { how: failure.kind, often: failure.attempts }
  step ask asks boss { question "what now?" returns { ok: bool } within 1h }
  end done
  end gone gives up { because failure.step + ": " + failure.message }
  start -> first grant pay.write
  first -> tell grant mail.send
  tell -> done
  tell -> ask on failure when failure.attempts == 1 pass failure.message, failure.kind
  tell -> gone on failure otherwise
  ask -> told on expiry
  ask -> done
  told -> done
}
"""
)

LATE = (
    FAILING.replace("id: id, amount: 10)", "id: id, amount: 10) within 500ms")
    .replace("  tell -> done\n", "  tell -> done\n  first -> gone on timeout\n")
    .replace("failure.message }", "failure.kind }")
)

SPARE = (
    HEAD
    + """
tool orders.find(id: string max 20) -> Order { needs orders.read  effect read  fallback orders.spare(order: id) }
tool orders.spare(order: string max 20) -> Order { needs orders.read  effect read  retry 1 times backoff 1s..1s }
workflow w(id: string max 20) {
  goal "found in one place or the other"
  budget { steps 20  tool_calls 10 }
  step look calls orders.find(id: id)
  step first calls pay.issue(id: id, amount: 10)
  end done { total: look.total }
  start -> look grant orders.read
  look -> first grant pay.write
  first -> done
}
"""
)

COUNTED = (
    HEAD.replace(
        "idempotent by id  retry 1 times",
        "rate 5 per 1m  breaker opens after 3 failures within 1m for 30s  timeout 10s  idempotent by id  retry 3 times",
    )
    + """
workflow w(id: string max 20) {
  step pay calls pay.issue(id: id, amount: 10)
  end done { receipt: pay.id }
  end failed
  start -> pay grant pay.write
  pay -> done
  pay -> failed on failure
}
"""
)
"""A tool whose attempts are let through one by one."""
