"""The cases that break others, on the path of a policy alone. (Those that are about runs are in tests/run.)"""

from dataclasses import replace

import pytest

from decide.generated import HOUR, SUBJECT, TOOLS, WORKFLOW, compiled, policy
from interlock.decide import Authorizer, Consent, Decision, History, Principal
from interlock.decide.evaluator import Evaluator
from interlock.decide.request import Request
from interlock_dsl.cel import DYN, Environment
from interlock_dsl.cel.values import Timestamp
from interlock_dsl.compiler.compile import compile_text
from interlock_dsl.diagnostics import DiagnosticError
from interlock_dsl.program.model import Program


def ask(program: Program, tool: str = "a.read", history: History | None = None, **changes: object) -> Decision:
    """Return the decision on one call of checked arguments under policies alone."""
    past = history or session()
    past.now = 2 * HOUR
    bindings: dict[str, object] = {
        "principal": Principal("pat").value(), "now": Timestamp(2 * HOUR * 1000),
        "run": {"id": "", "workflow": ""}, "$history": past,
    }  # fmt: skip
    request = Request(
        tool=tool, args={"n": 0}, principal=Principal("pat"), now=2 * HOUR, history=past, bindings=bindings
    )
    return Evaluator(program).authorize(replace(request, **changes))  # type: ignore[arg-type]


def session() -> History:
    return History("s", started=0)


def under(*rules: str) -> Program:
    return compiled(TOOLS + policy(list(rules)))


def causes(decision: Decision) -> list[str]:
    return [reason.cause for reason in decision.reasons]


NEEDS = ("permit a.read", "require approval by boss for a.read")
ERRS = "100 / args.n > 5"


def test_1_a_restriction_that_errors_applies_and_a_permit_that_errors_does_not() -> None:
    assert causes(ask(under("permit a.read", f"forbid a.read when {ERRS}"))) == ["forbid"]
    assert causes(ask(under("permit a.read", f"require approval by boss for a.read when {ERRS}"))) == ["require"]
    assert causes(ask(under(f"permit a.read when {ERRS}"))) == ["no-permit"]
    assert causes(ask(under("permit a.read", f"forbid a.read unless {ERRS}"))) == ["forbid"]
    assert causes(ask(under(f"permit a.read unless {ERRS}"))) == ["no-permit"]


def test_1_a_limit_that_errors_counts() -> None:
    past = session()
    past.record("a.read", 2 * HOUR)
    program = under("permit a.read", f"limit a.read to 1 per 1h for each run when {ERRS}")
    assert causes(ask(program, history=past)) == ["limit"]


def test_1_the_reason_says_that_the_condition_had_no_value() -> None:
    decision = ask(under("permit a.read", f"forbid a.read when {ERRS}"))
    assert "has no value" in decision.reasons[0].text


@pytest.mark.parametrize("condition", ['args.s != "x"', '!(args.s in ["x"])'])
def test_2_a_missing_field_fires_the_forbid_and_not_the_permit(condition: str) -> None:
    """The compiler refuses such a condition; unchecked, it still does no harm."""
    unchecked = Environment({"args": DYN}).compile(condition, checked=False)
    for text, cause in (("forbid a.read when args.n > 5", "forbid"), ("permit a.read when args.n > 5", "no-permit")):
        program = under("permit a.read", text) if cause == "forbid" else under(text)
        (whole,) = program.policies.values()
        rules = (*whole.rules[:-1], replace(whole.rules[-1], when=unchecked))
        broken = replace(program, policies={"p": replace(whole, rules=rules)})
        assert causes(ask(broken)) == [cause]
    with pytest.raises(DiagnosticError):
        compile_text(TOOLS + policy([f"forbid a.read when {condition}"]))


@pytest.mark.parametrize(
    "limit", ["limit a.read to 0 per 1h for each run", "limit a.read to 99999999999999999999 per 1h for each run"]
)
def test_3_a_limit_that_makes_no_sense_is_refused_when_compiled(limit: str) -> None:
    with pytest.raises(DiagnosticError):
        compile_text(TOOLS + policy([limit]))


def test_4_an_unknown_tool_is_denied_and_an_unknown_name_is_refused() -> None:
    assert causes(ask(under("permit *"), "a.raed")) == ["unknown-tool"]
    with pytest.raises(DiagnosticError):
        compile_text(TOOLS + policy(["forbid a.read when args.m > 5"]))


