"""The texts that several tests run."""

HEAD = """
type Order { id: string max 20   total: int in 0..1_000 }
type Receipt { id: string max 20 }
tool orders.get(id: string max 20) -> Order { needs orders.read  effect read  retry 2 times backoff 1s..4s }
tool orders.note(id: string max 20, text: string max 40) { needs orders.write  effect write }
tool pay.issue(id: string max 20, amount: int in 1..1_000) -> Receipt {
  needs pay.write  effect write  idempotent by id  retry 1 times backoff 1s..1s  undo pay.void(receipt: result.id)
}
tool pay.void(receipt: string max 20) {
  needs pay.write  effect write  idempotent by receipt  retry 1 times backoff 1s..1s
}
tool mail.send(text: string max 40) { needs mail.send  effect irreversible }
agent clerk { model "small"  may orders.read, pay.write, mail.send  tokens 1_000  turns 3 }
role boss { reach "boss" }
role deputy { reach "deputy" }
"""

AGENT = (
    HEAD
    + """
workflow w(id: string max 20, secret: string max 20) {
  goal "an agent with tools"
  budget { steps 10  tool_calls 4  tokens 3_000 }
  step work by clerk { task "work"  returns { amount: int in 0..1_000 } }
  end done { amount: work.amount }
  end lost
  start -> work grant orders.read grant pay.write where args.amount <= 100 pass id
  work -> done
  work -> lost on failure
}
policy desk {
  forbid pay.issue when args.amount == 13 because "unlucky"
  require approval by boss within 1h for pay.issue when args.amount > 50
  limit orders.get to 2 per 1h for each run
}
"""
)

PAY = (
    HEAD
    + """
workflow w(id: string max 20, amount: int in 0..1_000) {
  goal "one call, approved on the way"
  budget { steps 10  tool_calls 10  time 10h }
  step pay calls pay.issue(id: id, amount: amount)
  end paid { receipt: pay.id }
  end refused
  end slow
  start -> pay when amount <= 100 grant pay.write
  start -> pay otherwise
    grant pay.write
    after approval by boss within 1h
    escalate to deputy on expiry because "the boss is away"
  pay -> paid
  pay -> refused on denied
  pay -> slow on timeout
  never pay.issue where args.amount > 500 before approval by boss
}
policy desk { forbid pay.issue when args.amount > 900 because "never" }
"""
)

PAYMENT = (
    HEAD
    + """
workflow w(id: string max 20, amount: int in 1..1_000) {
  budget { steps 10  tool_calls 10  time 10h }
  step pay calls pay.issue(id: id, amount: amount)
  end paid { receipt: pay.id }
  end refused
  end slow
  start -> pay grant pay.write
  pay -> paid
  pay -> refused on denied
  pay -> slow on failure
}
"""
)

TRAVEL = (
    HEAD
    + """
workflow w(id: string max 20) {
  goal "two payments and a letter; what was paid is paid back when it goes wrong"
  budget { steps 20  tool_calls 10 }
  step first calls pay.issue(id: id, amount: 10)
  step second calls pay.issue(id: id + "-b", amount: 20)
  step tell calls mail.send(text: "done")
  end done
  start -> first grant pay.write
  first -> second grant pay.write
  second -> tell grant mail.send
  tell -> done
}
"""
)

MEETING = """
workflow w(n: int in 0..10) {
  goal "three at once, two are enough"
  budget { steps 20 }
  step a asks boss { question "a?" returns { ok: bool } }
  step b asks boss { question "b?" returns { ok: bool } }
  step c asks boss { question "c?" returns { ok: bool } }
  step after asks boss { question "after?" returns { ok: bool } }
  end done
  start -> a, b, c
  a, b, c -> after merge 2 of 3
  after -> done
}
role boss { reach "boss" }
"""

LOOP = """
role boss { reach "boss" }
workflow w(n: int in 0..10) {
  goal "back at most twice"
  budget { steps 20 }
  step draft asks boss { question "draft?" returns { ok: bool } }
  step editor asks boss { question "editor?" returns { ok: bool } }
  end done
  start -> draft
  draft -> draft when !draft.ok at most 2 times, then -> editor
  draft -> done otherwise
  editor -> done
}
"""

