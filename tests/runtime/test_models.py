"""Models over real HTTP, from a provider that says whatever an adversary could."""

import asyncio
import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from interlock import (
    InvalidInput,
    LanguageModels,
    MemoryJournal,
    Program,
    RunReport,
    Runtime,
    Toolbox,
    compile_text,
    replay,
)
from interlock.journal.codec import decode
from interlock.run.protocol.events import Event, ModelFailed, ModelReplied
from interlock.runtime.conversation import _wire_names
from runtime.desk import REQUEST, Desk, refund_program
from runtime.model_server import Hang, Provider, Said, Status, answer, calls, provider

CLASSIFIED = answer({"topic": "billing", "confidence": 0.93})
ASSESSED = answer({"amount": 4_200, "reason": "arrived damaged"})


@pytest.fixture
def server() -> Generator[Provider]:
    with provider() as made:
        yield made


def models(server: Provider, **more: object) -> LanguageModels:
    model = OpenAIChatModel("gpt-4o-mini", provider=OpenAIProvider(base_url=server.url, api_key="key-of-the-test"))
    return LanguageModels({"small": model, "large": model}, **more)  # type: ignore[arg-type]


def run_of(
    server: Provider, *says: Said, program: Program | None = None, **more: object
) -> tuple[RunReport, Desk, list[Event]]:
    """Run the refund desk on what the provider says; also return what was done and every event."""
    server.says += says
    program, desk, journal = program or refund_program(), Desk(), MemoryJournal()

    async def go() -> RunReport:
        runtime = Runtime(journal, program, tools=desk.toolbox(), models=models(server, **more))
        return await runtime.run(program, "refund", REQUEST)

    report = asyncio.run(go())
    assert replay(journal, report.run).same
    return report, desk, [decode(entry.event) for entry in journal.read(report.run)]


def last_told(server: Provider, request: int) -> list[Mapping[str, object]]:
    """Return what the model was told after its last message in a request."""
    messages = server.heard[request]["messages"]
    assert isinstance(messages, list)
    at = max(at for at, message in enumerate(messages) if message["role"] == "assistant")
    return messages[at + 1 :]


def test_a_run_with_a_good_model_is_paid(server: Provider) -> None:
    report, desk, events = run_of(
        server, CLASSIFIED, calls(("k1", "orders_get", {"order_id": "A1"})), ASSESSED, prices={"large": (3.0, 15.0)}
    )
    assert (report.end, report.output) == ("refunded", {"amount": 4_200, "receipt": "R-A1-4200"})
    assert [name for name, _ in desk.calls] == ["orders.get", "refunds.issue"]
    first, second, third = server.heard
    assert {tool["function"]["name"] for tool in first["tools"]} == {"answer"}  # type: ignore[attr-defined]
    assert {tool["function"]["name"] for tool in second["tools"]} == {"orders_get", "answer"}  # type: ignore[attr-defined]
    assert first["max_completion_tokens"] == 2_000
    assert third["max_completion_tokens"] == 8_000 - 120
    assert "A1" not in json.dumps(first["messages"]) and "A1" in json.dumps(second["messages"])
    (told,) = last_told(server, 2)
    assert told["tool_call_id"] == "k1" and json.loads(str(told["content"]))["total"] == 50_000
    replies = [event for event in events if isinstance(event, ModelReplied)]
    assert [event.usage.tokens for event in replies] == [120, 120, 120]
    assert [event.usage.cost for event in replies][1:] == [100 * 3 + 20 * 15] * 2
    assert replies[0].usage.cost > 0, "the public price list knows this model"
    assert [event.raw is None for event in replies] == [True, False, True]
    assert "key-of-the-test" not in repr(events)


def test_an_answer_that_does_not_fit_is_complained_about(server: Provider) -> None:
    wrong = answer({"topic": "refunds", "confidence": "high"}, key="k7")
    report, _, _ = run_of(server, wrong, CLASSIFIED, ASSESSED)
    assert report.end == "refunded"
    (told,) = last_told(server, 1)
    assert told["role"] == "tool" and told["tool_call_id"] == "k7"
    assert 'topic: expected one of "billing", "shipping", "technical", got "refunds"' in str(told["content"])


