"""What a replay compares: codes, ids, arguments and moments; no sentence for people and no place in the source."""

from collections.abc import Callable
from dataclasses import fields, replace
from enum import StrEnum
from hashlib import sha256
from typing import Any, cast, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.decide import ApprovalNeed, Claim, Decision, NotifyRole, Reason, RedactFields
from interlock.decide.decision import Answer
from interlock.run.audit.outcome import _DECIDED, _MOST_DECIDED, REPEATED, SENTENCES, compared, outcome_of
from interlock.run.protocol import codes
from interlock.run.protocol.commands import Admit, CallTool, Command, Reserve
from interlock.run.protocol.notes import CallDecided, Ignored, Note, NotTaken, NoValue, RouteTaken
from interlock_dsl.diagnostics.source import Source, Span
from interlock_dsl.program.model import Breaker, Rate
from interlock_dsl.schema.canonical import canonical

KINDS = (*get_args(Note), *get_args(Command))


CLAIM = Claim("d1", "bank/limit#1", '["ann"]', 1, 4, 60)


def made(kind: type) -> Note | Command:
    """Return a note or command in which every field has a value."""
    values: dict[str, object] = {field.name: f"a {field.name}" for field in fields(kind)}
    if "decision" in values:
        values["decision"] = Decision("allow", (Reason("grant", "said"),))
    if "others" in values:
        values["others"] = (NotTaken("a->b#1", codes.WhyNotTaken.FALSE, "said"),)
    if "claims" in values:
        values["claims"] = (CLAIM,)
    if "rate" in values:
        values["rate"] = Rate(3, 60)
    if "breaker" in values:
        values["breaker"] = Breaker(3, 60, 9)
    return kind(**values)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_name_that_is_compared_in_its_own_way_means_one_thing(kind: type) -> None:
    hints = get_type_hints(kind)
    held: dict[str, tuple[object, ...]] = {
        "decision": (Decision,),
        "others": (tuple[NotTaken, ...],),
        "claims": (tuple[Claim, ...],),
        "rate": (Rate, Rate | None),
        "breaker": (Breaker, Breaker | None),
    }
    for name, types in held.items():
        assert name not in hints or hints[name] in types


changed: Callable[..., Note | Command] = replace


def outcome(one: Note | Command) -> bytes:
    return outcome_of([cast("Note", one)], [])  # notes and commands are written alike


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_another_sentence_is_the_same_outcome_and_another_value_of_any_other_field_is_not(kind: type) -> None:
    one = made(kind)
    for field in fields(kind):
        if field.name in ("decision", "others", "claims", "rate", "breaker"):
            continue
        other = changed(one, **{field.name: "something else"})
        same = field.name in SENTENCES | REPEATED
        assert (outcome(one) == outcome(other)) is same, field.name


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_sentence_that_says_why_has_a_code_beside_it(kind: type) -> None:
    names = {field.name for field in fields(kind)}
    if names & {"message", "reason", "why"} and kind is not NoValue:  # which means one thing by itself
        assert names & {"code", "trigger", "outcome", "role"}


def test_of_a_decision_the_causes_and_rules_count_and_neither_texts_nor_places() -> None:
    def decided(reason: Reason) -> CallDecided:
        return CallDecided("s", "", "t", {}, "", Decision("deny", (reason,)))

    span = Span(Source("a.ilk", "policy"), 0, 3)
    assert outcome(decided(Reason("forbid", "said", "p/forbid#1"))) == outcome(
        decided(Reason("forbid", "otherwise said", "p/forbid#1", span))
    )
    assert outcome(decided(Reason("forbid", "said", "p/forbid#1"))) != outcome(
        decided(Reason("forbid", "said", "p/forbid#2"))
    )
    assert outcome(decided(Reason("forbid", "said"))) != outcome(decided(Reason("limit", "said")))


def test_of_a_claim_all_counts_but_the_rule() -> None:
    def reserve(claim: Claim) -> bytes:
        return outcome(Reserve("v1", "s", (claim,)))

    assert reserve(CLAIM) == reserve(replace(CLAIM, rule="bank/limit#2"))
    others = [replace(CLAIM, limit="d2"), replace(CLAIM, key="[]")]
    others += [replace(CLAIM, **{name: 9}) for name in ("amount", "most", "period")]
    assert len({reserve(CLAIM), *map(reserve, others)}) == 6


