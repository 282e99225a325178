"""The `test` blocks of the examples hold; and where one does not, it says what was expected and what was there."""

from itertools import product
from pathlib import Path

import pytest

from interlock.run.machine import Machine
from interlock.run.protocol.commands import SetTimer
from interlock.testing.runner import run_test
from interlock_dsl.compiler.compile import compile_text
from interlock_dsl.program.model import Program
from run.texts import AGENT, PAY

EXAMPLES = Path(__file__).parents[2] / "examples"


def _examples() -> list[tuple[Program, int]]:
    programs = [compile_text(path.read_text(), str(path)) for path in sorted(EXAMPLES.glob("*/*.ilk"))]
    return [(whole, number) for whole in programs for number in range(len(whole.tests))]


@pytest.mark.parametrize(("whole", "number"), _examples())
def test_the_examples_hold(whole: Program, number: int) -> None:
    result = run_test(whole, whole.tests[number])
    assert result.failures == ()
    assert result.passed
    assert result.events


def said(text: str, body: str) -> list[str]:
    """Run one test written under a text, and return its failures with their lines, counted within the test."""
    whole = compile_text(text + 'test "t" {\n' + body + "\n}\n")
    first = text.count("\n") + 1
    return [f"{span.line - first}: {message}" for span, message in run_test(whole, whole.tests[0]).failures]


LARGE = 'given id "A1"\ngiven amount 600\n'
SMALL = 'given id "A1"\ngiven amount 50\n'


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        (SMALL + "expect ends refused", "expected the run to end at `refused`, but it ended at `paid`"),
        (SMALL + "expect fails", "expected the run to fail, but it ended at `paid`"),
        (SMALL + "expect waits for approval by boss", "to wait for approval by boss, but it ended at `paid`"),
        (SMALL + "expect calls pay.void", "expected a call of pay.void, but it ended at `paid`"),
        (SMALL + 'expect calls pay.issue { id: "B" }', 'but it was called with {"id": "A1", "amount": 50}'),
        (SMALL + "expect never calls pay.issue", "expected no call of pay.issue, but it was called with"),
        (
            SMALL + "expect never calls pay.issue { amount: 50 }",
            'expected no call of pay.issue {"amount": 50}, but it was',
        ),
        (SMALL + "expect denied pay.issue", "expected a call of pay.issue to be denied, but it was decided: allow"),
        (SMALL + "expect escalates to deputy", "expected an escalation to deputy, but it ended"),
        (SMALL + "then boss approves", "expected the run to wait for approval by boss, but the run is ended"),
        (LARGE + "then deputy approves", "but the run waits for boss"),
        (LARGE + "expect ends paid", "but it waits for approval by boss"),
        (LARGE + "expect visits pay\nexpect ends paid", "but it waits for approval by boss"),
    ],
)
def test_a_failure_says_what_was_expected_and_what_was_there(body: str, failure: str) -> None:
    (found,) = said(PAY, body)
    assert failure in found
    assert found.startswith(f"{body.count(chr(10)) + 1}: ")


def test_time_passes_only_when_the_test_says_so() -> None:
    assert said(PAY, LARGE + "then 59m pass\nexpect waits for approval by boss") == []
    assert (
        said(PAY, LARGE + "then 1h pass\nexpect waits for approval by deputy\nthen deputy approves\nexpect ends paid")
        == []
    )
    assert said(PAY, LARGE + "then 2h pass\nexpect ends refused") == []


def test_the_principal_never_approves() -> None:
    assert said(PAY, LARGE + 'started by "a boss"\nthen boss approves\nexpect ends paid') == []


def test_retries_need_no_word_about_time() -> None:
    body = (
        SMALL + 'tool pay.issue fails "once"\ntool pay.issue returns { id: "R1" }\nexpect ends paid { receipt: "R1" }'
    )
    assert said(PAY, body) == []


WORK = 'given id "A1"\ngiven secret ""\n'


def test_an_agent_answers_from_the_script_and_nothing_else() -> None:
    assert "the test has no answer for it: write `agent " in said(AGENT, WORK + "expect ends done")[0]
    left = said(AGENT, WORK + 'agent work calls orders.get { id: "A1" }\nexpect ends done')[0]
    assert "no answer left" in left
    assert "write another line `agent " in left


def test_tools_without_a_script_return_a_smallest_value() -> None:
    script = WORK + 'agent work calls orders.get { id: "A1" }\nagent work answers { amount: 3 }\n'
    assert said(AGENT, script + "expect calls orders.get\nexpect ends done { amount: 3 }") == []


NIGHT = """
tool pay.send(cents: int in 1..1_000) { needs pay.write  effect irreversible }
agent clerk { model "m" }
role boss { reach "x" }
policy hours {
  forbid pay.send when now.getHours("UTC") >= 22 because "not at night"
  forbid pay.send unless "clerk" in principal.roles
  forbid pay.send when 10 / (args.cents - 5) > 100 because "divided"
}
workflow w(cents: int in 1..1_000) {
  step think by clerk { task "t"  returns { ok: bool } }
  step confirm asks boss { question "ok?"  returns { ok: bool } }
  step pay calls pay.send(cents: cents)
  end paid
  end refused
  end failed
  start -> think  pass cents
  think -> confirm
  think -> failed  on timeout
  confirm -> pay  grant pay.write
  pay -> paid
  pay -> refused  on denied
  pay -> failed  on failure
  never pay.send where args.cents > 900 before approval by boss
  always !confirm.ok || cents != 7
  ends within 2h
}
"""
ANSWERS = "agent think answers { ok: true }\nperson confirm answers { ok: true }\n"
CLERK = 'started by "ann" roles ["clerk"]\n'


