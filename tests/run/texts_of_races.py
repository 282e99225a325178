"""Programs in which branches race."""

from run.texts import HEAD

RACE = (
    HEAD
    + """
workflow w(n: int) {
  step a1 calls pay.issue(id: "a1", amount: 1)
  step a2 by clerk { task "look"  returns { ok: bool } }
  step b1 calls pay.issue(id: "b1", amount: 1)
  step b2 calls pay.issue(id: "b2", amount: 1)
  step pause waits for 10m
  step pick sets { who: has(a2.ok) ? "a" : has(b2.id) ? "b" : "nobody", a1: has(a1.id), b1: has(b1.id) }
  end done { who: pick.who, a1: pick.a1, b1: pick.b1 }

  start -> a1, b1, pause grant pay.write
  a1 -> a2 pass n
  b1 -> b2 grant pay.write
  a2, b2, pause -> pick merge first
  pick -> done
}
"""
)

RIVALS = (
    HEAD
    + """
workflow w(n: int) {
  step inner runs pay(n: n)
  step many calls pay.issue(id: r, amount: 1) for each r in ["x", "y"] max 2
  step a by clerk { task "a"  returns { ok: bool } }
  step c sets { ok: has(a.ok), ran: has(inner.end) }
  end done { ok: c.ok, ran: c.ran }

  start -> a, inner, many grant pay.write pass n
  a, inner, many -> c merge first
  c -> done
}
workflow pay(n: int) {
  step one calls pay.issue(id: "i", amount: 1)
  step two by clerk { task "two"  returns { ok: bool } }
  end paid
  start -> one grant pay.write
  one -> two pass n
  two -> paid
}
"""
)

RUNNERS = (
    HEAD
    + """
workflow w(n: int) {
  step a1 calls pay.issue(id: "a1", amount: 1)
  step a2 calls pay.issue(id: "a2", amount: 1)
  step many calls pay.issue(id: r, amount: 1) for each r in ["x", "y"] max 2
  step told waits for event "never"
  step inner runs waiter(n: n)
  step pause waits for 10m
  step c sets { a: has(a2.id), many: has(inner.end) }
  end done { a: c.a, many: c.many }

  start -> a1, many, inner, pause grant pay.write
  a1 -> a2 grant pay.write
  many -> told
  a2, told, inner, pause -> c merge first
  c -> done
}
workflow waiter(n: int) {
  step one calls pay.issue(id: "i", amount: 1)
  step told waits for event "never"
  end paid
  start -> one grant pay.write
  one -> told
  told -> paid
}
"""
)
