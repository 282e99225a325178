"""What other languages write about steps, branches, rows, waits and failures is answered, and fixed."""

import pytest

from interlock_dsl.compiler.compile import check
from interlock_dsl.compiler.fix import fix

PROGRAM = """tool hosts.stop(host: string) {{ needs hosts.write  effect write  {tool} }}
tool hosts.start(host: string) {{ needs hosts.write  effect write }}
tool hosts.look(host: string) -> {{ up: bool }} {{ needs hosts.read  effect read  {read} }}
tool hosts.copy(host: string) -> {{ up: bool }} {{ needs hosts.read  effect read }}
agent clerk {{ model "large"  {agent} }}

workflow inner(n: int) {{
  step once by clerk {{ task "Once."  returns {{ ok: bool }} }}
  end right {{ ok: once.ok }}

  start -> once
  once -> right
}}

workflow outer(hosts: list<string> max 20, due: timestamp, {input}) {{
  step plan by clerk {{ task "Plan."  returns {{ ok: bool }} }}
  step look calls hosts.look(host: host) {rows}
  step stop calls hosts.stop(host: "a") {deadline}
  {inner}
  {wait}
  step left by clerk {{ task "Left."  returns {{ ok: bool }} }}
  step right by clerk {{ task "Right."  returns {{ ok: bool }} }}
  step third by clerk {{ task "Third."  returns {{ ok: bool }} }}
  step sum by clerk {{ task "Sum."  returns {{ ok: bool }} }}
  end done
  {end}

  start -> plan
  plan -> look
    grant hosts.read
  look -> stop
    grant hosts.write
  stop -> inside
  {trigger}
  inside -> wait
  wait -> left, right, third
  {join}
  sum -> plan when !sum.ok
    {back} -> failed
  sum -> done when sum.ok
}}
"""
RIGHT = {
    "input": "names: list<string> @pii",
    "tool": "undo hosts.start(host: host)",
    "read": "timeout 10s",
    "agent": "tokens 9_000",
    "rows": "for each host in hosts max 20",
    "deadline": "within 5m",
    "inner": "step inside runs inner(n: 1)",
    "wait": "step wait waits for 5m",
    "end": 'end failed gives up { because "no" }',
    "trigger": "stop -> failed on failure",
    "join": "left, right, third -> sum merge all",
    "back": "backtrack at most 2 times, then",
}
JUDGE = 'step judge by clerk { task "Judge."  returns { ok: bool } } judge -> sum '
EVENT = 'step wait waits for event "due" within 2d  wait -> done on expiry'
OPENS = "after 5 failures within 1m for 30s"
FORMS = [
    ("input", "names: list<string @pii>", "names: list<string> @pii"),
    ("input", "names: list<string @pii @untrusted> max 3", "names: list<string> max 3 @pii @untrusted"),
    ("input", "names: map<string, string @pii>", "names: map<string, string> @pii"),
    ("back", "backtrack to plan at most 2 times, then", "backtrack at most 2 times, then"),
    ("back", "backtrack at most once, then", "backtrack at most 1 times, then"),
    ("back", "at most twice, then", "at most 2 times, then"),
    ("back", "backtrack 2 times, then", "backtrack at most 2 times, then"),
    ("back", "at most 2 times, otherwise", "at most 2 times, then"),
    ("read", f"timeout 9s breaker {OPENS}", f"timeout 9s breaker opens {OPENS}"),
    ("read", f"timeout 9s circuit breaker {OPENS}", f"timeout 9s breaker opens {OPENS}"),
    ("read", "rate 100/1m", "rate 100 per 1m"),
    ("read", "rate 100/s", "rate 100 per 1s"),
    ("read", "rate limit 100 per 1m", "rate 100 per 1m"),
    ("read", "limit 100 per 1m", "rate 100 per 1m"),
    ("read", "fallback to hosts.copy(host: host)", "fallback hosts.copy(host: host)"),
    ("read", "retries 3", "retry 3 times"),
    ("read", "retry 3", "retry 3 times"),
    ("read", "retry at most 3 times", "retry 3 times"),
    ("agent", 'fallback to "small"', 'fallback "small"'),
    ("agent", 'fallback model "small"', 'fallback "small"'),
    ("tool", "compensate with hosts.start(host: host)", "undo hosts.start(host: host)"),
    ("tool", "compensation hosts.start(host: host)", "undo hosts.start(host: host)"),
    ("tool", "rollback hosts.start(host: host)", "undo hosts.start(host: host)"),
    ("tool", "undo by hosts.start(host: host)", "undo hosts.start(host: host)"),
    ("join", "left, right, third -> sum merge race", "left, right, third -> sum merge first"),
    ("join", "left, right, third -> sum merge fastest", "left, right, third -> sum merge first"),
    ("join", "left, right, third -> sum merge first wins", "left, right, third -> sum merge first"),
    ("join", "race left, right, third -> sum", "left, right, third -> sum merge first"),
    ("join", "left, right, third -> sum race", "left, right, third -> sum merge first"),
    ("join", "left, right, third -> sum join any", "left, right, third -> sum merge any"),
    ("join", "left, right, third -> sum merge one", "left, right, third -> sum merge any"),
    ("join", "left, right, third -> sum merge 2", "left, right, third -> sum merge 2 of 3"),
    ("join", "left, right, third -> sum merge at least 2", "left, right, third -> sum merge 2 of 3"),
    ("join", "left, right, third -> sum merge majority", "left, right, third -> sum merge 2 of 3"),
    ("join", "left, right, third -> sum merge quorum", "left, right, third -> sum merge 2 of 3"),
    (
        "join",
        JUDGE + "left, right, third -> sum merge all reconcile with judge when left.ok != right.ok",
        JUDGE + "left, right, third -> sum merge all reconcile by judge when left.ok != right.ok",
    ),
    (
        "join",
        JUDGE + "left, right, third -> sum merge all reconcile judge when left.ok != right.ok",
        JUDGE + "left, right, third -> sum merge all reconcile by judge when left.ok != right.ok",
    ),
    (
        "join",
        JUDGE + "left, right, third -> sum\n    reconcile by judge when left.ok != right.ok",
        JUDGE + "left, right, third -> sum\n    merge all reconcile by judge when left.ok != right.ok",
    ),
    (
        "join",
        JUDGE + "left, right, third -> sum reconcile by judge when left.ok != right.ok",
        JUDGE + "left, right, third -> sum merge all reconcile by judge when left.ok != right.ok",
    ),
    ("rows", "foreach host in hosts max 20", "for each host in hosts max 20"),
    ("rows", "for host in hosts max 20", "for each host in hosts max 20"),
    ("rows", "for each host of hosts max 20", "for each host in hosts max 20"),
    ("rows", "for each host in hosts at most 20", "for each host in hosts max 20"),
    ("rows", "for each host in hosts width 4 max 20", "for each host in hosts max 20 width 4"),
    ("rows", "for each host in hosts max 20 parallel 4", "for each host in hosts max 20 width 4"),
    ("rows", "for each host in hosts max 20 collect errors", "for each host in hosts max 20 collect failures"),
    ("rows", "for each host in hosts max 20 collect", "for each host in hosts max 20 collect failures"),
    ("rows", "for each host in hosts max 20 merge first", "for each host in hosts max 20 merge any"),
    ("rows", "for each host in hosts max 20 merge at least 2", "for each host in hosts max 20 merge 2"),
    ("rows", "for each host in hosts max 20 merge 2 of 20", "for each host in hosts max 20 merge 2"),
    ("wait", "step wait waits until now + 10m", 'step wait waits until now + duration("10m")'),
    ("wait", EVENT.replace("within 2d", "within two days"), EVENT),
    ("wait", EVENT.replace("within 2d", "within ten minutes"), EVENT.replace("2d", "10m")),
    ("wait", "step wait waits 5m", "step wait waits for 5m"),
    ("wait", "step wait sleeps 5m", "step wait waits for 5m"),
    ("wait", "step wait delay for 5m", "step wait waits for 5m"),
    ("wait", "step wait wait for 5m", "step wait waits for 5m"),
    ("wait", "step wait wait until due", "step wait waits until due"),
    *(
        ("wait", EVENT.replace("waits for event", written), EVENT)
        for written in (
            "waits event", "wait for event", "waits on event", "waits for signal", "awaits", "receives", "waits for",
            "waits for the event",
        )
    ),
    ("wait", EVENT.replace("within 2d", "timeout 2d"), EVENT),
    ("wait", EVENT.replace('due"', 'due" returns { n: int }'), EVENT.replace('due"', 'due" -> { n: int }')),
    ("wait", EVENT.replace('due"', 'due" { n: int }'), EVENT.replace('due"', 'due" -> { n: int }')),
    (
        "wait",
        EVENT.replace('due"', 'due" -> { n: int } when event.n > 1'),
        EVENT.replace('due"', 'due" -> { n: int } where event.n > 1'),
    ),
    ("deadline", "timeout 5m", "within 5m"),
    ("deadline", "deadline 5m", "within 5m"),
    ("inner", "step inside executes inner(n: 1)", "step inside runs inner(n: 1)"),
    ("inner", "step inside workflow inner(n: 1)", "step inside runs inner(n: 1)"),
    ("inner", "step inside run inner(n: 1)", "step inside runs inner(n: 1)"),
    ("trigger", "stop -> failed on error", "stop -> failed on failure"),
    ("trigger", "stop -> failed on failure or timeout", "stop -> failed on failure stop -> failed on timeout"),
    ("trigger", "stop -> failed on failure, timeout", "stop -> failed on failure stop -> failed on timeout"),
    ("end", 'end failed give up { because "no" }', 'end failed gives up { because "no" }'),
    ("end", 'end failed fails { because "no" }', 'end failed gives up { because "no" }'),
    ("end", 'end failed gives up because "no"', 'end failed gives up { because "no" }'),
    ("end", 'end failed aborts "no"', 'end failed gives up { because "no" }'),
]  # fmt: skip
HINTS = [
    ("input", "names: list<list<string @pii>>", "a label stands at a field"),
    ("read", "breaker after 5 failures", "a breaker says all of"),
    ("read", "timeout 9s breaker 5 failures within 1m for 30s", "a breaker says all of"),
    ("read", "rate 100 per 1m for each principal", "a rate is that of all calls"),
    ("read", "fallback hosts.copy", "it is called with its arguments"),
    ("join", "left, right, third -> sum\n    merge majority", "`merge 2 of 3` goes on"),
    ("rows", "for each host in hosts", "as in `max 20`"),
    ("rows", "for each host in hosts max 20 merge majority", "`merge 2` goes on"),
    ("rows", "for each host in hosts max 20 retry 3 times", "attempts are declared at the tool"),
    ("deadline", "retry 3 times", "attempts are declared at the tool"),
    ("deadline", 'fallback hosts.start(host: "b")', "what is done instead is declared at the tool"),
    ("deadline", 'compensate hosts.start(host: "a")', "what takes a call back is declared at its tool"),
    ("deadline", 'undo hosts.start(host: "a")', "what takes a call back is declared at its tool"),
    ("trigger", "stop -> plan on failure\n    backtrack\n    pass x", "say how often at most"),
    ("wait", "step wait waits for event due", "the name of an event is a text"),
    ("wait", 'step wait signals "due"', "events come from outside"),
    ("wait", 'step wait waits for due', "`waits until`"),
    ("inner", "step inside calls inner(n: 1)", "a workflow stands behind `runs`"),
    ("inner", "step inside runs inner", "it is run with its input"),
    ("trigger", "stop -> failed on timeout 5m", "the deadline stands at the step"),
    ("trigger", "stop -> failed after 5m", "time passes in a step of its own"),
    ("trigger", 'stop -> failed on event "due"', "a step waits for an event"),
    ("trigger", "on failure -> failed", "a route begins with its step"),
    ("trigger", "stop -> give up", "a run is given up at an end"),
    ("trigger", 'signal "due"', "events come from outside"),
    ("end", "end failed gives up", "say why"),
    ("end", "end failed aborts", "a run is given up at an end"),
]  # fmt: skip


