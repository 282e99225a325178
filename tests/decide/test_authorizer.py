"""The public way in: raw arguments, every part of the question written out, the same answers as the reference."""

import inspect
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decide.generated import HOUR, NAMES, TOOLS, compiled, histories, policy, principals, programs
from decide.reference import reference_decision
from interlock import Machine, prepare
from interlock.decide import Authorizer, Consent, Decision, History, Principal
from interlock_dsl.program.model import Program

FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
NOW = 2 * HOUR

raw_arguments = st.one_of(
    st.fixed_dictionaries({"n": st.sampled_from([0, 3, 6, 10, 30, 60])}, optional={"s": st.sampled_from(["x", "y"])}),
    st.fixed_dictionaries({"n": st.sampled_from([0, 3, 6, 10, 30, 60])}, optional={"s": st.sampled_from(["x", "y"])}),
    st.fixed_dictionaries(
        {},
        optional={
            "n": st.sampled_from([-1, 101, math.nan, math.inf, 5.0, 5.5, True, "5", None, 10**5000, [5], {}]),
            "s": st.sampled_from(["x", "too long", None, 5, "\ud800"]),
            "m": st.just(1),
            "N": st.just(5),
        },
    ),
    st.sampled_from([None, 5, "n", [], [["n", 5]], math.nan]),
)
agents = st.sampled_from(["ann", "bob", "ann", "bob", None, "", "zoe", "Ann"])
tiers = st.sampled_from([0, 2, 10**9])
tools_asked = st.sampled_from([*NAMES, *NAMES, "nope", ""])
somebody = st.one_of(st.none(), principals)
agreeing = st.sets(st.sampled_from(["boss", "chief"]))
people = st.sampled_from([("eva",), ("pat",), (), ("",)])
tools_listed = st.sampled_from(NAMES)


@settings(FEW, max_examples=250)
@given(st.data())
def test_decide_agrees_with_the_reference(data: st.DataObject) -> None:
    program = data.draw(programs())
    authorizer = Authorizer(program)
    authorizer._evaluator._compile_after = data.draw(tiers)
    for _ in range(10):
        tool, raw = data.draw(tools_asked), data.draw(raw_arguments)
        agent, principal = data.draw(agents), data.draw(somebody)
        history = data.draw(histories())
        asked = {"agent": agent, "principal": principal, "now": NOW, "history": history}
        subject = authorizer.decide(tool, raw, **asked).subject
        approvals = tuple(
            Consent("a", role, data.draw(st.sampled_from([subject, subject, "", "other"])), by)
            for role in data.draw(agreeing)
            for by in [data.draw(people)]
        )
        decision = authorizer.decide(tool, raw, **asked, approvals=approvals)
        expected = reference_decision(program, tool, raw, **asked, approvals=approvals, subject=subject)
        assert decision.answer == expected.answer
        assert {(reason.cause, reason.rule) for reason in decision.reasons} == expected.because
        assert {need.role for need in decision.needs} == expected.roles
        assert bool(decision.subject) is (decision.answer == "ask")


@FEW
@given(st.data())
def test_what_is_not_listed_is_denied(data: st.DataObject) -> None:
    program = data.draw(programs())
    authorizer = Authorizer(program)
    for _ in range(10):
        agent, principal = data.draw(agents), data.draw(somebody)
        listed = authorizer.listed(agent=agent, principal=principal)
        tool = data.draw(tools_listed)
        decision = authorizer.decide(
            tool, data.draw(raw_arguments), agent=agent, principal=principal, now=NOW, history=data.draw(histories())
        )
        assert tool in listed or decision.answer == "deny"


def ask(program: Program, tool: str = "a.read", raw: object = None, **changes: Any) -> Decision:
    whole: dict[str, Any] = {
        "agent": "ann", "principal": Principal("pat"), "now": NOW, "history": History("s", started=0),
    }  # fmt: skip
    return Authorizer(program).decide(tool, {"n": 5} if raw is None else raw, **{**whole, **changes})


def under(*rules: str) -> Program:
    return compiled(TOOLS + policy(list(rules)))


def test_no_part_of_the_question_has_a_default_but_what_can_only_give() -> None:
    parameters = inspect.signature(Authorizer.decide).parameters
    optional = [name for name, each in parameters.items() if each.default is not inspect.Parameter.empty]
    assert optional == ["approvals", "context"]
    keywords = [name for name, each in parameters.items() if each.kind is inspect.Parameter.KEYWORD_ONLY]
    assert keywords == ["agent", "principal", "now", "history", "approvals", "context"]