FORK = (
    HEAD
    + """
workflow w(id: string max 20) {
  goal "a payment, a letter and a question at once; whoever ends first ends it"
  budget { steps 20  tool_calls 10  time 3h }
  step pay calls pay.issue(id: id, amount: 10)
  step tell calls mail.send(text: "hello")
  step ask asks boss { question "go on?" returns { ok: bool } within 1h }
  step look calls orders.get(id: id)
  end done
  end late
  end lost
  end stopped
  start -> pay, tell, ask grant pay.write, mail.send
  pay -> look after approval by boss within 1h grant orders.read
  look -> done
  look -> lost on failure
  tell -> stopped on failure
  ask -> late on expiry
  tell, ask -> stopped merge all
}
"""
)

GATES = (
    HEAD
    + """
workflow w(id: string max 20, n: int in 0..10) {
  goal "an approval on the way into each kind of step"
  budget { steps 20  tool_calls 10  tokens 10_000  time 9h }
  step set sets { n: n }
  step look decides size(n: n)
  step think by clerk { task "think"  returns { amount: int in 0..1_000 } }
  step ask asks boss { question "go on?" returns { ok: bool } within 1h }
  step pay calls pay.issue(id: id, amount: 10)
  end done
  end lost
  end late
  start -> set after approval by boss within 1h
  set -> look after approval by boss within 1h
  set -> lost on denied
  look -> think after approval by boss within 1h grant orders.read pass id
  look -> lost on denied
  think -> ask after approval by 2 of boss within 1h escalate to deputy on expiry
  think -> lost on denied
  think -> lost on failure
  think -> late on over budget
  ask -> pay after approval by boss within 1h grant pay.write
  ask -> lost on denied
  pay -> done after approval by deputy within 1h
  pay -> lost on denied
  pay -> lost on failure
}
table size(n: int in 0..10) -> { name: string max 10 } {
  when > 5 then "large"
  otherwise then "small"
}
policy desk { require approval by deputy within 3h for pay.issue when args.amount > 5 }
"""
)

WAITS = """
tool mail.send(text: string) { needs mail.send  effect irreversible  idempotent by text }

workflow tell(id: string) {
  step pause waits for 10m
  step told waits for event "told" -> { n: int } where event.n == 2 within 2d
  step quiet waits until now + duration("90s")
  step send calls mail.send(text: id)
  end done { n: told.n }
  end late

  start -> pause
  pause -> told
  told -> quiet
  told -> late on expiry
  quiet -> send grant mail.send
  send -> done
}
"""

NESTED = (
    HEAD
    + """
workflow w(id: string max 20) {
  goal "a payment inside, twice; what is done inside is undone there when it goes wrong"
  budget { steps 30  tool_calls 20  time 8h }
  step note calls orders.note(id: id, text: "begun")
  step shop runs buy(id: id, amount: 10)
  step again runs buy(id: id + "-b", amount: 20)
  step tell calls mail.send(text: again.end == "bought" ? "done" : "nothing")
  end done { first: shop.end, second: has(again.receipt) ? again.receipt : "" }
  end stopped
  start -> note grant orders.write
  note -> shop grant pay.write, orders.write
  shop -> again grant pay.write, orders.write after approval by boss within 2h
  shop -> stopped on failure
  shop -> stopped on over budget
  again -> tell grant mail.send
  again -> stopped on failure
  again -> stopped on denied
  tell -> done
}
workflow buy(id: string max 20, amount: int in 1..1_000) {
  budget { steps 12  tool_calls 9  tokens 5_000  time 6h }
  step think by clerk { task "may it be bought?" returns { ok: bool } }
  step paid runs pay(id: id, amount: amount)
  step write calls orders.note(id: id, text: "bought")
  end bought { receipt: paid.receipt }
  end kept
  end refused gives up { because "not at this price" }
  start -> think pass id
  think -> paid when think.ok grant pay.write
  think -> kept otherwise
  paid -> write grant orders.write
  paid -> refused on failure
  write -> bought
}
workflow pay(id: string max 20, amount: int in 1..1_000) {
  step send calls pay.issue(id: id, amount: amount)
  step check asks boss { question "has it come?" returns { ok: bool } within 3h }
  end paid { receipt: send.id }
  end lost gives up { because "it has not come" }
  start -> send grant pay.write
  send -> check
  check -> paid when check.ok
  check -> lost otherwise
}
policy desk { forbid pay.issue when args.amount > 900 because "never" }
"""
)
