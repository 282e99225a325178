"""Tests of policies: what is decided on each call of a session, and what such a test says where it does not hold."""

import pytest

from interlock.testing.coverage import coverage
from interlock.testing.runner import run_test
from interlock_dsl.compiler.compile import compile_text

BANK = """
tool pay(to: string, cents: int in 1..1_000) -> { id: string } { needs money.send  effect write  idempotent by to }
agent teller { may money.send }
role boss { reach "desk" }
role bank { reach "bank" }
policy money {
  permit pay by teller when "clerk" in principal.roles
  forbid pay when args.to == "evil" because "not to evil"
  require approval by 2 of boss within 1h for pay when args.cents > 500
  require approval by bank for pay when args.cents > 900
}
"""


def said(body: str, head: str = 'by teller for "ann" roles ["clerk"]') -> list[str]:
    """Run one test of the bank's policy, and return what failed."""
    program = compile_text(f'{BANK}test "t" {{\n{head}\n{body}\n}}\n')
    return [message for _, message in run_test(program, program.tests[0]).failures]


LARGE = 'call pay { to: "bob", cents: 600 }\n'


@pytest.mark.parametrize(
    "body",
    [
        'call pay { to: "bob", cents: 5 } expect allows expect calls pay { cents: 5 }',
        'call pay { to: "evil", cents: 5 } expect denies expect never calls pay expect denied pay',
        'call pay { to: "evil", cents: 5 } expect denies because "not to evil"',
        'call pay { to: "evil", cents: 5 } expect denies by "money/forbid#1"',
        'call pay { to: "bob", cents: 5_000 } expect denies',
        f"{LARGE} expect asks 2 of boss then boss approves then boss approves {LARGE} expect allows",
        f"{LARGE} expect asks 2 of boss then boss approves {LARGE} expect asks 2 of boss",
        f"{LARGE} then boss approves then boss approves {LARGE} expect allows {LARGE} expect asks 2 of boss",
        f"{LARGE} then boss denies {LARGE} expect denies then 2h pass {LARGE} expect asks 2 of boss",
        f"{LARGE} then boss approves then boss approves then 2h pass {LARGE} expect asks 2 of boss",
    ],
)
def test_what_holds(body: str) -> None:
    assert said(body) == []


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        ('call pay { to: "evil", cents: 5 } expect allows', "to be allowed, but it is denied"),
        ('call pay { to: "bob", cents: 5 } expect denies', "to be denied, but it is allowed"),
        ('call pay { to: "evil", cents: 5 } expect denies because "late"', 'denied because "late", but it is denied'),
        (f"{LARGE} expect asks boss", "only once boss approved it, but 2 of boss is asked"),
        (f"{LARGE} expect asks 2 of bank", "only once 2 of bank approved it, but 2 of boss is asked"),
        ('call pay { to: "bob", cents: 5 } then boss approves expect allows', "but nobody is asked"),
        (f"{LARGE} then bank approves expect denies", "expected bank to be asked for an approval, but only boss is"),
        (f"{LARGE} then 2h pass then boss approves expect denies", "was not accepted"),
    ],
)
def test_what_does_not_hold_says_what_there_is_instead(body: str, failure: str) -> None:
    messages = said(body)
    assert messages and failure in messages[0]


def test_limits_beyond_a_session_count() -> None:
    text = BANK.replace("  forbid", "  limit pay of args.cents to 100 per 1h for each principal\n  forbid", 1)
    test = """
    test "t" {
      by teller for "ann" roles ["clerk"]
      call pay { to: "a", cents: 60 }  expect allows
      call pay { to: "b", cents: 60 }  expect denies by "money/limit#1"
      call pay { to: "c", cents: 40 }  expect allows
      then 2h pass
      call pay { to: "d", cents: 100 }  expect allows
    }
    """
    program = compile_text(text + test)
    assert run_test(program, program.tests[0]).failures == ()


def test_who_asks() -> None:
    small = 'call pay { to: "bob", cents: 5 }'
    assert said(f"{small} expect denies", 'by teller for "ann"') == []
    assert said(f"{small} expect denies {small} by teller expect allows", 'for "ann" roles ["clerk"]') == []
    assert said(f"{small} expect denies", "") == []


def test_a_failing_tool_is_called_all_the_same() -> None:
    assert said('tool pay fails "closed" call pay { to: "bob", cents: 5 } expect allows expect calls pay') == []


def test_coverage_counts_what_determines_a_decision() -> None:
    text = BANK + 'test "small" { by teller for "a" roles ["clerk"] call pay { to: "b", cents: 5 } expect allows }'
    program = compile_text(text)
    reached = {each.id: each.reached for each in coverage(program, [(t, run_test(program, t)) for t in program.tests])}
    assert reached == {
        "money/permit#1": True, "money/forbid#1": False, "money/require#1": False, "money/require#2": False,
    }  # fmt: skip


