"""Programs that the tests of the compiler share."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLES = {
    path.stem: text
    for path in sorted((ROOT / "examples").glob("*/*.ilk"))
    if "\nworkflow " in (text := path.read_text())
}
"""The examples that have a workflow."""
GUIDE = [
    block
    for page in sorted((ROOT / "tests" / "language").glob("*.md"))
    for block in re.findall(r"^```ilk\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
]
"""The whole programs of the language guide, those with mistakes in them included."""

WHOLE = """
// refund.ilk: resolve a refund request inside policy.

type Request  { order_id: string   message: string @untrusted }
type Order    { id: string   total: int in 0..1_000_000   status: enum("paid", "shipped", "refunded") }
type Receipt  { id: string }

tool orders.get(order_id: string) -> Order {
  needs   orders.read
  effect  read
  timeout 5s   retry 3 times backoff 200ms..5s
}

tool refunds.issue(order_id: string, amount: int in 1..1_000_000) -> Receipt {
  needs      refunds.write
  effect     irreversible
  idempotent by order_id
  undo       refunds.void(receipt: result.id)
}

agent triage  { model "small" }
agent billing { model "large"   may orders.read, refunds.write }
role  supervisor   { reach "refunds-desk" }
role  duty_manager { reach "duty-phone" }

workflow refund(request: Request) {
  goal   "resolve the refund request inside policy"
  budget { steps 12   tool_calls 8   tokens 60_000   cost 0.50 usd   time 8h }

  step classify by triage {
    task    "decide what the customer wants"
    returns { topic: enum("billing", "shipping", "technical")   confidence: double in 0.0..1.0 }
  }
  step assess by billing {
    task    "look the order up and propose an amount"
    returns { amount: int in 0..1_000_000   reason: string }
  }
  step pay calls refunds.issue(order_id: request.order_id, amount: assess.amount)

  end refunded { amount: assess.amount }
  end declined { reason: assess.reason }
  end referred

  start    -> classify  pass request.message
  classify -> assess    when classify.topic == "billing" && classify.confidence >= 0.8
                        grant orders.read
                        pass request.order_id, classify.topic
  classify -> referred  otherwise
                        escalate to duty_manager because "not a clear refund request"

  assess   -> pay       when assess.amount > 0 && assess.amount <= 10_000
                        grant refunds.write where args.amount <= 10_000
  assess   -> pay       when assess.amount > 10_000
                        grant refunds.write
                        after approval by supervisor within 4h
                        escalate to duty_manager on expiry
  assess   -> declined  otherwise
  pay      -> refunded

  never refunds.issue where args.amount > 10_000 before approval by supervisor
}

policy refunds_desk {
  forbid refunds.issue when args.amount > 100_000               because "never automatic above 1,000.00"
  require approval by supervisor for refunds.issue when calls(refunds.issue).within("1h") >= 3
}

test "a large refund waits for a supervisor" {
  given   request { order_id: "A1", message: "please refund me" }
  agent   classify answers { topic: "billing", confidence: 0.93 }
  agent   assess   answers { amount: 25_000, reason: "damaged" }
  expect  waits for approval by supervisor
  then    supervisor approves
  expect  calls refunds.issue { order_id: "A1", amount: 25_000 }
  expect  ends refunded
}
"""
