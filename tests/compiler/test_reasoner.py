"""Questions about values: what is ruled out holds for no values, what is shown holds for the values that are shown."""

from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import TypeAlias, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generated.dice import Dice
from generated.expressions import Expressions, Read, reads_of
from generated.typed import any_type, record, value_within
from interlock_dsl.analysis.reasoning.reasoner import Reasoner
from interlock_dsl.analysis.values.conforms import conforms
from interlock_dsl.analysis.values.failing import Failing
from interlock_dsl.analysis.values.points import contains
from interlock_dsl.analysis.values.problem import (
    Bound,
    Claim,
    Fails,
    Impossible,
    Outcome,
    Outside,
    Possible,
    Problem,
    Statement,
    Unknown,
)
from interlock_dsl.analysis.values.state import State
from interlock_dsl.cel import (
    BOOL,
    DOUBLE,
    INT,
    STRING,
    TIMESTAMP,
    CompiledExpression,
    DiagnosticError,
    DoubleType,
    Environment,
    EvaluationError,
    Field,
    IntType,
    ListType,
    RecordType,
    StringType,
    Type,
    equal,
)
from interlock_dsl.program.builtins import EVERYWHERE, FUNCTIONS, PRINCIPAL, RUN
from interlock_dsl.schema import decode

HISTORY = "$history"


def typed(dice: Dice) -> tuple[Environment, list[CompiledExpression]]:
    """Return an environment of generated types, and conditions over it that check."""
    types: dict[str, Type] = {"r": record(dice, [], 1), "s": record(dice, [], 0), "v": any_type(dice, [], 1)}
    environment = Environment({**EVERYWHERE, **types}, FUNCTIONS.values(), optional_variables=frozenset({"s"}))
    reads = [read for name in ("r", "v") for read in reads_of(name, types[name])]
    reads += [
        Read(f"s.{name}", held.type, (f"s.{name}",)) for name, held in cast(RecordType, types["s"]).fields.items()
    ]
    expressions = Expressions(dice, reads)
    texts = [expressions.boolean() for _ in range(4)] + [expressions.of(dice.one((INT, STRING, BOOL)))]
    compiled = []
    for text in texts:
        try:
            compiled.append(environment.compile(text))
        except DiagnosticError:
            continue
    return environment, compiled


def values(dice: Dice, environment: Environment) -> dict[str, object]:
    """Return values of the variables as a host binds them."""
    made: dict[str, object] = {}
    for name, type in environment.scope.variables.items():
        if name == "s" and dice.often(0.3):
            made[name] = {}
        elif name == HISTORY:
            made[name] = None
        elif name == "now":
            made[name] = decode(TIMESTAMP, dice.one(("2026-03-02T22:30:00Z", "2019-06-01T00:00:00Z")))
        elif type in (RUN, PRINCIPAL):
            json = {"id": "r1", "workflow": dice.one(("w", "x")), "started": "2026-03-02T22:00:00Z"}
            person = {"name": dice.one(("ann", "bob")), "roles": dice.some(("boss", "clerk"), 0, 2)}
            made[name] = decode(type, json if type == RUN else person)
        else:
            made[name] = decode(type, value_within(type, dice))
    return made


def outcome(compiled: CompiledExpression, bindings: Mapping[str, object]) -> object:
    """Return a value, or the error that there is in its place."""
    try:
        return compiled.evaluate(bindings)
    except EvaluationError as error:
        return error


def holds(statement: Statement, bindings: Mapping[str, object]) -> bool:
    """Say whether a statement holds, by an evaluation."""
    checked = statement.condition if isinstance(statement, Claim) else statement.expression
    found = outcome(CompiledExpression(checked.expression, checked.scope, checked), bindings)
    failed = isinstance(found, EvaluationError)
    match statement:
        case Claim(outcomes=outcomes):
            return (Outcome.NO_VALUE if failed else Outcome.TRUE if found else Outcome.FALSE) in outcomes
        case Fails(codes=codes):
            return isinstance(found, EvaluationError) and (codes is None or found.code in codes)
        case Outside(type=type):
            return not failed and not conforms(found, type)
        case Bound(path=(name,)):
            return not failed and equal(bindings[name], found)
        case _:
            raise AssertionError


def statements(dice: Dice, compiled: list[CompiledExpression]) -> tuple[Statement, ...]:
    """Return statements about some of the expressions."""
    made: list[Statement] = []
    for one in dice.some(compiled, 1, 3):
        assert one.checked is not None
        chosen = dice.number(0, 5)
        if one.type == BOOL and chosen < 4:
            outcomes = (Outcome.TRUE, Outcome.TRUE, Outcome.FALSE, Outcome.FALSE | Outcome.NO_VALUE)
            made.append(Claim(one.checked, outcomes[chosen]))
        elif chosen < 5:
            made.append(
                Fails(one.checked, None if dice.often(0.5) else frozenset({"division-by-zero", "no-such-index"}))
            )
        else:
            made.append(Outside(one.checked, IntType(0, 3) if one.type == INT else StringType(max=2)))
    return tuple(made)