def test_coverage_counts_the_rules_of_workflows() -> None:
    program = compile_text("""
    tool pay.out(n: int in 0..9) { needs pay.write effect write idempotent by n }
    workflow send(n: int in 0..9) {
      step a calls pay.out(n: n)
      end done
      end refused
      start -> a grant pay.write
      a -> done
      a -> refused on denied
      forbid pay.out when args.n > 5
      forbid pay.out when args.n > 7
    }
    test "six" of send { given n 6 expect ends refused }
    """)
    found = coverage(program, [(test, run_test(program, test)) for test in program.tests])
    rules = [(each.id, each.workflow, each.reached) for each in found if "forbid" in each.id]
    assert rules == [("send/forbid#1", "", True), ("send/forbid#2", "", False)]


def test_coverage_of_routes_tells_ways_out_apart() -> None:
    text = """
    workflow look(n: int in 0..9) {
      step a sets { n: n }
      end done
      end tired
      start -> a
      a -> a when n > 5 at most 2 times, then -> tired
      a -> done otherwise
    }
    test "none" of look { given n 1 expect ends done }
    """
    program = compile_text(text)
    results = [(test, run_test(program, test)) for test in program.tests]
    assert [(each.id, each.reached) for each in coverage(program, results)] == [
        ("start->a#1", True), ("a->a#1", False), ("a->a#1, then->tired", False), ("a->done#1", True),
    ]  # fmt: skip
    more = compile_text(text + 'test "many" of look { given n 9 expect ends tired }')
    results = [(test, run_test(more, test)) for test in more.tests]
    assert all(each.reached for each in coverage(more, results))


def test_who_was_told_instead_is_said() -> None:
    head = BANK.replace("policy money {", "policy money {\n  notify bank for pay")
    text = f'{head}test "t" {{ by teller for "ann" roles ["clerk"]\n call pay {{ to: "bob", cents: 5 }}\n%s }}\n'
    failed, met = (compile_text(text % f"expect notifies {role}") for role in ("boss", "bank"))
    assert run_test(met, met.tests[0]).failures == ()
    ((_, said),) = run_test(failed, failed.tests[0]).failures
    assert said == "expected boss to be notified, but only bank was"


@pytest.mark.parametrize(
    ("rule", "line", "failure"),
    [
        ("notify boss for pay", "never notifies bank", ""),
        ("notify boss for pay", "never notifies boss", "expected boss not to be notified, but boss was"),
        ("notify boss for pay when args.cents > 5", "never notifies boss", ""),
        ("redact args.to for pay", "redacts args.to of pay", ""),
        ("redact args for pay", "redacts args.to of pay", ""),
        ("redact args.to for pay", "redacts args of pay", "expected args of pay to be redacted, but only args.to is"),
        ("redact args.to for pay", "never redacts args.cents, result of pay", ""),
        ("redact args.to for pay when args.cents > 5", "never redacts args.to of pay", ""),
        ("redact args.to for pay", "never redacts args.cents, args.to of pay", "no args.cents and no args.to of pay"),
        (
            "redact args for pay",
            "never redacts args.to of pay",
            "expected no args.to of pay to be redacted, but args is",
        ),
        ("redact args.to, result.id for pay", "never redacts args of pay", "but args.to and result.id are"),
    ],
)
def test_what_is_told_and_hidden_is_expected_or_never(rule: str, line: str, failure: str) -> None:
    head = BANK.replace("policy money {", f"policy money {{\n  {rule}")
    body = f'by teller for "ann" roles ["clerk"]\n call pay {{ to: "bob", cents: 5 }}\n expect {line}'
    program = compile_text(f'{head}test "t" {{ {body} }}\n')
    found = [said for _, said in run_test(program, program.tests[0]).failures]
    assert len(found) == (failure != "") and all(failure in said for said in found)


def test_a_call_that_was_not_withheld_says_what_came_of_it_instead() -> None:
    rated = """tool l.make(n: int) { needs l.w  effect write  idempotent by n  timeout 5s  rate 9 per 1h }
    tool o.get() { needs o.x  effect read }
    policy p { permit l.make  limit l.make to 1 per 1h overall }
    """
    calls = ("call o.get {}", "call l.make { n: 1 }", "call l.make { n: 1 }\ncall l.make { n: 2 }")
    for call, instead in zip(calls, ("there was none", "it was made", "it was denied: "), strict=True):
        whole = compile_text(f'{rated}test "t" {{\n{call}\nexpect withheld l.make by rate\n}}\n')
        ((_, message),) = run_test(whole, whole.tests[0]).failures
        assert f"to be withheld by rate, but {instead}" in message