@pytest.mark.parametrize(
    "reply",
    [
        {"content": "I would rather chat"},
        {"content": '{"topic": "billing"}'},
        answer("{not json"),
        answer("[1, 2]"),
        answer('"text"'),
        answer("null"),
        answer('{"topic": "billing", "confidence": NaN}'),
        answer('{"topic": "billing", "confidence": 1e999}'),
        answer("[" * 200 + "]" * 200),
        answer({"topic": "billing", "confidence": 0.9, "admin": True}),
        {"tool_calls": [*calls(("k1", "answer", "{"))["tool_calls"], *calls(("k1", "answer", "}"))["tool_calls"]]},  # type: ignore[misc]
    ],
    ids=lambda reply: json.dumps(reply)[-60:],
)
def test_whatever_is_no_answer_is_told_and_asked_again(server: Provider, reply: Said) -> None:
    report, _, _ = run_of(server, reply, CLASSIFIED, ASSESSED)
    assert report.end == "refunded"
    assert last_told(server, 1)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("refunds_issue", {"order_id": "A1", "amount": 1}),  # there is such a tool, but it was not granted
        ("refunds.issue", {"order_id": "A1", "amount": 1}),
        ("no_such_tool", {}),
        ("", {}),
        ("orders_get", {"order_id": 5}),
        ("orders_get", {"order_id": "A1", "and": "more"}),
        ("orders_get", "not json"),
        ("orders_get", "[]"),
        ("orders_get", ""),
    ],
)
def test_a_call_that_may_not_be_made_is_never_made_and_told(server: Provider, name: str, args: object) -> None:
    report, desk, _ = run_of(server, CLASSIFIED, calls(("k1", name, args)), ASSESSED)
    assert report.end == "refunded"
    assert [made for made, _ in desk.calls] == ["refunds.issue"]
    (told,) = last_told(server, 2)
    assert told["tool_call_id"] == "k1" and "denied" in str(told["content"])


def test_calls_beside_an_answer_go_first(server: Provider) -> None:
    both = {
        "tool_calls": [
            *calls(("k1", "orders_get", {"order_id": "A1"}))["tool_calls"],  # type: ignore[misc]
            *answer({"amount": 100_000, "reason": "hasty"}, key="k2")["tool_calls"],  # type: ignore[misc]
        ]
    }
    report, desk, _ = run_of(server, CLASSIFIED, both, ASSESSED)
    assert report.output["amount"] == 4_200
    assert [name for name, _ in desk.calls] == ["orders.get", "refunds.issue"]
    told = last_told(server, 2)
    assert [each["tool_call_id"] for each in told] == ["k1", "k2"] and "Not taken" in str(told[1]["content"])


def test_the_same_key_twice_is_one_call(server: Provider) -> None:
    twice = calls(("k1", "orders_get", {"order_id": "A1"}), ("k1", "orders_get", {"order_id": "A2"}))
    report, desk, _ = run_of(server, CLASSIFIED, twice, ASSESSED)
    assert report.end == "refunded"
    assert [name for name, _ in desk.calls] == ["orders.get", "refunds.issue"]
    assert len(last_told(server, 2)) == 2


NAMES = """
tool answer.now(q: string) -> string { needs q.read  effect read }
tool answer(q: string) -> string { needs q.read  effect read }
tool answer_now(q: string) -> string { needs q.read  effect read }
agent clerk { model "small"  may q.read }
workflow refund(request: { order_id: string  message: string }) {
  budget { steps 5  tool_calls 5  tokens 10_000 }
  step judge by clerk { task "judge"  returns { ok: bool } }
  end done
  start -> judge grant q.read pass request.message
  judge -> done
}
"""


def test_tools_whose_names_meet_on_the_wire_are_told_apart(server: Provider) -> None:
    program, journal, called, tools = compile_text(NAMES), MemoryJournal(), list[str](), Toolbox()

    def tool(name: str) -> Callable[..., str]:
        return lambda q: called.append(name) or q  # type: ignore[func-returns-value]

    for name in program.tools:
        tools.add(name, tool(name))
    server.says += [
        calls(("k1", "answer", {"q": "x"}), ("k2", "answer_now", {"q": "x"}), ("k3", "answer_now_2", {"q": "x"})),
        answer({"ok": True}, name="answer_2"),
    ]
    report = asyncio.run(Runtime(journal, program, tools=tools, models=models(server)).run(program, "refund", REQUEST))
    assert report.end == "done"
    assert sorted(called) == ["answer", "answer.now", "answer_now"]
    offered = server.heard[0]["tools"]
    assert isinstance(offered, list)
    assert sorted(each["function"]["name"] for each in offered) == ["answer", "answer_2", "answer_now", "answer_now_2"]


