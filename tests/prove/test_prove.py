"""z3's answers agree with evaluation: what it calls impossible never happens, what it calls possible does."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generated.dice import Dice
from interlock_dsl.analysis.prove import prove
from interlock_dsl.analysis.reasoning.reasoner import Reasoner
from interlock_dsl.analysis.values.confirm import confirmed
from interlock_dsl.analysis.values.problem import (
    Answer,
    Bound,
    Claim,
    Fails,
    Impossible,
    Outcome,
    Outside,
    Possible,
    Problem,
    Unknown,
)
from interlock_dsl.cel.types import (
    BOOL,
    DOUBLE,
    DURATION,
    INT,
    STRING,
    TIMESTAMP,
    DoubleType,
    Field,
    IntType,
    ListType,
    RecordType,
    StringType,
    Type,
)
from interlock_dsl.program.builtins import EVERYWHERE
from prove.asked import checked, problem, values

SAMPLES = 40
CENT = IntType(0, 1_000_000)
ORDER = RecordType("Order", {"total": Field(CENT), "paid": Field(CENT, optional=True), "by": Field(STRING)})
VARIABLES: dict[str, Type] = {
    **EVERYWHERE, "a": CENT, "b": CENT, "i": INT, "x": DoubleType(0.0, 1.0), "y": DOUBLE, "order": ORDER,
    "word": StringType(max=5), "kind": StringType(("red", "green", "blue")), "at": TIMESTAMP, "long": DURATION,
    "few": ListType(IntType(0, 9), 3), "many": ListType(STRING), "ok": BOOL,
}  # fmt: skip


@settings(max_examples=120)
@given(st.randoms(use_true_random=False), st.integers(0, 2**32))
def test_what_is_impossible_never_happens_and_what_is_possible_does(random: Random, seed: int) -> None:
    asked, texts = problem(Dice(random))
    answer = prove(asked)
    if isinstance(answer, Possible):
        assert confirmed(asked, answer.bindings), texts
    if isinstance(answer, Impossible):
        samples = Random(seed)
        for _ in range(SAMPLES):
            found = values(asked, samples)
            assert not confirmed(asked, found), (texts, found)


def test_few_generated_questions_are_left_open() -> None:
    answers = [prove(problem(Dice(Random(seed)))[0]) for seed in range(200)]
    unknown = sum(isinstance(answer, Unknown) for answer in answers)
    assert unknown <= len(answers) / 10


def ask(*texts: str, outcome: Outcome = Outcome.TRUE) -> Answer:
    return prove(Problem(tuple(Claim(checked(text, VARIABLES), outcome) for text in texts), VARIABLES))


@pytest.mark.parametrize(
    "texts",
    [
        ("a < b", "b < a"),
        ("a + b > 2_000_000",),
        ("a > b * 2", "b > 500_000"),
        ("i / 2 * 2 > i && i > 0",),
        ("i % 10 == 12",),
        ("x < 0.5", "x >= 0.5"),
        ("x * 2.0 > 2.1",),
        ('kind != "red" && kind != "green"', 'kind != "blue"'),
        ('word.startsWith("ab")', 'word.startsWith("b")'),
        ('word.startsWith("ab")', "size(word) < 2"),
        ('word == "abc"', '!word.contains("b")'),
        ("size(word) > 5",),
        ('word < "b"', 'word > "c"'),
        ("has(order.paid) && order.paid > order.total", "!has(order.paid)"),
        ("order.?paid.orValue(0) > 0", "!has(order.paid)"),
        ("few.all(n, n < 5)", "few.exists(n, n > 7)"),
        ("few.exists(n, n == 3)", "few.map(n, n + 1).all(n, n > 9)"),
        ("size(few) > 3",),
        ("!(5 in few)", "size(few) == 1", "few[0] == 5"),
        ('"x" in many', "many == []"),
        ('many.all(m, m != "x")', '"x" in many'),
        ('calls(pay).within("1h") > 3', "calls(pay).count() < 2"),
        ('calls(pay).within("2h") < 1', 'calls(pay).within("1h") >= 1'),
        ("at.getHours() > 23",),
        ("at.getHours() >= 22", "at.getHours() < 6"),
        ('now - run.started < duration("0s")', "now > run.started"),
        ("(ok ? a : b) > a", "ok"),
        ("math.greatest(a, 5) < 5",),
        ("[a, b].exists(n, n > 10)", "a < 3 && b < 3"),
        ("{'k': a}.k != a",),
    ],
)
def test_impossible(texts: tuple[str, ...]) -> None:
    assert ask(*texts) == Impossible()


@pytest.mark.parametrize(
    "texts",
    [
        ("a < b", "b - a == 7"),
        ("a + b > 1_999_990",),
        ("i % 10 == -3",),
        ("x > 0.5", "x * 2.0 < 1.5"),
        ('kind != "red"', 'kind != "blue"'),
        ('word.startsWith("ab")', "size(word) == 4"),
        ('word.contains("b")', 'word != "b"'),
        ('many.exists(m, m == "x")', "size(many) == 3"),
        ('"boss" in principal.roles', '!("clerk" in principal.roles)'),
        ("few.exists(n, n == 3)", "few.map(n, n + 1).all(n, n > 3)"),
        ('calls(pay).within("1h") == 2', "calls(pay).count() == 5"),
        ("at.getHours() == 22", "at.getDayOfWeek() == 3"),
        ("has(order.paid) && order.paid > order.total",),
        ("order.by != principal.name", "size(order.by) == 3"),
    ],
)
def test_possible(texts: tuple[str, ...]) -> None:
    assert isinstance(ask(*texts), Possible)


def test_errors_by_their_codes() -> None:
    overflow = checked("i + 1 > 0", VARIABLES)
    found = prove(Problem((Fails(overflow, frozenset({"overflow"})),), VARIABLES))
    assert isinstance(found, Possible) and found.bindings["i"] == 2**63 - 1
    assert prove(Problem((Fails(overflow, frozenset({"division-by-zero"})),), VARIABLES)) == Impossible()
    guarded = checked("b != 0 && a / b > 3", VARIABLES)
    assert prove(Problem((Fails(guarded),), VARIABLES)) == Impossible()
    for text in (
        "isIP(word) && ip(word).isPrivate()",
        'isIP(word) && cidr("10.0.0.0/8").containsIP(word) && cidr("::/0").containsIP(ip(word))',
        '!isCIDR(word) || cidr("10.0.0.0/8").containsCIDR(word) || cidr(word).masked().ip().isLoopback()',
        "isURL(word) && isIP(url(word).getHostname()) && ip(url(word).getHostname()).isLoopback()",
    ):
        assert prove(Problem((Fails(checked(text, VARIABLES)),), VARIABLES)) == Impossible(), text
    for text in (
        "ip(word).isPrivate()",
        'cidr("::/0").containsIP(word)',
        "isIP(word) && cidr(word) == cidr(word)",
    ):
        assert prove(Problem((Fails(checked(text, VARIABLES)),), VARIABLES)) != Impossible(), text
    absorbed = checked("a / b > 3 || b == 0", VARIABLES)
    assert prove(Problem((Fails(absorbed),), VARIABLES)) == Impossible()


def test_values_that_leave_their_type() -> None:
    sum = checked("a + b", VARIABLES)
    assert isinstance(prove(Problem((Outside(sum, CENT),), VARIABLES)), Possible)
    assert prove(Problem((Outside(sum, IntType(0, 2_000_000)),), VARIABLES)) == Impossible()
    kept = Claim(checked("a + b <= 1_000_000", VARIABLES))
    assert prove(Problem((kept, Outside(sum, CENT)), VARIABLES)) == Impossible()


def test_arguments_are_bound_to_their_expressions() -> None:
    variables = {**VARIABLES, "args": RecordType("", {"amount": Field(CENT)})}
    bound = Bound(("args", "amount"), checked("a * 2", variables))
    large = Claim(checked("args.amount > 10_000", variables))
    assert prove(Problem((bound, large, Claim(checked("a <= 5_000", variables))), variables)) == Impossible()
    found = prove(Problem((bound, large), variables))
    assert isinstance(found, Possible)
    assert found.bindings["args"] == {"amount": found.bindings["a"] * 2}  # type: ignore[operator]


def test_absent_variables_are_read_as_nothing() -> None:
    variables: dict[str, Type] = {"order": ORDER}
    there = checked("has(order.total)", variables, frozenset({"order"}))
    asked = Problem((Claim(there),), variables, optional=frozenset({"order"}))
    assert isinstance(prove(asked), Possible)
    assert prove(Problem((Claim(there),), variables, absent=frozenset({"order"}))) == Impossible()
    none = prove(Problem((Claim(there, Outcome.FALSE),), variables, optional=frozenset({"order"})))
    assert none == Possible({})


def test_a_limit_ends_a_question() -> None:
    hard = Claim(checked("i * i * i + a * a * a == b * b * b + 7 && i > 1000 && i < 100_000", VARIABLES))
    assert isinstance(prove(Problem((hard,), VARIABLES), limit=1000), Unknown)


def test_equal_questions_are_asked_once() -> None:
    reasoner = Reasoner()
    for _ in range(3):
        claims = tuple(Claim(checked(text, VARIABLES)) for text in ("a < b", "b < i", "i < a"))
        assert reasoner.ask(Problem(claims, VARIABLES)) == Impossible()
    assert reasoner.steps["before"] == 2
    assert reasoner.answered["Impossible"] == 3


def test_a_question_that_is_too_large_to_be_encoded_is_open() -> None:
    variables: dict[str, Type] = {"l": ListType(ListType(INT, None), None)}
    text = "l.all(x, x.all(y, l.exists(z, z.exists(q, q > y && q * y > 12))))"
    asked = Problem((Claim(checked(text, variables)),), variables)
    assert prove(asked) == Unknown("the question is too large to be encoded")
