"""The same agent in each framework: a model that proposes what it is told to, the bank's functions as its tools.

Every one is driven by the framework's own run loop, with the framework's own model for tests.
"""

import asyncio
import functools
import itertools
import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import agents
import fastmcp
import mcp.client
import mcp.server.mcpserver
from agents.testing import ScriptedModel, assistant_message, function_call
from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import StructuredTool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from mcp_types import TextContent
from pydantic_ai import Agent, DeferredToolRequests, DeferredToolResults
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from interlock import Session
from interlock.adapters.fastmcp import GuardMiddleware as FastMcpMiddleware
from interlock.adapters.functions import NotAllowed, acting, guarded
from interlock.adapters.langchain import GuardMiddleware
from interlock.adapters.mcp import GuardedClient
from interlock.adapters.openai_agents import guarded as guarded_tools
from interlock.adapters.pydantic_ai import GuardCapability

agents.set_tracing_disabled(True)

Call = tuple[str, dict[str, Any]]


@dataclass
class Bank:
    """Tools that note how they were called. `fails` is what sending raises, `returns` what it gives instead."""

    made: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    fails: Exception | None = None
    returns: object = None
    asynchronous: bool = False

    def functions(self) -> dict[str, Callable[..., Any]]:
        def accounts_get(account: str) -> dict[str, Any]:
            self.made.append(("accounts_get", {"account": account}))
            return {"cents": 700}

        def money_send(account: str, cents: int) -> Any:
            self.made.append(("money_send", {"account": account, "cents": cents}))
            if self.fails is not None:
                raise self.fails
            return {"receipt": f"R{len(self.made)}"} if self.returns is None else self.returns

        def money_burn(account: str) -> dict[str, Any]:
            self.made.append(("money_burn", {"account": account}))
            return {}

        functions: list[Callable[..., Any]] = [accounts_get, money_send, money_burn]
        if self.asynchronous:
            functions = [_asynchronous(each) for each in functions]
        return {each.__name__: each for each in functions}