@pytest.mark.parametrize(
    ("body", "failures"),
    [
        ('given cents 6\nexpect denied pay.send by "hours/forbid#2"', []),
        ('given cents 6\nexpect denied pay.send by "hours/forbid#1"', ["another reason", "[hours/forbid#2]"]),
        ('given cents 6\nexpect denied pay.send because "not at night"', ["denied for another reason"]),
        ('given cents 6\nexpect denied pay.send because "not at"', ["denied for another reason"]),
        (f'{CLERK}given cents 5\nexpect denied pay.send because "divided"', []),
        (f"{CLERK}given cents 6\nexpect ends paid", []),
        (f'{CLERK}given cents 6\nexpect denied pay.send because "not at night"', ["it was decided: allow"]),
        (f'{CLERK}given cents 6\ngiven now 2026-03-02T21:59:59Z\nexpect ends paid', []),
        (f'{CLERK}given cents 6\ngiven now 2026-03-02T22:00:00Z\nexpect denied pay.send because "not at night"', []),
        (f'{CLERK}given cents 6\ngiven now 2026-03-03T00:30:00+02:00\nexpect denied pay.send by "hours/forbid#1"', []),
        (f'{CLERK}given cents 901\nexpect denied pay.send by "w/never pay.send#1"', []),
        ('given cents 7\nexpect fails by "w/always#1"', []),
        ('given cents 7\nexpect fails', []),
        ('given cents 7\nexpect fails by "w/ends within"', ["to fail by w/ends within, but it failed: the promise"]),
        (f'{CLERK}given cents 8\nexpect fails by "w/always#1"', ["to fail by w/always#1, but it ended at `paid`"]),
        (f'{CLERK}given cents 6\ntool pay.send fails "closed"\nexpect ends failed', []),
        (f"{CLERK}given cents 6\ntool pay.send times out\nexpect ends failed", []),
        (f"{CLERK}given cents 6\nagent think answers {{ ok: true }}\nexpect ends paid", ["agent `think` was asked"]),
        (f"{CLERK}given cents 6\nperson confirm answers {{}}\nexpect ends paid", ["person `confirm` was asked"]),
    ],
)  # fmt: skip
def test_a_test_cannot_pass_for_another_reason(body: str, failures: list[str]) -> None:
    found = said(NIGHT, ANSWERS + body)
    assert len(found) == (1 if failures else 0), found
    assert all(failure in found[0] for failure in failures)


def test_a_model_fails_as_the_test_says() -> None:
    assert said(NIGHT, "given cents 6\nagent think times out\nexpect ends failed") == []
    (failure,) = said(NIGHT, 'given cents 6\nagent think fails "overloaded"\nexpect ends failed')
    assert "overloaded" in failure


MOMENTS = """
tool s.get(n: int) -> { v: int } { needs s.read  effect read  retry 2 times backoff RETRY }
role boss { reach "b" }
workflow w(n: int) {
  step get calls s.get(n: n) DEADLINE
  step patience waits for PAUSE
  step ask asks boss { question "?"  returns { ok: bool }  within EXPIRY }
  step news waits for event "news" within EXPIRY
  end got
  end late
  start -> get, patience, ask, news  grant s.read  pass n
  get -> got
  get -> late  on failure
  get -> late  on timeout
  patience -> late
  ask -> got
  ask -> late  on expiry
  news -> got
  news -> late  on expiry
}
"""


@pytest.mark.parametrize("deadline", ["", "within 3s", "within 9s"])
@pytest.mark.parametrize(("retry", "pause", "expiry"), [*product(("6s", "20s"), ("2s", "8s"), ("2s", "9s"))])
def test_no_moment_is_passed_over(deadline: str, retry: str, pause: str, expiry: str) -> None:
    text = MOMENTS.replace("DEADLINE", deadline).replace("RETRY", retry).replace("PAUSE", pause)
    for number, passes in enumerate(((), ("1s",), ("3s", "2s"), ("30s",))):
        time = " ".join(f"then {each} pass" for each in passes)
        text += f'test "{number}" {{ given n 1 tool s.get fails "down" {time} expect never visits ask#2 }}\n'
    whole = compile_text(text.replace("EXPIRY", expiry))
    for test in whole.tests:
        machine = Machine(whole)
        for event in run_test(whole, test).events:
            due = [command.at for command in machine.pending() if isinstance(command, SetTimer)]
            assert event.at <= min(due, default=event.at)
            machine.feed(event)


def test_what_comes_before_another_attempt_is_not_passed_over() -> None:
    text = MOMENTS.replace("DEADLINE", "").replace("RETRY", "20s").replace("PAUSE", "2s").replace("EXPIRY", "9s")
    fails = 'given n 1\ntool s.get fails "down"\ntool s.get returns { v: 5 }\n'
    assert said(text, fails + "then 2s pass\nexpect ends late") == []
    (waits,) = said(text, fails + "expect ends got")
    assert waits.endswith("the time of `patience` and another attempt: write `then DURATION pass`")
