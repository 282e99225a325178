"""What `redact` hides is seen by nobody but the tool and those who approve; `notify` tells a role of each call once."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.decide import Authorizer, History, RedactFields
from interlock.errors import InvalidInput
from interlock.run import redaction
from interlock.run.lifecycle.start import prepare
from interlock.run.machine import Machine
from interlock.run.protocol.commands import AskApproval, AskModel, CallTool, Notify, SetTimer
from interlock.run.protocol.events import (
    ApprovalGiven,
    ModelCall,
    ModelReplied,
    RunResumed,
    TimerFired,
    ToolFailed,
    ToolReturned,
)
from interlock.run.protocol.notes import CallDecided, CallDone, RoleNotified, StepDone
from interlock_dsl import compile_text
from interlock_dsl.cel.types import STRING, Field, ListType, MapType, RecordType
from interlock_dsl.diagnostics.source import NOWHERE
from interlock_dsl.program.bundle import dump, load
from interlock_dsl.program.model import Program, Tool

NUMBER, NOTE = "DE-secret-iban", "secret note"
TEXT = """
context { risk: enum("low", "high") }
let cap = 10
tool crm.get(id: string, note: string) -> { iban: string  name: string } { needs crm.read  effect read  retry 1 times }
tool crm.pay(iban: string, cents: int in 0..cap) { needs crm.pay  effect write  idempotent by iban }
agent clerk { model "m"  may crm.read }
role boss { reach "x" }
role audit { reach "y" }
workflow w(id: string) {
  step ask by clerk { task "look"  returns { done: bool } }
  step look calls crm.get(id: id, note: "secret note")
  step tell by clerk { task "tell"  returns { done: bool } }
  step pay calls crm.pay(iban: look.iban, cents: 5)
  end done
  start -> ask grant crm.read
  ask -> look grant crm.read
  look -> tell pass look.iban, look.name
  tell -> pay grant crm.pay
  pay -> done
  require approval by boss within 1h for crm.pay when has(look.name) && look.name == "Ann"
}
policy p {
  redact result.iban, args.note for crm.get
  redact args.iban for crm.pay
  notify audit for crm.get when context.risk == "high" because "an account is read"
}
"""
RESULT = {"iban": NUMBER, "name": "Ann"}


class World:
    """A run of the workflow, fed until it waits for the boss; everything that came out of it is kept."""

    def __init__(self, program: Program, risk: str | None = "high") -> None:
        self.machine, self.notes, self.commands, self.at = Machine(program), [], [], 0
        said = None if risk is None else {"risk": risk}
        self.feed(prepare(program, "w", {"id": "a"}, run="r", at=0, context=said))

    def feed(self, event: object) -> None:
        self.notes += self.machine.feed(event)  # type: ignore[arg-type]
        self.commands += self.machine.commands()

    def last(self, kind: type) -> object:
        return [command for command in self.commands if isinstance(command, kind)][-1]

    def to_the_boss(self) -> None:
        args = {"id": "a", "note": NOTE}
        self.feed(ModelReplied(1, self.last(AskModel).id, False, calls=(ModelCall("k", "crm.get", args),)))
        self.feed(ToolReturned(2, self.last(CallTool).id, RESULT))
        self.feed(ModelReplied(3, self.last(AskModel).id, True, {"done": True}))
        self.feed(ToolReturned(4, self.last(CallTool).id, RESULT))
        self.feed(ModelReplied(5, self.last(AskModel).id, True, {"done": True}))


@pytest.fixture(scope="module")
def program() -> Program:
    return compile_text(TEXT)


def said(things: object) -> str:
    return repr(things)


def test_nobody_is_shown_what_a_rule_hides_but_the_tool_and_the_approver(program: Program) -> None:
    world = World(program)
    world.to_the_boss()
    assert NUMBER not in said(world.notes) and NOTE not in said(world.notes)
    asked = [command for command in world.commands if isinstance(command, AskModel)]
    assert NUMBER not in said([(one.context, [turn.outcomes for turn in one.turns]) for one in asked])
    assert asked[-1].context["look"] == {"iban": redaction.HIDDEN, "name": "Ann"}
    # The tool gets what it needs, conditions read what there is, and the boss sees the whole call.
    assert [call.args["note"] for call in world.commands if isinstance(call, CallTool)] == [NOTE, NOTE]
    approval = world.last(AskApproval)
    assert approval.subject["args"] == {"iban": NUMBER, "cents": 5}
    world.feed(ApprovalGiven(6, approval.id, "eva", "boss", approval.digest))
    assert world.last(CallTool).args == {"iban": NUMBER, "cents": 5}
    done = [note for note in world.notes if isinstance(note, CallDone | StepDone) and "iban" in said(note)]
    assert done and all(redaction.HIDDEN in said(note) for note in done)


def test_what_cannot_be_read_is_hidden_as_a_whole(program: Program) -> None:
    world = World(program)
    args = {"id": 5, "note": {"text": NOTE}}
    world.feed(ModelReplied(1, world.last(AskModel).id, False, calls=(ModelCall("k", "crm.get", args),)))
    (decided,) = [note for note in world.notes if isinstance(note, CallDecided)]
    assert decided.decision.answer == "deny" and decided.args == {"id": 5, "note": redaction.HIDDEN}


@pytest.mark.parametrize(("risk", "times"), [("high", 1), ("low", 0), (None, 1)])
def test_a_role_is_told_once_of_a_call_whatever_its_attempts(program: Program, risk: str | None, times: int) -> None:
    """Without a context the condition of the `notify` has no value, so it applies."""
    world = World(program, risk)
    args = {"id": "a", "note": ""}
    world.feed(ModelReplied(1, world.last(AskModel).id, False, calls=(ModelCall("k", "crm.get", args),)))
    world.feed(ToolFailed(2, world.last(CallTool).id, "error", "no"))
    timer = world.last(SetTimer)
    world.feed(TimerFired(max(3, timer.at), timer.id))
    world.feed(RunResumed(timer.at + 5))
    assert sum(isinstance(command, CallTool) for command in world.commands) == 3
    told = [command for command in world.commands if isinstance(command, Notify)]
    assert [(one.role, one.reason.split(" (")[0]) for one in told] == [("audit", "an account is read")] * times
    assert sum(isinstance(note, RoleNotified) for note in world.notes) == times


def test_the_context_is_checked_before_a_run_begins(program: Program) -> None:
    for wrong in ({"risk": "none"}, {"risk": "low", "more": 1}, {}):
        with pytest.raises(InvalidInput, match="the context does not fit"):
            prepare(program, "w", {"id": "a"}, run="r", at=0, context=wrong)
    without = compile_text(TEXT.replace("context {", "type Risk {").replace(' when context.risk == "high"', ""))
    with pytest.raises(InvalidInput, match="declares no context"):
        prepare(without, "w", {"id": "a"}, run="r", at=0, context={"risk": "low"})


def test_a_missing_context_denies() -> None:
    tools = "context { risk?: int }\ntool t(n: int) { needs t.x  effect write  idempotent by n }\n"
    tools += 'agent a { model "m"  may t.x }\n'
    for rules in (
        "permit t when !has(context.risk)",
        "permit t unless has(context.risk)",
        "permit t forbid t when has(context.risk)",
        "permit t forbid t unless !has(context.risk)",
    ):
        authorizer = Authorizer(compile_text(tools + f"policy p {{ {rules} }}"))

        def answer(context: dict[str, object] | None, authorizer: Authorizer = authorizer) -> str:
            history = History("s", started=0)
            return authorizer.decide(
                "t", {"n": 1}, agent="a", principal=None, now=1, history=history, context=context
            ).answer

        assert (answer(None), answer({}), answer({"risk": 1})) == ("deny", "allow", "deny")


def test_a_constant_is_its_value_wherever_it_stands() -> None:
    named = """
