"""`interlock diff` of clauses that say how much: whether more or less is permitted."""

import json
from pathlib import Path

import pytest

from cli.terminal import interlock

PROGRAM = """
tool hosts.look(host: string) -> { load: int in 0..100 } {
  needs hosts.read  effect read
  timeout 10s  retry 2 times backoff 1s..4s  cost 0.10 usd
  rate 100 per 1m
  breaker opens after 5 failures within 1m for 30s
  fallback hosts.copy(host: host)
}
tool hosts.copy(host: string) -> { load: int in 0..100 } { needs hosts.read  effect read }
tool hosts.other(host: string) -> { load: int in 0..100 } { needs hosts.read  effect read }
agent planner {
  model "large"  may hosts.read
  tokens 9_000  turns 4  cost 0.20 usd  timeout 1m  retry 1 times
  fallback "small"
}
role chief { reach "chiefs" }
role deputy { reach "deputies" }
workflow w(hosts: list<string> max 20) {
  may hosts.read
  budget { steps 200 }
  step plan by planner { task "Plan."  returns { ok: bool }  within 5m }
  step look calls hosts.look(host: host) for each host in hosts max 20 width 4 merge 2 within 1h
  step check by planner { task "Check."  returns { good: bool } }
  step left by planner { task "Left."  returns { good: bool } }
  step right by planner { task "Right."  returns { good: bool } }
  step third by planner { task "Third."  returns { good: bool } }
  step sum by planner { task "Sum."  returns { good: bool } }
  end done
  end failed
  end stopped gives up { because "stopped" }
  start -> plan grant hosts.read
  plan -> look grant hosts.read
    after approval by chief within 4h
    escalate to deputy on expiry
  plan -> failed on timeout
  look -> failed on expiry
  look -> check
  look -> failed on failure
  check -> plan when !check.good backtrack at most 2 times, then -> failed
  check -> left, right, third when check.good
  left, right, third -> sum merge 2 of 3
  sum -> done when sum.good
  sum -> stopped when !sum.good
}
"""
TURNED = {"permits": "refuses", "refuses": "permits", "changes": "changes"}
MARKS = {"permits": "+", "refuses": "-", "changes": "~"}
TOOL, AGENT, LOOK = "tool hosts.look", "agent planner", "workflow w, the step `look`"
MORE = (
    ("timeout 10s", "timeout 20s", TOOL, "an attempt may take at most 20s, not at most 10s"),
    ("timeout 1m  retry", "retry", AGENT, "an attempt may take any time, not at most 1m"),
    ("retry 2 times backoff 1s..4s", "retry 3 times backoff 1s..4s", TOOL, "has at most 4 attempts, not at most 3"),
    ("rate 100 per", "rate 200 per", TOOL, "attempts are made at most 200 times per 1m, not at most 100 times per 1m"),
    ("100 per 1m", "100 per 30s", TOOL, "attempts are made at most 100 times per 30s, not at most 100 times per 1m"),
    ("rate 100 per 1m", "", TOOL, "attempts are made at any rate, not at most 100 times per 1m"),
    ("after 5", "after 6", TOOL, "no attempt is made for 30s after 6 failures within 1m; it was for 30s after 5"),
    ("within 1m for", "within 50s for", TOOL, "no attempt is made for 30s after 5 failures within 50s"),
    ("for 30s", "for 20s", TOOL, "no attempt is made for 20s after 5 failures within 1m"),
    ("breaker opens after 5 failures within 1m for 30s", "", TOOL, "attempts are made for 30s after 5 failures"),
    ("tokens 9_000", "tokens 9_001", AGENT, "an attempt may use at most 9_001 tokens, not at most 9_000 tokens"),
    ("turns 4", "", AGENT, "an attempt may take at most 10 turns, not at most 4 turns"),
    ("cost 0.20 usd", "", AGENT, "an attempt may cost any amount, not at most 0.20 usd"),
    ("timeout 1m", "timeout 2m", AGENT, "an attempt may take at most 2m, not at most 1m"),
    ("retry 1 times", "retry 2 times", AGENT, "has at most 3 attempts, not at most 2"),
    ("max 20 width", "max 30 width", LOOK, "has at most 30 rows, not at most 20"),
    ("width 4", "width 8", LOOK, "works on at most 8 rows at once, not at most 4"),
    ("width 4", "", LOOK, "works on all rows at once, not at most 4"),
    (" merge 2 ", " merge any ", LOOK, "needs 1 row, not 2 rows"),
    ("within 5m", "within 6m", "workflow w, the step `plan`", "may take at most 6m, not at most 5m"),
    ("merge 2 within 1h", "merge 2", LOOK, "may take any time, not at most 1h"),
    (
        "at most 2 times",
        "at most 3 times",
        "workflow w",
        "`check -> plan` is taken at most 3 times, not at most 2",
    ),
    ("within 4h", "within 5h", "workflow w", "`plan -> look` waits for its approval at most 5h, not at most 4h"),
    ("merge 2 of 3", "merge any", "workflow w", "needs 1 of its 3 sources, not 2 of its 3 sources"),
    ("may hosts.read\n  budget", "budget", "workflow w", "there is no ceiling of the scopes that routes grant"),
    ('stopped gives up { because "stopped" }', "stopped", "workflow w", "does not give the run up any more"),
)
LESS = (
    (" merge 2 ", " ", LOOK, "needs all rows, not 2 rows"),
    ("merge 2 of 3", "merge all", "workflow w", "needs all of its 3 sources, not 2 of its 3 sources"),
    ("fallback hosts.copy(host: host)", "", TOOL, "no longer calls `hosts.copy` where it has failed"),
    ('fallback "small"', "", AGENT, 'no longer asks the model "small" once all attempts have failed'),
)
OTHER = (
    ("fallback hosts.copy", "fallback hosts.other", TOOL, "calls `hosts.other` where it has failed, not `hosts.copy`"),
    ("backoff 1s..4s", "backoff 1s..5s", TOOL, "waits for another time between attempts"),
    ("cost 0.10 usd", "cost 0.30 usd", TOOL, "a call costs 0.30 usd, not 0.10 usd"),
    ("after 5 failures within 1m", "after 6 failures within 2m", TOOL, "after 6 failures within 2m; it was for 30s"),
    ('fallback "small"', 'fallback "tiny"', AGENT, 'asks the model "tiny" once all attempts have failed, not "small"'),
    ("backtrack at", "at", "workflow w", "`check -> plan` keeps what was done since its target was entered"),
    (
        "times, then -> failed",
        "times, then -> done",
        "workflow w",
        "`check -> plan` leads to `done`, not to `failed`",
    ),
    ("    escalate to deputy on expiry\n", "", "workflow w", "`plan -> look` no longer tells deputy"),
    ("host: host) for each host in", "host: h) for each h in", LOOK, "calls a row `h`, not `host`"),
    ("in hosts max", 'in hosts.filter(each, each != "") max', LOOK, "is taken for the rows of another list"),
    ("host: host) for", 'host: host + ".") for', "workflow w", "`host` of the step `look` is another value"),
)
CASES = [(kind, *case) for kind, cases in (("+", MORE), ("-", LESS), ("~", OTHER)) for case in cases]


