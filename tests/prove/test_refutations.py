"""Promises that look kept or broken and are not: what is said of them is what the evaluator does."""

from checker.claims import replayed
from checker.examining import examined
from interlock_dsl.analysis.promises import State
from interlock_dsl.analysis.promises.judgement import Judgement
from interlock_dsl.analysis.reasoning.reasoner import Reasoner
from prove.test_promises import judgements

HEAD = """
tool pay(amount: int in 1..1_000) { needs money.write  effect irreversible  timeout 1h  cost 1.00 usd }
tool look() { needs money.read  effect read  timeout 9h  cost 2.00 usd }
role lead { reach "leads" }
"""


def judged(text: str) -> list[Judgement]:
    """Return what is shown of the promises, each run of a witness replayed."""
    found = judgements(HEAD + text, Reasoner())
    for each in found:
        if each.witness is not None and each.witness.rehearsed:
            assert replayed(HEAD + text, each.witness) == (), each
    return found


def states(text: str) -> list[State]:
    return [each.state for each in judged(text)]


def test_a_run_without_inputs_and_models_is_told() -> None:
    (found,) = judged("""workflow w() {
      step a calls look()
      end done
      start -> a grant money.read
      a -> done
      never look before approval by lead
    }""")
    assert found.state is State.REFUTED and found.witness is not None
    assert found.witness.rehearsed and found.witness.story == ()


def test_an_agent_with_one_exchange_calls_nothing() -> None:
    text = """agent clerk { model "small"  may money.write  turns %d  cost 0.10 usd  timeout 1m }
    workflow w(n: int) {
      step act by clerk { task "pay"  returns { ok: bool } }
      end done
      start -> act
        grant money.write
        pass n
      act -> done
      never pay before approval
      cost <= 0.10 usd
      ends within 1m
    }"""
    assert states(text % 1) == [State.PROVED] * 3
    assert State.PROVED not in states(text % 2)


def test_a_call_that_is_denied_takes_no_time_and_costs_nothing() -> None:
    text = """workflow w(n: int in 1..9) {
      step a calls look()
      step b calls pay(amount: n)
      end done
      end no
      start -> a grant money.read
      a -> b grant money.write
      a -> no on denied
      b -> done
      b -> no on denied
      ends within 9h
      cost <= 2.50 usd
    }"""
    assert states(text) == [State.REFUTED] * 2
    assert State.REFUTED not in states(text + "policy p { forbid look }")


def test_what_a_route_grants_no_scope_for_costs_nothing() -> None:
    text = """agent clerk { model "small"  may money.write, money.read  cost 0.10 usd  timeout 1m }
    workflow w(n: int) {
      %s
      step act by clerk { task "pay"  returns { ok: bool } }
      end done
      start -> act
        %s
        pass n
      act -> done
      cost <= 3.10 usd
    }"""
    assert states(text % ("", "")) == [State.PROVED]
    assert states(text % ("", "grant money.write")) == [State.UNKNOWN]
    assert states(text % ("budget { tool_calls 3 }", "grant money.write")) == [State.PROVED]
    assert states(text % ("budget { tool_calls 4 }", "grant money.write")) != [State.PROVED]
    assert states(text % ("budget { cost 3.00 usd }", "grant money.write")) == [State.PROVED]
    assert states(text % ("budget { cost 3.05 usd }", "grant money.write")) != [State.PROVED]


def test_what_calls_cost_is_told() -> None:
    text = """workflow w(n: int in 1..9) {
      step a calls pay(amount: n)
      step b calls pay(amount: n)
      end done
      end no
      start -> a grant money.write
      a -> b grant money.write
      b -> done
      b -> no on denied
      cost <= %s usd
    }"""
    assert states(text % "2.00") == [State.PROVED]
    (found,) = judged(text % "1.99")
    assert found.state is State.REFUTED and found.witness is not None
    assert found.witness.expects == ("expect denied pay", "expect ends no")


