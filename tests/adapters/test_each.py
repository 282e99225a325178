"""What is particular to one framework, and to the names of tools."""

import asyncio
from contextvars import ContextVar
from typing import Any

import agents
import fastmcp
import pytest
from agents.testing import ScriptedModel, assistant_message, function_call
from langchain.agents.middleware import AgentMiddleware
from langchain_core.tools import ToolException
from langgraph.types import interrupt
from pydantic_ai import Agent
from pydantic_ai.capabilities import AbstractCapability, Hooks
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.toolsets import WrapperToolset

from adapters.frameworks import Bank, LangChain
from interlock import (
    Guard,
    InvalidInput,
    MemoryJournal,
    Principal,
    Program,
    Refused,
    Session,
    ToolError,
    ToolFailed,
    compile_text,
    decode,
)
from interlock.adapters.enforcement import Enforcer
from interlock.adapters.fastmcp import GuardMiddleware
from interlock.adapters.functions import NotAllowed, acting, guarded
from interlock.adapters.openai_agents import guarded as guarded_tools
from interlock.adapters.pydantic_ai import GuardCapability

LARGE = {"account": "DE02", "cents": 15_000}


def test_pydantic_ai_decides_what_other_hooks_have_made_of_a_call(session: Session) -> None:
    """The guard is first in the list, and still nearest to the tool."""
    bank, hooks = Bank(), Hooks[Any]()

    @hooks.on.before_tool_execute
    async def more(ctx: Any, *, call: Any, tool_def: Any, args: dict[str, Any]) -> dict[str, Any]:
        return {**args, "cents": 15_000}

    def model(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if len(messages) > 1:
            return ModelResponse([TextPart("done")])
        return ModelResponse([ToolCallPart("money_send", {"account": "DE02", "cents": 1})])

    guard = GuardCapability[Any](session, "teller", suspend=False)
    agent = Agent(FunctionModel(model), tools=[bank.functions()["money_send"]], capabilities=[guard, hooks])
    asyncio.run(agent.run("go"))
    assert not bank.made and session.approvals[0].role == "controller"


def test_langchain_decides_what_earlier_middleware_has_made_of_a_call(session: Session) -> None:
    class More(AgentMiddleware[Any, Any, Any]):
        def wrap_tool_call(self, request: Any, handler: Any) -> Any:
            return handler(request.override(tool_call={**request.tool_call, "args": LARGE}))

    bank = Bank()
    framework = LangChain(session, bank)
    framework.middleware = [More(), *framework.middleware]
    assert framework.run([("money_send", {"account": "DE02", "cents": 1})]).suspended
    assert not bank.made


def test_a_run_of_the_agents_sdk_goes_on_in_another_process(program: Program, journal: MemoryJournal) -> None:
    bank = Bank()
    tool = agents.function_tool(bank.functions()["money_send"], strict_mode=False)

    def agent(guard: Guard, *steps: Any) -> agents.Agent[None]:
        session = guard.resume("s1")
        return agents.Agent("teller", tools=guarded_tools([tool], session, "teller"), model=ScriptedModel(steps))

    here, there = Guard(program, journal=journal), Guard(program, journal=journal)
    here.session(principal=Principal("ann"), id="s1")

    async def act() -> None:
        first = agent(here, [function_call("money_send", LARGE, call_id="c1")])
        kept = (await agents.Runner.run(first, "pay")).to_state().to_string()
        session = there.resume("s1")
        session.approve(session.approvals[0], by="maria", role="controller")
        second = agent(there, [assistant_message("done")])
        state: Any = await agents.RunState.from_string(second, kept)
        state.approve(state.get_interruptions()[0])
        assert (await agents.Runner.run(second, state)).final_output == "done"

    asyncio.run(act())
    assert bank.made == [("money_send", LARGE)]


def test_hosted_tools_of_the_agents_sdk_are_refused(session: Session) -> None:
    hosted: Any = agents.WebSearchTool()
    with pytest.raises(TypeError, match="WebSearchTool"):
        guarded_tools([hosted], session)


def test_a_guarded_function_is_called_in_a_session_only(session: Session) -> None:
    bank = Bank()
    send = guarded("money.send")(bank.functions()["money_send"])
    with pytest.raises(Refused, match="acting"):
        send("DE02", 1)
    with acting(session, agent="teller"):
        assert send("DE02", cents=1) == {"receipt": "R1"}
        with pytest.raises(NotAllowed, match="denied") as denied:
            send("XX00", 1)
    assert denied.value.decision.answer == "deny" and len(bank.made) == 1
    with pytest.raises(TypeError, match="by name"):
        guarded("money.send")(lambda *account: None)


async def _later(n: int) -> None:
    raise AssertionError("nobody awaits it")


def _items(n: int) -> Any:
    yield n


async def _items_later(n: int) -> Any:
    yield n


@pytest.mark.parametrize("function", [_items, _items_later])
def test_a_generator_function_is_no_guarded_function(function: Any) -> None:
    with pytest.raises(TypeError, match="generator"):
        guarded("things.send")(function)


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@pytest.mark.parametrize("function", [_items, _items_later, _later])
def test_what_has_yet_to_run_is_no_result(function: Any) -> None:
    """A tool that returns nothing would otherwise be on record as called."""
    program = compile_text(
        "tool things.send(n: int in 0..9) { needs x  effect write }\npolicy p { permit things.send }"
    )
    session = Guard(program, journal=(journal := MemoryJournal())).session()
    with acting(session), pytest.raises(ToolError):
        guarded("things.send")(lambda n: function(n))(1)
    events = [decode(each.event, each.run, each.sequence) for each in journal.read(session.id)]
    assert [event.kind for event in events if isinstance(event, ToolFailed)] == ["uncertain"]


class _Raising:
    """A value of which nothing can be read."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)


def test_what_came_of_a_call_is_on_record_whatever_it_returned(session: Session) -> None:
    with acting(session, agent="teller"), pytest.raises(ToolError):
        guarded("money.send")(lambda account, cents: _Raising())("DE02", 1)
    assert not session.under_way


def test_arguments_of_a_function_that_are_nested_too_deep_are_denied(session: Session) -> None:
    nested: Any = []
    for _ in range(5_000):
        nested = [nested]
    bank = Bank()
    send = guarded("money.send")(bank.functions()["money_send"])
    with acting(session, agent="teller"), pytest.raises(NotAllowed, match="denied"):
        send(nested, 1)
    assert not bank.made


def test_the_names_of_tools(session: Session) -> None:
    enforcer = Enforcer(session, "teller", {"pay": "money.send"})
    assert [enforcer.name_of(each) for each in ("pay", "money_send", "money.send", "other")] == [
        "money.send",
        "money.send",
        "money.send",
        "other",
    ]
    assert enforcer.offered(["pay", "accounts_get", "money_audit", "other"]) == {"pay", "accounts_get"}


def test_a_name_that_could_be_two_tools_is_refused() -> None:
    tools = "tool a.b_c() -> { } { needs x.y  effect read }\ntool a_b.c() -> { } { needs x.y  effect read }\n"
    session = Guard(compile_text(tools, "two.ilk")).session()
    with pytest.raises(InvalidInput, match="a_b_c"):
        Enforcer(session)
    assert Enforcer(session, names={"a_b_c": "a_b.c"}).name_of("a_b_c") == "a_b.c"


def test_a_server_of_fastmcp_decides_for_whoever_calls(program: Program) -> None:
    guard, bank = Guard(program), Bank()
    sessions = {name: guard.session(principal=Principal(name)) for name in ("ann", "bob")}
    caller = ContextVar("caller", default="ann")
    server = fastmcp.FastMCP("bank")
    server.tool(bank.functions()["money_send"])
    server.add_middleware(GuardMiddleware(lambda context: sessions[caller.get()], "teller"))

    async def act(name: str) -> bool:
        caller.set(name)
        async with fastmcp.Client(server) as client:
            call = {"account": "DE02", "cents": 9_000}
            return (await client.call_tool("money_send", call, raise_on_error=False)).is_error

    # 20,000 for each run: for each session.
    assert [asyncio.run(act(name)) for name in ("ann", "ann", "ann", "bob")] == [False, False, True, False]
    assert len(bank.made) == 3


def test_a_tool_of_langchain_that_interrupts_itself_is_not_made_twice(session: Session) -> None:
    class Asking(Bank):
        def functions(self) -> dict[str, Any]:
            def money_send(account: str, cents: int) -> Any:
                self.made.append(("money_send", {"account": account, "cents": cents}))
                return interrupt("sure?")

            return {"money_send": money_send}

    bank = Asking()
    framework = LangChain(session, bank)
    assert framework.run([("money_send", {"account": "DE02", "cents": 1})]).suspended
    assert "may have" in framework.resume().said[0] and len(bank.made) == 1


def test_what_langchain_makes_a_message_of_is_a_failure(session: Session, journal: MemoryJournal) -> None:
    bank = Bank(fails=ToolException("no route"))
    framework = LangChain(session, bank)
    for tool in framework.tools:
        tool.handle_tool_error = True
    assert framework.run([("money_send", {"account": "DE02", "cents": 1})]).said == ["no route"]
    events = [decode(entry.event, entry.run, entry.sequence) for entry in journal.read(session.id)]
    assert [event.kind for event in events if isinstance(event, ToolFailed)] == ["uncertain"]


def test_pydantic_ai_has_no_other_toolset_between_the_guard_and_the_tool(session: Session) -> None:
    class More(WrapperToolset[Any]):
        async def call_tool(self, name: str, tool_args: dict[str, Any], ctx: Any, tool: Any) -> Any:
            return await super().call_tool(name, {**tool_args, "cents": 15_000}, ctx, tool)

    class Raise(AbstractCapability[Any]):
        def get_wrapper_toolset(self, toolset: Any) -> Any:
            return More(toolset)

    def model(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if len(messages) > 1:
            return ModelResponse([TextPart("done")])
        return ModelResponse([ToolCallPart("money_send", {"account": "DE02", "cents": 1})])

    bank, guard = Bank(), GuardCapability[Any](session, "teller", suspend=False)
    agent = Agent(FunctionModel(model), tools=[bank.functions()["money_send"]], capabilities=[guard, Raise()])
    asyncio.run(agent.run("go"))
    assert not bank.made and len(session.approvals) == 1