@pytest.mark.parametrize(
    "rules", [(), ("forbid c",), ("require approval by boss for a.read",), ("limit a.read to 5 per 1h for each run",)]
)
def test_5_nothing_that_permits_is_a_denial(rules: tuple[str, ...]) -> None:
    assert ask(under(*rules)).answer == "deny"


def test_5_no_scope_in_hand_is_a_denial() -> None:
    program = compiled(TOOLS + WORKFLOW % ("", "") + policy(["permit *"]))
    assert causes(ask(program, grants=())) == ["missing-scope"]


@pytest.mark.parametrize("effect", ["write", "irreversible"])
def test_5_an_effect_without_a_scope_is_a_denial_in_every_workflow(effect: str) -> None:
    """The compiler refuses such a tool; where one gets that far, nothing hands it out."""
    program = compiled(TOOLS + WORKFLOW % ("grant a.see, a.do", ""))
    broken = replace(program.tools["d"], effect=effect)  # type: ignore[arg-type]
    program = replace(program, tools={**program.tools, "d": broken})
    grants = program.workflows["w"].routes[0].grants
    assert causes(ask(program, "d", grants=grants)) == ["missing-scope"]
    assert "d" not in Evaluator(program).listed("ann", frozenset({"a.see", "a.do"}))
    alone = replace(program, policies=under("permit *").policies)
    decision = Authorizer(alone).decide("d", {"n": 1}, agent="ann", principal=None, now=0, history=session())
    assert causes(decision) == ["missing-scope"]
    assert "d" not in Authorizer(alone).listed(agent="ann", principal=None)


@pytest.mark.parametrize("given", ["n", 5, None, [], {}, {"n": 101}, {"n": True}, {"n": 5, "m": 1}, {"n": 5.5}])
def test_6_there_is_no_call_without_arguments_that_fit(given: object) -> None:
    decision = Authorizer(under("permit *")).decide(
        "a.read", given, agent=None, principal=None, now=0, history=session()
    )
    assert causes(decision) == ["arguments"]


def test_7_what_is_hidden_cannot_be_called() -> None:
    program = under("permit a.*", "permit c when args.n > 50", "forbid a.write")
    assert Evaluator(program).listed("zoe", None) == ("a.read", "c")
    assert causes(ask(program, "b.read")) == ["no-permit"]
    assert causes(ask(program, "a.write")) == ["forbid"]
    assert causes(ask(program, "a.read", shown=("c",))) == ["not-shown"]


@pytest.mark.parametrize(
    ("consent", "answer"),
    [
        (Consent("a1", "boss", SUBJECT, ("eva",)), "allow"),
        (Consent("a1", "boss", "other", ("eva",)), "ask"),
        (Consent("a1", "chief", SUBJECT, ("eva",)), "ask"),
        (Consent("a1", "boss", SUBJECT, ("pat",)), "ask"),
        (Consent("a1", "boss", SUBJECT, ("",)), "ask"),
        (Consent("a1", "boss", SUBJECT, ()), "ask"),
        (Consent("a1", "boss", SUBJECT, ("eva",), expires=2 * HOUR), "ask"),
        (Consent("a1", "boss", SUBJECT, ("eva",), expires=2 * HOUR + 1), "allow"),
        (Consent("a1", "boss", SUBJECT, ("eva",), spent=True), "ask"),
    ],
)
def test_8_an_approval_counts_for_exactly_this_call(consent: Consent, answer: str) -> None:
    assert ask(under(*NEEDS), subject=SUBJECT, consents=(consent,)).answer == answer


def test_8_an_approval_never_overrules_a_forbid() -> None:
    consents = (Consent("a1", "boss", SUBJECT, ("eva",)),)
    assert ask(under(*NEEDS, "forbid a.read"), subject=SUBJECT, consents=consents).answer == "deny"


def test_8_no_person_is_asked_about_what_would_be_denied_anyway() -> None:
    decision = ask(under(*NEEDS, "forbid a.read"))
    assert (decision.answer, decision.needs) == ("deny", ())


def test_9_a_budget_that_is_used_up_denies() -> None:
    assert causes(ask(under("permit *"), over=("no calls left",))) == ["budget"]


def test_11_a_condition_that_costs_too_much_has_no_value() -> None:
    costly = "".join(f"[0,1,2,3,4,5,6,7,8,9].all(x{i}, " for i in range(8)) + "args.n < 200" + ")" * 8
    assert causes(ask(under("permit a.read", f"forbid a.read when !{costly}"))) == ["forbid"]
    assert causes(ask(under(f"permit a.read when {costly}"))) == ["no-permit"]