def _asynchronous(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def awaited(*args: Any, **named: Any) -> Any:
        await asyncio.sleep(0)
        return function(*args, **named)

    return awaited


@dataclass
class Seen:
    """What the model was told of its calls, by their order, and which tools it was offered."""

    said: list[str]
    suspended: bool = False
    offered: frozenset[str] = frozenset()


class Framework(Protocol):
    """An agent of a framework under a session's guard."""

    suspends: bool

    def __init__(self, session: Session, bank: Bank, **options: Any) -> None: ...

    def run(self, *turns: Sequence[Call]) -> Seen:
        """Have the model propose the calls of each turn at once, and say what it was told."""
        ...

    def resume(self) -> Seen:
        """Go on with a run that was suspended."""
        ...


_numbers = itertools.count()


def _named(turns: Sequence[Sequence[Call]]) -> list[list[tuple[str, str, dict[str, Any]]]]:
    return [[(f"call{next(_numbers):04}", name, args) for name, args in turn] for turn in turns]


def _text(content: object) -> str:
    return content if isinstance(content, str) else json.dumps(content)


class PydanticAi:
    suspends = True

    def __init__(self, session: Session, bank: Bank, **options: Any) -> None:
        self.turns: list[list[tuple[str, str, dict[str, Any]]]] = []
        self.offered: frozenset[str] = frozenset()
        self.agent: Agent[None, Any] = Agent(
            FunctionModel(self.answer),
            output_type=[str, DeferredToolRequests],
            tools=list(bank.functions().values()),
            capabilities=[GuardCapability(session, "teller", **options)],
        )

    def answer(self, messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        self.offered = frozenset(tool.name for tool in info.function_tools)
        number = sum(isinstance(message, ModelResponse) for message in messages)
        if number < len(self.turns):
            return ModelResponse([ToolCallPart(name, args, tool_call_id=id) for id, name, args in self.turns[number]])
        return ModelResponse([TextPart("done")])

    def run(self, *turns: Sequence[Call]) -> Seen:
        self.turns = _named(turns)
        return self.seen(asyncio.run(self.agent.run("go")))

    def resume(self) -> Seen:
        waiting: DeferredToolRequests = self.result.output
        given = DeferredToolResults(approvals={each.tool_call_id: True for each in waiting.approvals})
        history = self.result.all_messages()
        return self.seen(asyncio.run(self.agent.run(message_history=history, deferred_tool_results=given)))

    def seen(self, result: Any) -> Seen:
        self.result = result
        parts = [part for message in result.all_messages() for part in message.parts]
        told = {part.tool_call_id: _text(part.content) for part in parts if isinstance(part, ToolReturnPart)}
        suspended = isinstance(result.output, DeferredToolRequests)
        return Seen([told[each] for each in sorted(told)], suspended, self.offered)


class _Scripted(GenericFakeChatModel):
    offered: list[frozenset[str]] = []

    def bind_tools(self, tools: Any, **options: Any) -> Any:
        self.offered.append(frozenset(tool.name for tool in tools))
        return self


class LangChain:
    suspends = True

    def __init__(self, session: Session, bank: Bank, **options: Any) -> None:
        self.middleware: list[Any] = [GuardMiddleware(session, "teller", **options)]
        self.asynchronous = bank.asynchronous
        made = [
            StructuredTool.from_function(
                **{"coroutine" if bank.asynchronous else "func": function}, name=name, description=name
            )
            for name, function in bank.functions().items()
        ]
        self.tools = made
        self.config: Any = {"configurable": {"thread_id": "t"}}

    def run(self, *turns: Sequence[Call]) -> Seen:
        messages = [
            AIMessage("", tool_calls=[{"id": id, "name": name, "args": args} for id, name, args in turn])
            for turn in _named(turns)
        ]
        self.model = _Scripted(messages=cast("Iterator[Any]", iter([*messages, AIMessage("done")])), offered=[])
        self.graph = create_agent(self.model, self.tools, middleware=self.middleware, checkpointer=InMemorySaver())
        return self.go({"messages": [("user", "go")]})

    def resume(self) -> Seen:
        waiting = self.graph.get_state(self.config).interrupts
        return self.go(Command(resume={each.id: True for each in waiting}))

    def go(self, given: Any) -> Seen:
        if self.asynchronous:
            state = asyncio.run(self.graph.ainvoke(given, self.config))
        else:
            state = self.graph.invoke(given, self.config)
        told = {each.tool_call_id: each.text for each in state["messages"] if isinstance(each, ToolMessage)}
        offered = self.model.offered[-1] if self.model.offered else frozenset()
        return Seen([told[each] for each in sorted(told)], bool(state.get("__interrupt__")), offered)


class OpenAiAgents:
    suspends = True

    def __init__(self, session: Session, bank: Bank, **options: Any) -> None:
        tools = [agents.function_tool(each, strict_mode=False) for each in bank.functions().values()]
        self.tools = guarded_tools(tools, session, "teller", **options)

    def run(self, *turns: Sequence[Call]) -> Seen:
        steps = [[function_call(name, args, call_id=id) for id, name, args in turn] for turn in _named(turns)]
        self.model = ScriptedModel([*steps, [assistant_message("done")]])
        self.agent = agents.Agent("teller", tools=self.tools, model=self.model)
        return self.seen(asyncio.run(agents.Runner.run(self.agent, "go")))

    def resume(self) -> Seen:
        state = self.result.to_state()
        for each in self.result.interruptions:
            state.approve(each)
        return self.seen(asyncio.run(agents.Runner.run(self.agent, state)))

    def seen(self, result: Any) -> Seen:
        self.result = result
        told = {
            cast(Any, each.raw_item)["call_id"]: str(each.output)
            for each in result.new_items
            if isinstance(each, agents.ToolCallOutputItem)
        }
        offered = frozenset(tool.name for tool in self.model.calls[-1].tools)
        return Seen([told[each] for each in sorted(told)], bool(result.interruptions), offered)


def _without_suspend(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name != "suspend"}


class _AtOnce(ABC):
    suspends = False

    def resume(self) -> Seen:
        raise AssertionError("there is nothing to resume where nothing suspends")

    def run(self, *turns: Sequence[Call]) -> Seen:
        return asyncio.run(self.act(turns))

    @abstractmethod
    async def act(self, turns: Sequence[Sequence[Call]]) -> Seen: ...


class McpClient(_AtOnce):
    def __init__(self, session: Session, bank: Bank, **options: Any) -> None:
        self.server = mcp.server.mcpserver.MCPServer("bank")
        for function in bank.functions().values():
            self.server.tool()(function)
        self.guard = lambda client: GuardedClient(client, session, "teller", **_without_suspend(options))

    async def act(self, turns: Sequence[Sequence[Call]]) -> Seen:
        async with mcp.client.Client(self.server) as client:
            tools = self.guard(client)
            said = []
            for turn in turns:
                for result in await asyncio.gather(*(tools.call_tool(name, args) for name, args in turn)):
                    said.append("".join(each.text for each in result.content if isinstance(each, TextContent)))
            offered = frozenset(tool.name for tool in (await tools.list_tools()).tools)
        return Seen(said, offered=offered)


class FastMcp(_AtOnce):
    def __init__(self, session: Session, bank: Bank, **options: Any) -> None:
        self.server = fastmcp.FastMCP("bank")
        for function in bank.functions().values():
            self.server.tool(function)
        self.server.add_middleware(FastMcpMiddleware(session, "teller", **_without_suspend(options)))

    async def act(self, turns: Sequence[Sequence[Call]]) -> Seen:
        async with fastmcp.Client(self.server) as client:
            said = []
            for turn in turns:
                calls = (client.call_tool(name, args, raise_on_error=False) for name, args in turn)
                for result in await asyncio.gather(*calls):
                    said.append("".join(each.text for each in result.content if isinstance(each, TextContent)))
            offered = frozenset(tool.name for tool in await client.list_tools())
        return Seen(said, offered=offered)


class Functions(_AtOnce):
    def __init__(self, session: Session, bank: Bank, **options: Any) -> None:
        self.session, self.options = session, {"notify": options.get("notify")}
        self.functions = {name: guarded(_declared(name))(each) for name, each in bank.functions().items()}

    async def act(self, turns: Sequence[Sequence[Call]]) -> Seen:
        with acting(self.session, agent="teller", **self.options):
            said = [await _said(self.functions[name], args) for turn in turns for name, args in turn]
            return Seen(said)


def _declared(name: str) -> str:
    return name.replace("_", ".", 1)


async def _said(function: Callable[..., Any], args: dict[str, Any]) -> str:
    try:
        given = function(**args)
        return _text(await cast("Awaitable[Any]", given) if asyncio.iscoroutine(given) else given)
    except NotAllowed as why:
        return str(why)


FRAMEWORKS: dict[str, type[Framework]] = {
    "pydantic-ai": PydanticAi,
    "langchain": LangChain,
    "openai-agents": OpenAiAgents,
    "mcp": McpClient,
    "fastmcp": FastMcp,
    "functions": Functions,
}
