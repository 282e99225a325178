"""`interlock diff`: what a change permits and refuses, with values that show it, and nothing where nothing changed."""

import json
from pathlib import Path

import pytest

from cli.terminal import ROOT, Ran, interlock
from interlock_cli.formats.schemas import printed
from interlock_dsl.compiler.compile import compile_text

MARKS = {"permits": "+", "refuses": "-", "changes": "~", "states": "=", "unknown": "?"}
REFUND = (ROOT / "examples/refund/refund.ilk").read_text()
PROMISE = "  never refunds.issue where args.amount > 10_000 before approval by supervisor\n"
OPEN = REFUND.replace("    after approval by supervisor within 4h\n    escalate to duty_manager on expiry\n", "", 1)
"""The promise alone keeps large refunds from being paid without an approval."""
PROCUREMENT = (ROOT / "examples/procurement/procurement.ilk").read_text()
POLICY = """
tool money.send(cents: int in 1..1_000_000, to: string max 20) {
  needs money.send  effect irreversible  idempotent by to
}
tool money.list(day: int in 0..9) -> { sum: int } { needs money.read  effect read }
agent teller { model "small"  may money.send, money.read }
agent clerk { model "small"  may money.read }
role chief { reach "chiefs" }

policy desk {
  permit money.list
  permit money.send by teller when args.cents <= 5_000
  permit money.send by teller when "boss" in principal.roles
  forbid money.send when args.to == "" because "to nobody"
  forbid money.* when now.getHours() >= 20
  require approval by chief for money.send when args.cents > 1_000 && !(args.to in ["ann", "bob"])
  require approval by chief for money.send when calls(money.send).within("1h") >= 3
  limit money.send to 10 per 24h for each run
}
"""


def diff(old: str, new: str, *options: str) -> Ran:
    Path("old.ilk").write_text(old)
    Path("new.ilk").write_text(new)
    return interlock("diff", "old.ilk", "new.ilk", *options)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("text", "written", "otherwise"),
    [
        (REFUND, "", ""),
        (REFUND, "  goal", "\n  goal"),
        (REFUND, "assess.amount > 0 && assess.amount <= 10_000", "!(assess.amount > 10_000) && assess.amount >= 1"),
        (REFUND, "amount: assess.amount)", "amount: 2 * assess.amount - assess.amount)"),
        (REFUND, 'classify.topic == "billing" &&', '!(classify.topic in ["shipping", "technical"]) &&'),
        (REFUND, "where args.amount > 10_000 before", "where !(args.amount <= 10_000) before"),
        (REFUND, "when args.amount > 100_000", "when !(args.amount < 100_001)"),
        (POLICY, "args.cents <= 5_000", "args.cents < 5_001"),
        (POLICY, 'args.to == ""', "size(args.to) == 0"),
        (POLICY, '!(args.to in ["ann", "bob"])', 'args.to != "bob" && args.to != "ann"'),
        (POLICY, '.within("1h") >= 3', '.within("60m") > 2'),
        (POLICY, "now.getHours() >= 20", "!(now.getHours() < 20)"),
        (
            POLICY,
            "  permit money.send by teller when args.cents <= 5_000\n"
            '  permit money.send by teller when "boss" in principal.roles\n',
            '  permit money.send by teller when "boss" in principal.roles || args.cents <= 5_000\n',
        ),
        (
            POLICY,
            "  permit money.list\n",
            "  permit money.list when args.day < 5\n  permit money.list unless args.day < 5\n",
        ),
    ],
)
def test_what_means_the_same_is_no_difference(text: str, written: str, otherwise: str) -> None:
    assert written in text
    ran = diff(text, text.replace(written, otherwise, 1))
    assert (ran.code, ran.out) == (0, "nothing: both permit the same\n")