DESCRIBED = """
tool orders.get(id: string) -> string { needs q.read  effect read  description "looks an order up" }
tool orders.say(id: string) -> string { needs q.read  effect read }
agent clerk { model "small"  may q.read  instructions "be brief" }
workflow refund(request: { order_id: string  message: string }) {
  budget { steps 5  tool_calls 5  tokens 10_000 }
  step judge by clerk { task "judge the request"  returns { ok: bool } }
  step again by clerk { returns { ok: bool } }
  end done
  start -> judge grant q.read pass request.message
  judge -> again
  again -> done
}
"""


def test_a_model_is_told_what_the_author_wrote(server: Provider) -> None:
    program, tools = compile_text(DESCRIBED), Toolbox()
    for name in program.tools:
        tools.add(name, lambda id: id)
    server.says += [answer({"ok": True}), answer({"ok": True})]
    runtime = Runtime(MemoryJournal(), program, tools=tools, models=models(server))
    assert asyncio.run(runtime.run(program, "refund", REQUEST)).end == "done"
    offered = {each["function"]["name"]: each["function"]["description"] for each in server.heard[0]["tools"]}  # type: ignore[attr-defined]
    assert offered["orders_get"] == "looks an order up"
    assert offered["orders_say"] == "The tool orders.say."
    first, second = (json.dumps(heard["messages"]) for heard in server.heard)
    assert "Task: judge the request" in first and "be brief" in first and "please refund me" in first
    assert "Task: Answer from what you are given." in second and "be brief" in second
    assert "please refund me" not in second


def test_a_third_name_that_meets_two_others_is_told_apart_too() -> None:
    names = ["a.b.c", "a.b_c", "a_b.c", "a_b_c", "answer"]
    assert _wire_names(names) == dict(zip(names, ["a_b_c", "a_b_c_2", "a_b_c_3", "a_b_c_4", "answer"], strict=True))


RETRYING = """
agent clerk { model "small"  retry 2 times backoff 1ms..1ms  timeout 300ms }
workflow refund(request: { order_id: string  message: string }) {
  budget { steps 5  tokens 10_000 }
  step judge by clerk { task "judge"  returns { ok: bool } }
  end done
  start -> judge pass request.message
  judge -> done
}
"""


def retrying(server: Provider, *says: Said) -> tuple[RunReport, list[Event]]:
    server.says += says
    program, journal = compile_text(RETRYING), MemoryJournal()
    report = asyncio.run(Runtime(journal, program, models=models(server)).run(program, "refund", REQUEST))
    return report, [decode(entry.event) for entry in journal.read(report.run)]


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (Status(500), "the provider refused with status 500"),
        (Status(429), "the provider refused with status 429"),
        ("{not json at all", "could not be reached, or its reply could not be read"),
        ('{"choices": []}', "could not be reached, or its reply could not be read"),
        ({"content": ""}, "the model's reply was empty"),
        (Hang(), "no reply within 300ms"),
    ],
    ids=str,
)
def test_trouble_with_the_provider_is_a_failed_turn_and_tried_again(server: Provider, trouble: Said, said: str) -> None:
    report, events = retrying(server, trouble, trouble, answer({"ok": True}))
    assert report.end == "done"
    failed = [event for event in events if isinstance(event, ModelFailed)]
    assert len(failed) == 2 and len(server.heard) == 3, "every try is an event"
    assert all(said in event.message for event in failed), failed
    assert failed[0].kind == ("timeout" if isinstance(trouble, Hang) else "error")
    assert "secret-of-the-provider" not in repr(events)


def test_trouble_that_stays_fails_the_run(server: Provider) -> None:
    report, _ = retrying(server, Status(500), Status(500), Status(500))
    assert report.status == "failed" and "status 500" in report.reason
    assert len(server.heard) == 3


def test_a_model_that_nobody_named_is_refused_before_the_run() -> None:
    program = refund_program()
    with pytest.raises(InvalidInput, match=r"the agent `billing` has the model `large`.*known: `small`"):
        LanguageModels({"small": "test"}, prices={"small": (1, 1)}).prepare(program, "refund")
    with pytest.raises(InvalidInput, match=r"the agent `triage` cannot use the model `small`: "):
        LanguageModels({"small": "nobody:model"}).prepare(program, "refund")