let most = 2 * 5
let big = most - 3
let wait = 4h
tool t(n: int in 0..most, names: list<string> max most) { needs t.x  effect write  idempotent by n  timeout wait }
role boss { reach "x" }
policy p {
  permit t when args.n <= big && args.names.all(most, most != "")
  require approval by boss within wait for t when args.n == most
  limit t to most per wait for each run
}
"""
    written = named[named.index("tool") :].replace("most, most", "m, m").replace("all(m, m", "all(most, most")
    for name, value in (("0..most", "0..10"), ("max most", "max 10"), ("== most", "== 10"), ("to most", "to 10")):
        written = written.replace(name, value)
    written = written.replace("big", "7").replace("timeout wait", "timeout 4h").replace("within wait", "within 4h")
    written = written.replace("per wait", "per 4h")
    assert "wait" not in written
    assert compile_text(named).digest == compile_text(written).digest


def test_a_bundle_keeps_context_obligations_and_rules_of_workflows(program: Program) -> None:
    again = load(dump(program))
    assert again.digest == program.digest and again.context == program.context
    assert [rule.id for rule in again.workflows["w"].rules] == ["w/require#1"]
    world = World(again)
    world.to_the_boss()
    assert NUMBER not in said(world.notes) and isinstance(world.last(AskApproval), AskApproval)


INNER = RecordType("", {"a": Field(STRING), "b": Field(STRING, optional=True)})
SHAPE = RecordType("", {"one": Field(INNER), "many": Field(ListType(INNER)), "named": Field(MapType(STRING, INNER))})
inner = st.fixed_dictionaries({"a": st.text(max_size=3)}, optional={"b": st.text(max_size=3)})
values = st.fixed_dictionaries(
    {
        "one": inner,
        "many": st.lists(inner, max_size=3),
        "named": st.dictionaries(st.text(max_size=2), inner, max_size=3),
    }
)
anything = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(["one", "a", "many"]), inside),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(values, st.sampled_from(["one.a", "one.b", "one", "many.a", "many", "named.a", "named.b"]))
def test_what_is_hidden_is_replaced_and_nothing_else_is(value: dict[str, object], path: str) -> None:
    tool = Tool("t", RecordType("", {}), SHAPE, frozenset(), "read", NOWHERE)
    shown = redaction.result(tool, value, (f"result.{path}",))  # type: ignore[arg-type]

    def hidden(thing: object, names: list[str]) -> object:
        if not names:
            return redaction.HIDDEN
        assert isinstance(thing, dict)
        return {**thing, names[0]: hidden(thing[names[0]], names[1:])} if names[0] in thing else thing

    head, *rest = path.split(".")
    expected = dict(value)
    if not rest:
        expected[head] = redaction.HIDDEN
    elif head == "many":
        expected[head] = [hidden(each, rest) for each in value[head]]  # type: ignore[attr-defined]
    elif head == "named":
        expected[head] = {key: hidden(each, rest) for key, each in value[head].items()}  # type: ignore[attr-defined]
    else:
        expected[head] = hidden(value[head], rest)
    assert shown == expected


@settings(max_examples=150, deadline=None)
@given(anything)
def test_arguments_that_fit_nothing_keep_nothing_of_a_hidden_field(given: object) -> None:
    marked = json.loads(json.dumps({"one": {"a": "MARK", "x": given}, "many": given}))
    tool = Tool("t", SHAPE, None, frozenset(), "read", NOWHERE)
    assert "MARK" not in said(redaction.arguments(tool, marked, ("args.one.a",)))
    assert said(redaction.arguments(tool, marked, ("args",))).count(redaction.HIDDEN) == len(marked)


def test_a_decision_names_its_obligations(program: Program) -> None:
    history = History("s", started=0)
    decision = Authorizer(program).decide(
        "crm.get", {"id": "a", "note": "n"}, agent="clerk", principal=None, now=1, history=history
    )
    (redact,) = decision.obligations
    assert decision.answer == "deny" and isinstance(redact, RedactFields)
    assert (redact.fields, redact.rule) == (("result.iban", "args.note"), "p/redact#1")


def test_what_is_not_declared_may_be_hidden_under_a_misspelt_name(program: Program) -> None:
    tool = program.tools["crm.get"]
    assert redaction.result(tool, {"ibann": NUMBER, "name": "Ann"}, ("result.iban",)) == {
        "ibann": redaction.HIDDEN,
        "name": "Ann",
    }
    assert redaction.arguments(tool, {"id": "a", "noet": NOTE}, ("args.note",)) == {"id": "a", "noet": redaction.HIDDEN}


def test_an_idempotency_key_without_a_value_quotes_nothing() -> None:
    text = """
tool pay.send(to: string) { needs pay.send  effect write  idempotent by int(to) }
workflow w() {
  step pay calls pay.send(to: "secret note")
  end done
  start -> pay grant pay.send
  pay -> done
}
"""
    for rule, quoted in (("", True), ("policy p { redact args.to for pay.send }", False)):
        program = compile_text(text + rule)
        notes = Machine(program).feed(prepare(program, "w", {}, run="r", at=0))
        assert "the idempotency key of pay.send has no value" in repr(notes)
        assert (NOTE in repr(notes)) is quoted
