"""Programs in which a route back undoes what was done."""

from run.texts import HEAD

BACK = (
    HEAD
    + """
workflow w(ids: list<string max 20> max 5) {
  goal "what does not fit is taken back, and planned again"
  budget { steps 60  tool_calls 60  time 9h }
  step note calls orders.note(id: "n", text: "begun")
  step plan by clerk { task "plan"  returns { amount: int in 1..1_000 } }
  step pay calls pay.issue(id: "a", amount: plan.amount)
  step each calls pay.issue(id: r, amount: 10) for each r in ids max 5 width 2
  step shop runs buy(id: "b", amount: pay.id == "" ? 1 : plan.amount)
  step check asks boss { question "does it fit?"  returns { ok: bool, why: string max 20 } }
  end done { paid: pay.id }
  end failed
  start -> note grant orders.write
  note -> plan
  plan -> pay grant pay.write after approval by boss within 2h
  pay -> each grant pay.write
  each -> shop grant pay.write
  shop -> check pass plan.amount
  check -> done when check.ok
  check -> plan when !check.ok backtrack at most 2 times, then -> failed pass check.why
}
workflow buy(id: string max 20, amount: int in 1..1_000) {
  step send calls pay.issue(id: id, amount: amount)
  end bought
  start -> send grant pay.write
  send -> bought
}
"""
)

BESIDE = (
    HEAD
    + """
workflow w(id: string max 20) {
  goal "one branch goes back, the other stays"
  budget { steps 40  tool_calls 40 }
  step begin sets { at: 1 }
  step plan asks boss { question "what?"  returns { n: int in 0..10 } }
  step pay calls pay.issue(id: id, amount: 10)
  step check asks boss { question "good?"  returns { ok: bool } }
  step other calls pay.issue(id: id + "x", amount: 20)
  step more asks deputy { question "and here?"  returns { ok: bool } }
  step last sets { n: 1 }
  end done
  end failed
  start -> begin
  begin -> plan, other grant pay.write
  plan -> pay grant pay.write
  pay -> check
  check -> plan when !check.ok backtrack at most 1 times, then -> failed
  other -> more
  check, more -> last merge all
  last -> done
}
"""
)