def test_a_conversation_goes_on_after_a_restart_as_it_was(server: Provider) -> None:
    """What the provider hears in the turn after a restart is what it would have heard without one."""
    turns = (CLASSIFIED, calls(("k1", "orders_get", {"order_id": "A1"})), ASSESSED)
    run_of(server, *turns)
    unbroken = server.heard[2]["messages"]
    server.heard.clear()
    server.says += [turns[0], turns[1], Hang()]
    program, journal = refund_program(), MemoryJournal()

    async def first() -> str:
        runtime = Runtime(journal, program, tools=Desk().toolbox(), models=models(server))
        run = await runtime.start(program, "refund", REQUEST)
        driving = asyncio.ensure_future(runtime.drive(run))
        while len(server.heard) < 3:
            await asyncio.sleep(0.001)
        driving.cancel()
        return run

    run = asyncio.run(first())
    server.says.append(turns[2])
    report = asyncio.run(Runtime(journal, tools=Desk().toolbox(), models=models(server)).resume(run))
    assert report.end == "refunded"
    assert server.heard[-1]["messages"] == unbroken


# --- cost -------------------------------------------------------------------------------------------------------------


def limited(currency: str = "usd") -> Program:
    program = refund_program()
    (workflow,) = program.workflows.values()
    budget = replace(workflow.budget, cost=500_000, currency=currency)
    return replace(program, workflows={workflow.name: replace(workflow, budget=budget)})


def test_a_model_without_a_price_is_refused_where_the_cost_is_limited() -> None:
    with pytest.raises(InvalidInput, match=r"no price is known for its model `small` \(test\).*prices=\{\"small\""):
        LanguageModels({"small": "test", "large": "test"}).prepare(limited(), "refund")
    LanguageModels({"small": "test", "large": "test"}, prices={"small": (0, 0), "large": (1, 2)}).prepare(
        limited(), "refund"
    )


def test_a_budget_in_another_currency_wants_prices_in_it(server: Provider) -> None:
    with pytest.raises(InvalidInput, match=r"counts cost in eur.*public prices are in usd.*cost in eur"):
        models(server).prepare(limited("eur"), "refund")
    models(server, prices={"small": (1, 1), "large": (1, 2)}).prepare(limited("eur"), "refund")


@pytest.mark.parametrize("price", [(float("inf"), 1), (1, float("nan")), (-1, 1), (1,), (1, 2, 3)])
def test_a_price_that_is_none_is_refused(price: Any) -> None:
    with pytest.raises(InvalidInput, match="the price of the model `small`"):
        LanguageModels({}, prices={"small": price})


def test_what_answers_in_place_of_a_model_costs_what_the_model_does(server: Provider) -> None:
    server.model = "somebody-else"
    _, _, events = run_of(server, CLASSIFIED, ASSESSED, program=limited())
    assert all(event.usage.cost > 0 for event in events if isinstance(event, ModelReplied))


def test_a_turn_whose_use_is_not_told_is_not_free(server: Provider) -> None:
    server.usage = None
    _, _, events = run_of(server, CLASSIFIED, ASSESSED)
    first = next(event for event in events if isinstance(event, ModelReplied))
    assert first.usage.input_tokens > 500 and first.usage.output_tokens > 50 and first.usage.cost > 0


@pytest.mark.parametrize(
    "reply",
    [
        calls(("\ud800", "orders_get", {"order_id": "A1"})),
        calls(("k1", "\ud800", {"order_id": "A1"})),
        calls(("k1", "orders_get", '{"order_id": "\ud800"}')),
        {"content": "\ud800"},
    ],
    ids=["key", "tool", "args", "text"],
)
def test_a_reply_that_cannot_be_recorded_is_charged_all_the_same(server: Provider, reply: Said) -> None:
    _, _, events = run_of(server, CLASSIFIED, reply, ASSESSED)
    replies = [event for event in events if isinstance(event, ModelReplied | ModelFailed)]
    assert [event.usage.tokens for event in replies[:3]] == [120, 120, 120]


def test_a_fallback_that_nobody_named_is_refused_before_the_run() -> None:
    text = 'agent a { model "small"  fallback "spare" }\nworkflow w(n: int) {\n'
    text += '  step s by a { task "t"  returns { ok: bool } }\n'
    program = compile_text(text + "  end done\n  start -> s\n    pass n\n  s -> done\n}\n")
    with pytest.raises(InvalidInput, match="the agent `a` has the model `spare`"):
        LanguageModels({"small": "test"}).prepare(program, "w")
    LanguageModels({"small": "test", "spare": "test"}).prepare(program, "w")