def test_how_late_people_answer_is_told() -> None:
    text = """workflow w(n: int in 1..9) {
      step a calls pay(amount: n)
      step b calls pay(amount: n)
      end done
      end no
      start -> a grant money.write after approval by lead within 5h
      a -> b grant money.write after approval by lead within 5h %s
      a -> no on denied
      b -> done
      b -> no on denied
      ends within %s
    }"""
    assert states(text % ("", "12h")) == [State.PROVED]
    for expiring in ("", "escalate to lead on expiry"):
        (found,) = judged(text % (expiring, "8h"))
        assert found.state is State.REFUTED and found.witness is not None and found.witness.rehearsed
        assert found.witness.story[-3:] == ("then 4h59m59s pass", "then lead approves", "then 3h1s pass")
    (found,) = judged(text % ("", "11h"))
    assert found.state is State.REFUTED and found.witness is not None and not found.witness.rehearsed


def test_a_join_that_does_not_wait_for_all_is_told() -> None:
    text = """agent clerk { model "small" }
    workflow w(n: int in 0..9) {
      step one by clerk { task "t"  returns { m: int in 0..9 } }
      step two by clerk { task "t"  returns { m: int in 0..9 } }
      step three by clerk { task "t"  returns { m: int in 0..9 } }
      step pick sets { m: has(one.m) ? one.m : 0 }
      step a calls pay(amount: pick.m + 1)
      end done
      end no
      start -> one, two, three
        pass n
      one, two, three -> pick
        merge %s
      pick -> a grant money.write
      a -> done
      a -> no on denied
      never pay where args.amount > 5 before approval
      never pay where args.amount > 10 before approval
      always pick.m < 9
      ends within 9 steps
      ends within 6h
      reaches done
    }"""
    for merge in ("any", "2 of 3"):
        found = judged(text % merge)
        assert [each.state for each in found] == [
            State.REFUTED, State.PROVED, State.REFUTED, State.PROVED, State.UNKNOWN, State.PROVED,
        ], merge  # fmt: skip
        assert all(each.witness is not None and each.witness.rehearsed for each in found if each.state == "refuted")


def test_what_every_branch_knows_is_known_after_a_join_that_waits_for_one() -> None:
    text = """agent clerk { model "small" }
    workflow w(n: int in 0..9) {
      step one by clerk { task "t"  returns { m: int in 0..9 } }
      step two by clerk { task "t"  returns { m: int in 0..9 } }
      step a calls pay(amount: 1)
      end done
      end low
      start -> one, two
        pass n
      one -> low when one.m < 3
      two -> low when two.m < 3
      one, two -> a merge any grant money.write
      a -> done
      always !has(one.m) || one.m >= 0
      never pay where !has(one.m) && !has(two.m) before approval
    }"""
    assert State.REFUTED not in states(text.replace("never pay where !has(one.m) && !has(two.m) before approval", ""))


def test_what_was_evaluated_before_may_leave_a_condition_without_a_value() -> None:
    """The sum over the list uses up what is evaluated about one event; the condition after it has no value then."""
    text = """tool fetch() -> { l: list<int in 0..9>%s } { needs money.read  effect read }
    workflow w(n: int in 1..9) {
      step a calls fetch()
      step s sets { many: size(a.l.filter(x, x %% 3 == 1)) }
      end done
      end no
      start -> a grant money.read
      a -> s
      s -> done when s.many >= 0
      s -> no otherwise
      s -> no on failure
    }"""
    for bound, certain in (("", False), (" max 5", True)):
        arrivals = examined(HEAD + text % bound).questions["w"].arrivals
        (failing,) = [route for route in arrivals.workflow.routes if route.link.decl.trigger == "failure"]
        assert any("s" in arrival.written for arrival in arrivals.taken(failing)) is not certain


def test_with_more_rules_than_can_be_told_apart_nothing_is_refuted_by_values_alone() -> None:
    rules = "\n".join(
        f'forbid pay when args.amount == {n} && calls(pay).within("1h") < 5 unless principal.name == "p{n}"'
        for n in range(1, 9)
    )
    text = f"""workflow w(n: int in 1..8) {{
      step a calls pay(amount: n)
      end done
      end no
      start -> a grant money.write
      a -> done
      a -> no on denied
      never pay before approval
    }}
    policy p {{ {rules} }}"""
    for each in judged(text):
        assert each.state is not State.REFUTED or (each.witness is not None and each.witness.rehearsed)