@pytest.mark.parametrize(
    ("text", "written", "otherwise", "said"),
    [
        (REFUND, PROMISE, "", "does not promise `never refunds.issue"),
        (REFUND, "where args.amount > 10_000 before", "where args.amount > 20_000 before", "is about other calls"),
        (REFUND, "2_000 @untrusted", "2_000", "`request.message` is not labelled `@untrusted`"),
        (REFUND, "amount: int in 1..1_000_000) -> R", "amount: int) -> R", "takes other arguments, and every call has"),
        (REFUND, "amount: int in 1..1_000_000) -> R", "amount: int in 1..1_000_001) -> R", "takes other arguments"),
        (REFUND, "effect irreversible", "effect write", "has the effect write, not irreversible"),
        (
            PROCUREMENT,
            "  ends within 4d\n",
            "  ends within 40d\n",
            "not `ends within 4d`, and every run",
        ),
        (PROCUREMENT, "  reaches ordered\n", "", "does not promise `reaches ordered`, which every run keeps"),
    ],
)
def test_what_is_said_otherwise_and_permits_the_same(text: str, written: str, otherwise: str, said: str) -> None:
    assert written in text
    for old, new in ((text, text.replace(written, otherwise, 1)), (text.replace(written, otherwise, 1), text)):
        ran = diff(old, new, "--format", "json")
        found = json.loads(ran.out)["differences"]
        assert (ran.code, {each["direction"] for each in found}) == (0, {"states"}), found
        assert printed("diff").validate_json(ran.out) == json.loads(ran.out)
    human = diff(text, text.replace(written, otherwise, 1)).out
    assert said in human and human.endswith("(=): both permit the same\n")


@pytest.mark.parametrize(
    ("text", "written", "otherwise"),
    [
        (POLICY, "cents: int in 1..1_000_000", "cents: int in 1..2_000_000"),  # permitted to callers from outside
        (REFUND, "order_id: string max 40) -> Order", "order_id: string max 4) -> Order"),  # an agent calls it
        (REFUND, "amount: int in 1..1_000_000) -> R", "amount: int in 1..10_000) -> R"),  # a step may go beyond
        (REFUND, "void(receipt: string)", "void(receipt: string max 5)"),  # an undo calls it
    ],
)
def test_bounds_of_arguments_that_calls_may_leave_are_a_difference(text: str, written: str, otherwise: str) -> None:
    assert written in text
    ran = diff(text, text.replace(written, otherwise, 1))
    assert (ran.code, "~ takes other arguments (" in ran.out) == (1, True)


@pytest.mark.parametrize("more", ['policy more { forbid refunds.* when tool.effect == "irreversible" }\n', "never"])
def test_where_effects_are_told_apart_another_one_is_a_difference(more: str) -> None:
    promise = "  never irreversible before approval by supervisor\n"
    text = OPEN.replace(PROMISE, PROMISE + promise) if more == "never" else REFUND + more
    ran = diff(text, text.replace("effect irreversible", "effect write"))
    assert (ran.code, "~ has the effect write, not irreversible" in ran.out) == (1, True)
    ran = diff(REFUND, REFUND.replace("effect write", "effect read"))
    assert (ran.code, "~ has the effect read, not write" in ran.out) == (1, True)


def test_which_calls_a_limit_counts_together_is_a_difference() -> None:
    old = POLICY.replace("limit money.send to", "limit money.send, money.list to")
    apart = POLICY + "policy more { limit money.list to 10 per 24h for each run }\n"
    ran = diff(old, apart)
    assert ran.code == 1 and "+ a call of `money.send`" in ran.out
    by = POLICY.replace("10 per 24h", "10 per 24h by teller")
    ran = diff(POLICY, by)
    assert ran.code == 1 and "+ a call of `money.send` by `teller` is not limited by" in ran.out


def test_how_long_one_of_two_rules_waits_is_a_difference() -> None:
    old = POLICY.replace("require approval by chief", "require approval by chief within 9h", 1)
    ran = diff(old, old.replace("9h", "1h"))
    assert (ran.code, "waits for its approval for another time" in ran.out) == (1, True)