def found(old: str, new: str) -> list[tuple[str, str, str]]:
    Path("old.ilk").write_text(old)
    Path("new.ilk").write_text(new)
    ran = interlock("diff", "old.ilk", "new.ilk", "--format", "json")
    assert ran.code == (old != new), ran.err
    return [(each["direction"], each["subject"], each["text"]) for each in json.loads(ran.out)["differences"]]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("mark", "written", "otherwise", "subject", "said"), CASES)
def test_how_much_is_permitted_is_said_with_its_direction(
    mark: str, written: str, otherwise: str, subject: str, said: str
) -> None:
    assert written in PROGRAM
    changed = PROGRAM.replace(written, otherwise, 1)
    there, back = found(PROGRAM, changed), found(changed, PROGRAM)
    assert [MARKS[way] for way, about, text in there if about == subject and said in text] == [mark], there
    wanted = [(TURNED[way], about) for way, about, _ in there]
    assert sorted((way, about) for way, about, _ in back) == sorted(wanted), (there, back)


def test_a_rate_may_permit_more_at_once_and_less_in_the_long_run() -> None:
    ways = {way for way, _, text in found(PROGRAM, PROGRAM.replace("100 per 1m", "150 per 2m")) if "per 2m" in text}
    assert ways == {"permits", "refuses"}


def test_a_default_that_is_written_down_is_no_difference() -> None:
    new = PROGRAM.replace("width 4", "width 5").replace("turns 4", "turns 10")
    assert not [each for each in found(PROGRAM.replace("turns 4", ""), new) if "turn" in each[2]]


def test_rows_that_have_failed_are_gone_on_with() -> None:
    new = PROGRAM.replace(" merge 2 ", " collect failures ", 1)
    assert ("permits", LOOK, "goes on where rows have failed") in found(PROGRAM, new)
    assert ("refuses", LOOK, "no longer goes on where rows have failed") in found(new, PROGRAM)