def test_of_a_rate_and_a_breaker_all_counts() -> None:
    one = Admit("a1", "s", "t", Rate(3, 60), Breaker(3, 60, 9), 9)
    others = [replace(one, rate=rate) for rate in (None, Rate(4, 60), Rate(3, 61))]
    others += [
        replace(one, breaker=breaker) for breaker in (None, Breaker(4, 60, 9), Breaker(3, 61, 9), Breaker(3, 60, 8))
    ]
    assert len({outcome(one), *map(outcome, others)}) == 8


def test_why_a_route_was_not_taken_counts_as_its_code() -> None:
    def taken(code: codes.WhyNotTaken, reason: str) -> RouteTaken:
        return RouteTaken("a->b#1", (NotTaken("a->c#1", code, reason),))

    false, lacking = codes.WhyNotTaken.FALSE, codes.WhyNotTaken.OTHER_TAKEN
    assert outcome(taken(false, "one")) == outcome(taken(false, "two"))
    assert outcome(taken(false, "one")) != outcome(taken(lacking, "one"))


def test_what_json_cannot_say_has_an_outcome_too() -> None:
    def decided(value: float | str) -> bytes:
        return outcome(CallDecided("s", "", "t", {"x": value}, "", Decision("deny", ())))

    assert len({decided(value) for value in (float("nan"), float("inf"), 2**70, "\ud800", "nan")}) == 5


def test_codes_are_unique_lower_case_and_explained() -> None:
    for name, kind in vars(codes).items():
        if isinstance(kind, type) and issubclass(kind, StrEnum) and kind is not StrEnum:
            assert kind.__doc__, name
            assert all(code == code.name.lower().replace("_", "-") for code in kind)
    assert outcome(Ignored(codes.WhyIgnored.NOT_DUE, "")) != outcome(Ignored(codes.WhyIgnored.EXPIRED, ""))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_outcome_is_the_digest_of_what_is_compared_as_canonical_json(kind: type) -> None:
    every: list[Any] = [made(kind), made(kind)]
    assert outcome_of(every[:1], every[1:]) == sha256(canonical(compared(every))).digest()


def test_decisions_that_come_and_go_are_never_taken_for_one_another() -> None:
    seen = set()
    for number in range(9_000):  # an object's identity is given again once it is gone
        one = CallDecided("s", "", "t", {"n": 1}, "", Decision("deny", (Reason("forbid", "", f"p/forbid#{number}"),)))
        assert outcome(one) == sha256(canonical(compared([one]))).digest()
        seen.add(outcome(one))
    assert len(seen) == 9_000


NEEDS = ((), (ApprovalNeed("boss", 1, None, "p/require#1"),))
OBLIGATIONS = ((), (NotifyRole("boss", "", "p/notify#1"),), (RedactFields(("args.n",), "p/redact#1"),))


@given(st.lists(st.tuples(st.sampled_from(get_args(Answer)), st.sampled_from(NEEDS), st.sampled_from(OBLIGATIONS))))
def test_decisions_for_the_same_reasons_are_told_apart_in_any_order(drawn: list[Any]) -> None:
    reasons = (Reason("forbid", "", "p/forbid#1"),)
    for answer, needs, obligations in drawn:
        one = CallDecided("s", "", "t", {}, "", Decision(answer, reasons, needs, obligations=obligations))
        assert outcome(one) == sha256(canonical(compared([one]))).digest()


def test_no_more_decisions_are_remembered_than_the_bound() -> None:
    for number in range(_MOST_DECIDED + 100):
        outcome(CallDecided("s", "", "t", {}, "", Decision("deny", (Reason("forbid", "", f"p/forbid#{number}"),))))
        assert len(_DECIDED) <= _MOST_DECIDED


@given(
    st.dictionaries(st.text('aé€\U0001f600"', max_size=3), st.integers(0, 9) | st.text(max_size=3), max_size=4),
    st.text(max_size=3) | st.integers(0, 9),
    st.integers(1, 3),
    st.none() | st.integers(0, 9),
    st.booleans(),
)
def test_an_allowed_call_is_written_as_its_parts_are(
    args: dict[str, Any], agent: Any, attempt: int, timeout: int | None, shared: bool
) -> None:
    note = CallDecided("", agent, "a.b", args, "", Decision("allow", (Reason("permit", "said"),)), "c1")
    command = CallTool("c1", "", "a.b", args if shared else dict(args), "k", attempt, timeout, "agent")
    expected = sha256(canonical(compared((note, command)))).digest()
    assert outcome_of((note,), (command,)) == expected