def test_what_people_may_answer_is_a_difference() -> None:
    old = """
type Answer { pay: int in 0..10 }
role lead { reach "leads" }

workflow w(n: int) {
  step ask asks lead { question "how much?"  returns { answer: Answer } }
  end done { n: ask.answer.pay }

  start -> ask
    pass n
  ask -> done
}
"""
    ran = diff(old, old.replace("0..10", "0..1_000"))
    assert ran.code == 1 and "the step `ask` returns another type" in ran.out


def test_what_a_step_waits_for_is_a_difference() -> None:
    old = """
workflow w(n: int) {
  step paid waits for event "paid" -> { cents: int in 0..9 } where event.cents > n within 2d
  step pause waits for 10m
  end done { n: paid.cents }
  end late

  start -> paid
  paid -> pause
  paid -> late on expiry
  pause -> done
}
"""
    for before, after, said in (
        ('"paid" ->', '"payed" ->', "has another `event`"),
        ("0..9", "0..8", "has another `data`"),
        ("event.cents > n", "event.cents >= n", "the step `paid` takes other events"),
        ("within 2d", "within 3d", "may take at most 3d, not at most 2d"),
        ("waits for 10m", "waits for 11m", "the step `pause` waits for 11m, not for 10m"),
        ("waits for 10m", "waits until now", "the step `pause` waits until a moment, not for 10m"),
        ("waits for 10m", 'waits for event "x"', "the step `pause` is of another kind"),
    ):
        ran = diff(old, old.replace(before, after))
        assert ran.code == 1 and said in ran.out, (said, ran.out)
    assert diff(old, old).code == 0


def test_the_order_of_rules_is_no_difference() -> None:
    head, rules = POLICY.split("policy desk {\n")
    lines = rules.rstrip("}\n").splitlines()
    again = head + "policy desk {\n" + "\n".join(reversed(lines)) + "\n}\n"
    assert diff(POLICY, again).code == 0


CHANGES = (
    (POLICY, "args.cents <= 5_000", "args.cents <= 6_000", ["+ a call of `money.send` by `teller` is permitted"]),
    (POLICY, "args.cents <= 5_000", "args.cents < 5_000", ["- by `teller` is no longer permitted"]),
    (POLICY, 'args.to == ""', 'args.to == "x"', ["+ is no longer forbidden", "- is forbidden"]),
    (POLICY, "args.cents > 1_000 &&", "args.cents > 2_000 &&", ["+ needs no approval by chief"]),
    (POLICY, '"ann", "bob"', '"ann"', ["- needs an approval by chief"]),
    (POLICY, '.within("1h") >= 3', '.within("1h") >= 4', ["+ needs no approval by chief"]),
    (POLICY, "getHours() >= 20", "getHours() >= 21", ["+ is no longer forbidden"]),
    (POLICY, "limit money.send to 10", "limit money.send to 11", ["+ is not limited by"]),
    (POLICY, "limit money.send to 10", "limit money.send to 9", ["- is limited by"]),
    (POLICY, "to 10 per 24h", "to 10 per 12h", ["+ is not limited by"]),
    (POLICY, "to 10 per 24h", "to 20 per 48h", ["+ is not limited by"]),
    (POLICY, "to 10 per 24h", "to 19 per 48h", ["+ is not limited by", "- is limited by"]),
    (POLICY, "to 10 per 24h", "to 1 per 2h", ["+ is not limited by", "- is limited by"]),
    (PROCUREMENT, "ends within 7 steps", "ends within 5 steps", ["- promises `ends within 5 steps`, not"]),
    (PROCUREMENT, "cost <= 1.00 usd", "cost <= 0.01 usd", ["- promises `cost <= 0.01 usd`, not"]),
    (POLICY, "may money.send, money.read", "may money.send", ["- no longer may hold `money.read`"]),
    (
        REFUND,
        "    after approval by supervisor within 4h\n    escalate to duty_manager on expiry\n",
        "",
        ["+ `assess -> pay` needs no approval by supervisor"],
    ),
    (REFUND, "assess.amount <= 10_000", "assess.amount <= 20_000", ["- `assess -> pay` is not taken"]),
    (REFUND, "confidence >= 0.8", "confidence >= 0.7", ["+ `classify -> assess` is taken", "- referred` is not taken"]),
    (REFUND, "pass request.order_id, request.message", "pass request.message", ["- does not show `request.order_id`"]),
    (REFUND, "where args.amount <= 10_000", "", ["+ `assess -> pay` grants `refunds.write`"]),
    (REFUND, "tool_calls 8", "tool_calls 4", ["- the budget allows less tool calls"]),
    (OPEN, "where args.amount > 10_000 before", "where args.amount > 20_000 before", ["+ is about fewer calls"]),
    (OPEN, PROMISE, "", ["+ does not promise"]),
    (REFUND, "amount: assess.amount)", "amount: assess.amount + 1)", ["~ `amount` of the step `pay` is another value"]),
    (REFUND, "timeout 10s", "timeout 20s", ["+ an attempt may take at most 20s, not at most 10s"]),
    (REFUND, "    escalate to duty_manager on expiry\n", "", ["~ `assess -> pay` no longer tells duty_manager"]),
)