def test_an_agent_never_goes_beyond_what_it_may() -> None:
    program = under("permit *")
    text = TOOLS.replace('agent bob { model "m"  may a.see, a.do, b.see, c.do }', 'agent bob { model "m"  may b.see }')
    narrow = compiled(text + policy(["permit *"]))
    for _ in range(200):  # also once code was generated for the pair
        assert ask(program, "a.write", agent="bob").answer == "allow"
        assert [reason.cause for reason in ask(narrow, "a.write", agent="bob").reasons] == ["missing-scope"] * 2
    authorizer = Authorizer(narrow)
    for agent, answer in (("ann", "allow"), ("bob", "deny"), ("ann", "allow")) * 100:
        history = History("s", started=0)
        asked = authorizer.decide("a.read", {"n": 5}, agent=agent, principal=None, now=NOW, history=history)
        assert asked.answer == answer
    assert "a.read" not in authorizer.listed(agent="bob", principal=None)


def test_a_call_never_goes_beyond_what_its_principal_holds() -> None:
    held = Principal("pat", (), frozenset({"b.see"}))
    assert ask(under("permit *"), "b.read", principal=held).answer == "allow"
    assert [reason.cause for reason in ask(under("permit *"), principal=held).reasons] == ["missing-scope"]
    assert Authorizer(under("permit *")).listed(agent="ann", principal=held) == ("b.read", "d")


def test_an_approval_is_for_one_tool_arguments_agent_principal_and_session() -> None:
    program = under("permit *", "require approval by boss for *")
    subject = ask(program).subject
    assert subject
    given = (Consent("a", "boss", subject, ("eva",)),)
    assert ask(program, approvals=given).answer == "allow"
    others: list[dict[str, Any]] = [
        {"tool": "b.read"}, {"raw": {"n": 6}}, {"raw": {"n": 5, "s": "x"}}, {"agent": "bob"}, {"agent": None},
        {"principal": Principal("kim")}, {"principal": None}, {"history": History("t", started=0)},
    ]  # fmt: skip
    for other in others:
        assert ask(program, approvals=given, **other).answer == "ask", other
        assert ask(program, **other).subject not in ("", subject)


@pytest.mark.parametrize("by", ["pat", "Pat", " PAT ", "\uff30at"])
def test_nobody_approves_their_own_call_by_spelling_their_name_otherwise(by: str) -> None:
    program = under("permit *", "require approval by boss for *")
    for name in ("pat", "PAT "):
        subject = ask(program, principal=Principal(name)).subject
        assert subject == ask(program).subject
        given = (Consent("a", "boss", subject, (by,)),)
        assert ask(program, principal=Principal(name), approvals=given).answer == "ask"


def test_conditions_read_the_normalised_name_and_unseen_characters_are_refused() -> None:
    program = under("permit a.read when principal.name == 'pat'")
    assert ask(program, principal=Principal("PAT")).answer == "allow"
    with pytest.raises(ValueError, match="nobody can see"):
        ask(program, principal=Principal("pa\u200bt"))


def test_every_question_says_what_an_approval_is_for_also_once_code_was_generated() -> None:
    authorizer = Authorizer(under("permit *", "require approval by boss for *"))
    history = History("s", started=0)
    decisions = [
        authorizer.decide("a.read", {"n": 5}, agent="ann", principal=None, now=NOW, history=history) for _ in range(200)
    ]
    assert {decision.answer for decision in decisions} == {"ask"}
    assert len({decision.subject for decision in decisions}) == 1 and decisions[0].subject


def test_an_empty_digest_never_matches_an_approval() -> None:
    program = under("permit *", "require approval by boss for *")
    for digest in ("", " "):
        assert ask(program, approvals=(Consent("a", "boss", digest, ("eva",)),)).answer == "ask"


def test_what_is_memoized_for_one_agent_is_not_answered_to_another() -> None:
    authorizer = Authorizer(under("permit a.* when args.n < 5", "permit a.read by ann", "permit a.write by bob"))
    authorizer._evaluator._compile_after = 0
    for _ in range(3):
        for tool, agent, answer in (
            ("a.read", None, "deny"), ("a.read", "ann", "allow"), ("a.read", "bob", "deny"),
            ("a.write", "bob", "allow"), ("a.write", "ann", "deny"), ("a.write", None, "deny"),
        ):  # fmt: skip
            asked = {"agent": agent, "principal": None, "now": NOW, "history": History("s", started=0)}
            assert authorizer.decide(tool, {"n": 5}, **asked).answer == answer, (tool, agent)  # type: ignore[arg-type]