@settings(max_examples=300)
@given(st.randoms(use_true_random=False))
def test_what_an_evaluation_comes_to_is_within_what_was_foreseen(random: Random) -> None:
    dice = Dice(random)
    environment, compiled = typed(dice)
    state = State(environment.scope.variables, environment.scope.optional_variables)
    for one in compiled:
        assert one.checked is not None
        foreseen = Failing(one.checked)
        domain, errors = foreseen.evaluate(foreseen.root, state)
        for _ in range(8):
            bindings = values(dice, environment)
            found = outcome(one, bindings)
            if isinstance(found, EvaluationError):
                assert found.code in errors, (one.expression.span.text, bindings, found)
            else:
                assert contains(domain, found), (one.expression.span.text, bindings, domain, found)


@settings(max_examples=300)
@given(st.randoms(use_true_random=False))
def test_no_values_meet_what_is_impossible_and_a_witness_meets_what_is_possible(random: Random) -> None:
    dice = Dice(random)
    environment, compiled = typed(dice)
    if not compiled:
        return
    variables, optional = environment.scope.variables, environment.scope.optional_variables
    problem = Problem(statements(dice, compiled), variables, optional)
    answer = Reasoner(proofs=False).ask(problem)
    shown = [(type(s).__name__, (s.condition if isinstance(s, Claim) else s.expression).expression.span.text)
             for s in problem.statements]  # fmt: skip
    if isinstance(answer, Possible):
        bindings = {**{name: {} for name in optional}, **answer.bindings}
        assert all(holds(statement, bindings) for statement in problem.statements), (shown, answer)
        for name, value in answer.bindings.items():
            assert name == HISTORY or conforms(value, variables[name]), (name, value)
        return
    for _ in range(20):
        bindings = values(dice, environment)
        if all(holds(statement, bindings) for statement in problem.statements):
            assert not isinstance(answer, Impossible), (shown, bindings)


@settings(max_examples=150)
@given(st.randoms(use_true_random=False))
def test_an_answer_does_not_depend_on_what_was_asked_before(random: Random) -> None:
    dice = Dice(random)
    environment, compiled = typed(dice)
    if not compiled:
        return
    variables = environment.scope.variables
    said = [*statements(dice, compiled), *statements(dice, compiled)]
    shared = Reasoner(proofs=False)
    for _ in range(12):
        absent = frozenset({"s"}) if dice.often(0.5) else frozenset[str]()
        asked = tuple(dice.some(said, 1, 2))
        problem = Problem(asked, variables, environment.scope.optional_variables - absent, absent)
        assert type(shared.ask(problem)) is type(Reasoner(proofs=False).ask(problem))


def test_few_questions_stay_open() -> None:
    """At most one in ten, over generated conditions, without a solver."""
    answers: Counter[str] = Counter()
    for seed in range(400):
        dice = Dice(Random(seed))
        environment, compiled = typed(dice)
        if compiled:
            reasoner = Reasoner(proofs=False)
            variables, optional = environment.scope.variables, environment.scope.optional_variables
            reasoner.ask(Problem(statements(dice, compiled), variables, optional))
            answers += reasoner.answered
    assert answers["Unknown"] <= answers.total() / 10, answers
    assert min(answers["Impossible"], answers["Possible"]) >= 20, answers


Asked: TypeAlias = str | tuple[str, Outcome] | Statement

ORDER = RecordType(
    "Order",
    {
        "amount": Field(IntType(0, 1_000_000)),
        "left": Field(INT),
        "share": Field(DoubleType(0.0, 1.0)),
        "rate": Field(DOUBLE),
        "kind": Field(StringType(("new", "old"))),
        "name": Field(StringType(max=40)),
        "note": Field(STRING, optional=True),
        "tags": Field(ListType(STRING, 5)),
    },
)
VARIABLES: dict[str, Type] = {**EVERYWHERE, "o": ORDER, "p": ORDER}
SCOPE = Environment(VARIABLES, FUNCTIONS.values(), optional_variables=frozenset({"p"}))
NOT_TRUE = Outcome.FALSE | Outcome.NO_VALUE


def asked(*texts: Asked) -> object:
    """Return the answer to claims about conditions over an order `o`, and another `p` that may be absent."""
    made: list[Statement] = []
    for text in texts:
        if isinstance(text, str | tuple):
            condition, outcomes = (text, Outcome.TRUE) if isinstance(text, str) else text
            checked = SCOPE.compile(condition).checked
            assert checked is not None
            made.append(Claim(checked, outcomes))
        else:
            made.append(text)
    return Reasoner(proofs=False).ask(Problem(tuple(made), VARIABLES, frozenset({"p"})))


def expression(text: str) -> Fails:
    checked = SCOPE.compile(text).checked
    assert checked is not None
    return Fails(checked)