@pytest.mark.parametrize(("text", "written", "otherwise", "expected"), CHANGES)
def test_a_difference_is_found_with_its_direction(text: str, written: str, otherwise: str, expected: list[str]) -> None:
    assert written in text
    ran = diff(text, text.replace(written, otherwise, 1), "--format", "json")
    assert ran.code == 1
    assert printed("diff").validate_json(ran.out) == json.loads(ran.out)
    found = [(MARKS[each["direction"]], each["text"]) for each in json.loads(ran.out)["differences"]]
    for mark, _, said in (line.partition(" ") for line in expected):
        assert any(way == mark and said in text for way, text in found), found
    # Where every difference goes one way, nothing is said of the other.
    wanted = {line[0] for line in expected}
    assert wanted <= {mark for mark, _ in found} <= wanted | ({"+", "-", "~"} if text is REFUND else set())


@pytest.mark.parametrize("text", [REFUND, POLICY])
def test_the_other_way_round_is_the_reverse(text: str) -> None:
    new = text.replace("10_000", "30_000", 1).replace("5_000", "6_000").replace('"ann", ', "")
    there, back = (json.loads(diff(*pair, "--format", "json").out) for pair in ((text, new), (new, text)))
    turned = {"permits": "refuses", "refuses": "permits", "changes": "changes"}
    assert sorted(each["direction"] for each in back["differences"]) == sorted(
        turned[each["direction"]] for each in there["differences"]
    )


def test_the_formats() -> None:
    new = POLICY.replace("args.cents <= 5_000", "args.cents <= 6_000")
    human, github = diff(POLICY, new), diff(POLICY, new, "--format", "github")
    assert "  + a call of `money.send` by `teller` is permitted (new.ilk:" in human.out
    assert "args.cents = " in human.out and human.out.endswith("1 permits (+)\n")
    assert github.out.startswith("::warning file=new.ilk,line=") and github.code == 1


def test_without_the_solver_what_is_left_is_unknown() -> None:
    new = POLICY.replace("args.cents <= 5_000", "args.cents < 5_001")
    ran = diff(POLICY, new, "--no-proofs")
    assert (ran.code, "  ? whether" in ran.out) == (3, True)


def test_mistakes_and_several_programs_are_refused() -> None:
    assert diff(POLICY, POLICY.replace("args.cents", "args.cnts")).code == 1
    Path("folder").mkdir()
    for name in ("a", "b"):
        Path(f"folder/{name}.ilk").write_text(POLICY)
    ran = interlock("diff", "old.ilk", "folder")
    assert (ran.code, "holds 2 programs" in ran.err) == (2, True)


def test_the_programs_compile() -> None:
    assert compile_text(POLICY).policies and compile_text(REFUND).workflows