def test_unknown_tools_and_agents_are_denied_and_named() -> None:
    program = under("permit *")
    (tool,), (agent,) = ask(program, "a.raed").reasons, ask(program, agent="zoe").reasons
    assert (tool.cause, tool.text) == ("unknown-tool", "there is no tool `a.raed`")
    assert (agent.cause, agent.text) == ("unknown-agent", "there is no agent `zoe`")
    assert ask(program, "x" * 500).reasons[0].text == f"there is no tool `{'x' * 80}`"
    assert ask(program, ["a.read"]).reasons[0].text == "there is no tool `list`"  # type: ignore[arg-type]
    assert "\u202e" not in ask(program, "a\u202eread").reasons[0].text
    assert ask(program, ["a.read"]).reasons[0].cause == "unknown-tool"  # type: ignore[arg-type]
    assert Authorizer(program).listed(agent="zoe", principal=None) == ()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"now": math.nan}, TypeError),
        ({"now": True}, TypeError),
        ({"now": None}, TypeError),
        ({"now": -1}, ValueError),
        ({"now": 10**30}, ValueError),
        ({"history": None}, TypeError),
        ({"principal": "pat"}, TypeError),
        ({"approvals": ["a"]}, TypeError),
    ],
)
def test_a_question_that_is_none_raises(changes: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        ask(under("permit *"), **changes)


@pytest.mark.parametrize(
    ("part", "given"),
    [
        ("digest", None), ("digest", b"s"), ("by", ["eva"]), ("by", ("eva", None)), ("by", "eva"), ("expires", 1.5),
        ("expires", True), ("expires", "1"),
    ],
)  # fmt: skip
def test_an_approval_of_other_types_is_none(part: str, given: object) -> None:
    whole: dict[str, object] = {"id": "a", "role": "boss", "digest": "s", "by": ("eva",), "expires": None}
    Consent(**whole)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="of an approval"):
        Consent(**{**whole, part: given})  # type: ignore[arg-type]


def test_texts_are_no_collections_of_texts() -> None:
    with pytest.raises(TypeError, match="scopes"):
        Principal("pat", scopes="a.see")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="roles"):
        Principal("pat", "boss")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="people"):
        Consent("a", "boss", "s", "eva")  # type: ignore[arg-type]
    past = History("s", started=0)
    past.record("a.read", 5)
    with pytest.raises(ValueError, match="after"):
        past.record("a.read", 4)


def deep() -> object:
    made: object = []
    for _ in range(100_000):
        made = [made]
    return made


DEEP = deep()


@pytest.mark.parametrize(
    "wrong", [DEEP, "x" * 10**6, 10**5_000, {"a": DEEP}, None], ids=["deep", "long", "big", "map", "none"]
)
def test_a_part_of_another_type_is_refused_however_deep_or_long_it_is(wrong: Any) -> None:
    program = under("permit *")
    of_text = isinstance(wrong, str)
    makers = [
        lambda: Principal("pat", wrong),
        lambda: Principal("pat", (), 5 if wrong is None else wrong),
        lambda: Consent("a", "boss", "s", wrong),
        lambda: Consent("a", "boss", "s", ("eva",), wrong if isinstance(wrong, list | dict | str) else 1.5),  # type: ignore[arg-type]
        lambda: Authorizer(wrong),
        lambda: Machine(wrong),
        lambda: ask(program, principal=0 if wrong is None else wrong),
        lambda: ask(program, history=wrong),
        lambda: ask(program, now=wrong if not isinstance(wrong, int) else 0.5),
        lambda: prepare(program, "w", {}, run="r", at=0, principal=wrong),
    ]
    if not of_text:
        makers += [
            lambda: Principal(wrong),
            lambda: Consent(wrong, "boss", "s", ()),
            lambda: Consent("a", wrong, "s", ()),
            lambda: Consent("a", "boss", wrong, ()),
        ]
    for make in makers:
        with pytest.raises(TypeError) as error:
            make()
        assert len(str(error.value)) < 250


def test_a_limit_by_agents_counts_the_calls_of_those_agents() -> None:
    program = under("permit *", "limit a.read to 2 per 1h for each run by ann")
    others = History("s", started=0)
    for _ in range(5):
        others.record("a.read", NOW, agent="bob")
        others.record("a.read", NOW, agent=None)
    assert ask(program, agent="ann", history=others).answer == "allow"
    own, unsaid = History("s", started=0), History("s", started=0)
    for _ in range(2):
        own.record("a.read", NOW, agent="ann")
        unsaid.record("a.read", NOW)
    assert ask(program, agent="ann", history=own).answer == "deny"
    assert ask(program, agent="ann", history=unsaid).answer == "deny", "of whom nobody says who made it counts for all"
    assert ask(program, agent="bob", history=own).answer == "allow"
    everyone = under("permit *", "limit a.read to 2 per 1h for each run")
    assert ask(everyone, agent="ann", history=others).answer == "deny"


def test_a_limit_says_how_many_in_which_time() -> None:
    for count, period, said in (
        (1, "90s", "one call in 90s"),
        (2, "60m", "2 calls in 1h"),
        (3, "36h", "3 calls in 36h"),
    ):
        session = History("s", started=0)
        for _ in range(count):
            session.record("a.read", NOW)
        refused = ask(under("permit *", f"limit a.* to {count} per {period} for each run"), history=session)
        assert [reason.text for reason in refused.reasons] == [f"`p/limit#1` allows {said}"]