@pytest.mark.parametrize(
    "texts",
    [
        ("o.amount > 10", "o.amount <= 10"),
        (("o.amount > 10", NOT_TRUE), ("o.amount <= 10", NOT_TRUE)),
        (("o.kind == 'new'", NOT_TRUE), ("o.kind == 'old'", NOT_TRUE)),
        ("o.amount > o.left", "o.amount <= o.left"),
        ("o.left > 5", "o.amount > o.left", "o.amount < 6"),
        ("o.amount + o.left > 10", "o.amount + o.left <= 10"),
        ("has(o.note) && o.note.startsWith('x')", "has(o.note) && o.note == 'y'"),
        ("has(o.note)", "!has(o.note)"),
        ("has(p.amount)", "!has(p.kind)"),
        ("now.getHours() >= 9 && now.getHours() < 17", "now.getHours() < 8"),
        ("'boss' in principal.roles", "!('boss' in principal.roles)"),
        ("o.share < 0.3", "o.share > 0.7"),
        ("o.name.contains('urgent')", "size(o.name) < 6"),
        ("o.name in ['x', 'y']", "o.name == 'z'"),
        ("o.amount > 5 ? o.kind == 'new' : false", "o.kind == 'old'"),
        ("o.tags == []", "size(o.tags) > 0"),
        ("now - run.started < duration('1h')", "now - run.started > duration('2h')"),
        (expression("100 / (o.amount + 1)"),),
        (expression("o.amount * 2"),),
        ("size(o.tags) > 0", expression("o.tags[0]")),
    ],
)
def test_contradictions(texts: tuple[Asked, ...]) -> None:
    assert asked(*texts) == Impossible()


@pytest.mark.parametrize(
    ("texts", "path", "value"),
    [
        (("o.amount >= 10", "o.amount <= 10"), "amount", 10),
        ((("o.amount > 10", NOT_TRUE), ("o.amount < 10", NOT_TRUE)), "amount", 10),
        ((("o.share < 0.3", NOT_TRUE), ("o.share > 0.3", NOT_TRUE)), "share", 0.3),
        (("o.name.contains('urgent')", "size(o.name) <= 6"), "name", "urgent"),
        ((expression("100 / o.amount"),), "amount", 0),
        ((expression("o.tags[0]"),), "tags", []),
        (("int(o.name) > 3",), "name", "4"),
        (("has(o.note) && o.note == 'y'",), "note", "y"),
        (("o.tags.exists(t, t == 'z')",), "tags", ["z"]),
    ],
)
def test_witnesses_are_plain(texts: tuple[Asked, ...], path: str, value: object) -> None:
    answer = asked(*texts)
    assert isinstance(answer, Possible)
    assert cast(Mapping[str, object], answer.bindings["o"])[path] == value


def test_what_relates_values_beyond_intervals_stays_open() -> None:
    assert isinstance(asked("o.left * o.left == 2"), Unknown)


WORDS: Mapping[str, Type] = {"word": STRING, "many": ListType(STRING)}
ADDRESSED = Environment(WORDS, FUNCTIONS.values())


@pytest.mark.parametrize(
    ("text", "fails"),
    [
        ('isURL(word) && url(word).getScheme() != "https"', False),
        ('!isURL(word) || url(word).getScheme() != "https"', False),
        ('!isURL(word) && url(word).getScheme() != "https"', True),
        ('isURL(word) || url(word).getScheme() != "https"', True),
        ("isIP(word) && url(word).getHost() == word", True),
        ('isIP(word) && ["10.0.0.0/8", "::/0"].exists(n, cidr(n).containsIP(word))', False),
        ('isIP(word) && ["10.0.0.0/8", "ten"].exists(n, cidr(n).containsIP(word))', True),
        ("isIP(word) && many.exists(n, cidr(n).containsIP(word))", True),
        ('many.exists(n, isIP(n) && cidr("10.0.0.0/8").containsIP(word))', True),
    ],
)
def test_what_was_asked_of_a_text_is_known_where_it_is_read(text: str, fails: bool) -> None:
    question = Problem((Fails(ADDRESSED.compile(text).checked),), WORDS)
    assert isinstance(Reasoner(proofs=False).ask(question), Impossible) is not fails


@pytest.mark.parametrize(
    "text",
    [
        'isURL(word) && url(word).getScheme() == "https"',
        'isURL(word) && !isIP(url(word).getHostname()) && url(word).getHostname() != "example.com"',
        "isURL(word) && isIP(url(word).getHostname()) && ip(url(word).getHostname()).isPrivate()",
        'isURL(word) && isIP(url(word).getHostname()) && cidr("100.64.0.0/10").containsIP(url(word).getHostname())',
        "isCIDR(word) && cidr(word).prefixLength() == 8",
        "!isURL(word)",
    ],
)
def test_addresses_and_urls_are_found_without_the_solver(text: str) -> None:
    compiled = ADDRESSED.compile(text)
    found = Reasoner(proofs=False).ask(Problem((Claim(compiled.checked),), WORDS))
    assert isinstance(found, Possible)
    assert compiled.evaluate(found.bindings) is True