@pytest.mark.parametrize(
    ("written", "otherwise", "expected"),
    [
        (
            "redact args.to for",
            "redact args.cents for",
            ["- the rule `redact args.cents", "+ the rule `redact args.to"],
        ),
        ("redact args.to for money.send\n", "", ["+ the rule `redact args.to"]),
        ("  notify chief for money.* when context.risk > 3\n", "", ["~ the rule `notify chief"]),
        ("risk: int", "risk: string", ["~ declares other"]),
        ("args.cents < least", "args.cents < 5", ["+ "]),
        ("args.cents < least", "args.cents < 9", []),
        (
            "has(look.sum) && look.sum > 3",
            "has(look.sum) && look.sum > 4",
            ["+ a call of `money.send` is no longer forbidden"],
        ),
        ("has(look.sum) && look.sum > 3", "has(look.sum) && look.sum > 2", ["- a call of `money.send` is forbidden"]),
        ("has(look.sum) && look.sum > 3", "has(look.sum) && look.sum >= 4", []),
        ("has(look.sum) && look.sum > 3", "!(!has(look.sum) || look.sum <= 3)", []),
        (
            "  forbid money.send when has(look",
            "  forbid money.* when has(look",
            ["- a call of `money.list` is forbidden"],
        ),
        (
            "(look.sum) && look.sum > 3\n}",
            "(look.sum) && look.sum > 3\n  forbid money.list\n}",
            ["- a call of `money.list`"],
        ),
        ("to 5 per 1h", "to 6 per 1h", ["+ a call of `money.send` is not limited by"]),
        (
            "approval by chief for money.list",
            "approval by 2 of chief for money.list",
            ["- a call of `money.list` needs"],
        ),
    ],
)
def test_obligations_context_and_rules_of_workflows_are_compared(
    written: str, otherwise: str, expected: list[str]
) -> None:
    text = POLICY.replace(
        "policy desk {",
        """let least = 9
context { risk: int }
workflow w(day: int in 0..9) {
  step look calls money.list(day: day)
  step send calls money.send(cents: 5, to: "ann")
  end done
  start -> look grant money.read
  look -> send grant money.send
  send -> done
  limit money.send to 5 per 1h for each run
  require approval by chief for money.list
  forbid money.send when has(look.sum) && look.sum > 3
}
policy desk {
  redact args.to for money.send
  notify chief for money.* when context.risk > 3
  forbid money.send when args.cents < least
""",
    )
    changed = text.replace(written, otherwise)
    assert changed != text
    ran = diff(
        text, changed.replace("context.risk > 3", "size(context.risk) > 3") if "string" in otherwise else changed
    )
    lines = [line.strip() for line in ran.out.splitlines() if line.strip()[:1] in MARKS.values()]
    assert all(any(line.startswith(start) for line in lines) for start in expected), ran.out
    assert bool(lines) == bool(expected), ran.out


@pytest.mark.parametrize("owner", ["for each principal", "overall", "for each run by teller"])
def test_a_limit_for_others_is_another_limit(owner: str) -> None:
    said = diff(POLICY, POLICY.replace("per 24h for each run", f"per 24h {owner}")).out
    assert "is not limited by `limit money.send to 10 per 24h for each run`" in said
    assert f"is limited by `limit money.send to 10 per 24h {owner}`" in said


def test_the_sum_and_the_keys_of_a_limit_are_compared() -> None:
    limit = "limit money.send of args.cents to 100 per 24h for each args.to, principal"
    old = POLICY.replace("limit money.send to 10 per 24h for each run", limit)
    same = old.replace("for each args.to, principal", "for each principal, args.to")
    assert "limited" not in diff(old, same).out
    for text, other in (("of args.cents", "of args.cents * 2"), ("args.to, principal", "principal")):
        said = diff(old, old.replace(text, other)).out
        assert "is not limited by" in said and "is limited by" in said
    more = diff(old, old.replace("to 100 per", "to 200 per")).out
    assert "is not limited by" in more and "is limited by" not in more