def program(place: str, text: str) -> str:
    return PROGRAM.format(**{**RIGHT, place: text})


@pytest.mark.parametrize(("place", "written", "meant"), FORMS, ids=[form[1] for form in FORMS])
def test_a_form_of_another_language_is_answered_once_and_fixed(place: str, written: str, meant: str) -> None:
    text, right = program(place, written), program(place, meant)
    made, mistakes = check(("a",), {"a": right}.__getitem__)
    assert made is not None, mistakes
    (found,) = [each for each in check(("a",), {"a": text}.__getitem__)[1] if each.code == "syntax-error"]
    assert found.help is not None and found.edits
    assert fix(("a",), {"a": text}.__getitem__).texts == {"a": right}


@pytest.mark.parametrize(("place", "written", "help"), HINTS, ids=[form[1] for form in HINTS])
def test_what_only_the_author_knows_is_advised(place: str, written: str, help: str) -> None:
    found = check(("a",), {"a": program(place, written)}.__getitem__)[1]
    assert any(help in (each.help or "") and not each.edits for each in found), [(f.message, f.help) for f in found]


@pytest.mark.parametrize("place", RIGHT)
def test_after_what_is_right_a_mistake_is_no_form(place: str) -> None:
    text = program(place, RIGHT[place]).replace("  end done\n", "  end done ]\n")
    found = check(("a",), {"a": text}.__getitem__)[1]
    assert found and all("written so" not in each.message for each in found)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("allow m.send", "permit m.send"),
        ("deny m.send", "forbid m.send"),
        ("waits approval by boss", "waits for approval by boss"),
        ("waits for an approval of boss", "waits for approval by boss"),
    ],
)
def test_a_form_in_a_policy_or_a_test_is_fixed(written: str, meant: str) -> None:
    text = """tool m.send(to: string) { needs m.w  effect write  idempotent by to }
role boss { reach "boss" }
policy p {
  permit m.send
  forbid m.send
}
workflow w(to: string) {
  step send calls m.send(to: to)
  end done
  start -> send grant m.w after approval by boss within 1h
  send -> done
}
test "t" {
  given to "x"
  expect waits for approval by boss
}
"""
    assert meant in text
    assert fix(("a",), {"a": text.replace(meant, written)}.__getitem__).texts == {"a": text}
