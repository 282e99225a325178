"""Programs in which something is done, or a workflow is run, for each row of a list."""

from run.texts import HEAD

ROWS = (
    HEAD
    + """
workflow w(ids: list<string max 20> max 5) {
  goal "the same for each of a few"
  budget { steps 40  tool_calls 20 }
  step pay calls pay.issue(id: r, amount: 10) for each r in ids max 5 width 2
  step think by clerk for each r in ids max 5 width 2 collect failures {
    task "think"
    returns { amount: int in 0..1_000 }
  }
  step ask asks boss for each r in ids.filter(r, r != "b") max 5 merge any {
    question "shall we?"
    returns { ok: bool }
  }
  end done { paid: size(pay), thought: think.filter(t, t.ok).size(), asked: size(ask) }
  end refused
  start -> pay grant pay.write after approval by boss within 1h
  pay -> think grant orders.read
  think -> ask
  ask -> done
  pay -> refused on denied
}
"""
)

SOME = (
    HEAD
    + """
workflow w(ids: list<string max 20> max 5) {
  goal "two of a few are enough"
  budget { steps 40  tool_calls 20 }
  step pay calls pay.issue(id: r, amount: 10) for each r in ids max 5 merge 2
  end done { paid: size(pay) }
  end short
  start -> pay grant pay.write
  pay -> done
  pay -> short on failure
}
"""
)

BUY = """
workflow buy(id: string max 20) {
  budget { steps 4  tool_calls 2 }
  step think by clerk { task "shall we?"  returns { ok: bool } }
  step pay calls pay.issue(id: id, amount: 10)
  step check asks boss { question "is it right?"  returns { ok: bool } }
  end bought { id: id, receipt: pay.id }
  end unwanted { id: id }
  end dropped gives up { because "dropped " + id }
  start -> think pass id
  think -> pay when think.ok grant pay.write
  think -> unwanted otherwise
  pay -> check
  check -> bought when check.ok
  check -> dropped otherwise
}
"""


def each(clauses: str, before: str = "", budget: str = "steps 40  tool_calls 20") -> str:
    """Return a program that runs `buy` for each row, with such clauses, and `before` in the route to it."""
    return (
        HEAD
        + f"""
workflow w(ids: list<string max 20> max 5) {{
  budget {{ {budget} }}
  step all runs buy(id: r) for each r in ids max 5 {clauses}
  end done {{ all: all }}
  end failed {{ kind: failure.kind, why: failure.message }}
  {"end refused" if before else ""}
  start -> all grant pay.write {before}
  all -> done
  all -> failed on failure
  all -> failed on over budget
  {"all -> failed on timeout" if "within" in clauses and "collect" not in clauses else ""}
  {"all -> refused on denied" if before else ""}
}}
"""
        + BUY
    )


TWICE = (
    HEAD
    + """
workflow w(ids: list<string max 20> max 5) {
  budget { steps 60  tool_calls 30 }
  step all runs buy(id: r) for each r in ids max 5 width 2 collect failures
  step first runs buy(id: r) for each r in ids.filter(r, r != "b") max 5 merge any within 2h
  end done { bought: all.filter(a, a.ok).size(), first: size(first) }
  end refused
  end late
  start -> all grant pay.write after approval by boss within 1h
  all -> first grant pay.write
  all -> refused on denied
  first -> done
  first -> late on timeout
}
"""
    + BUY
)

LATE_ROWS = each("width 1 collect failures within 1h").replace(
    'asks boss { question "is it right?"  returns { ok: bool } }', 'waits for event "checked" -> { ok: bool }'
)
