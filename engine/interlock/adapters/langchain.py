"""A guard around an agent of LangChain: a middleware, the last of the agent's.

    agent = create_agent(model, [send], middleware=[GuardMiddleware(session, agent="teller")], checkpointer=saver)

A denied call reaches the model as the tool's message. One that has to be approved interrupts the graph, which takes a
checkpointer; once `session.approve` was given what it asked for, `Command(resume=True)` goes on.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain.agents.middleware.types import ToolCallRequest
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.types import Command, interrupt

from interlock.adapters.enforcement import Arguments, Enforcer, NotAllowed, Notify, shown_as_text
from interlock.guard import CallDecision, Session
from interlock.run.protocol.events import Json
from interlock.runtime.toolbox import ToolError

Answer = ToolMessage | Command[Any]


class GuardMiddleware(AgentMiddleware[Any, Any, Any]):
    """Every call of a tool is decided by `session`, as a call of the declared agent `agent`.

    Middleware after this one could change a call that was decided: put it last. `names` says which declared tool a
    function is that has another name. With `hide`, tools of which no call could be allowed are not shown to the model.
    Without `suspend`, a call that waits for an approval is denied, with the id of the approval. `notify` is called
    where a rule has somebody told, before the call; without it, that is logged.
    """

    def __init__(
        self,
        session: Session,
        agent: str | None = None,
        *,
        names: Mapping[str, str] | None = None,
        hide: bool = False,
        suspend: bool = True,
        notify: Notify | None = None,
    ) -> None:
        super().__init__()
        self._enforcer = Enforcer(session, agent, names, notify)
        self._hide = hide
        self._suspend = suspend

    def wrap_tool_call(self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Answer]) -> Answer:
        """Decide a call, make it if it is allowed, report what came of it."""
        enforcer, call = self._enforcer, request.tool_call
        while self._waits(decision := enforcer.decide(call["name"], call["args"], call["id"])):
            pass
        kept = _Kept(request)
        try:
            shown = enforcer.make(decision, lambda decided: kept.result(handler(kept.request(decided))))
        except (NotAllowed, ToolError, _Handled) as why:
            return kept.message(str(why), "error")
        return kept.answer(shown)

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[Answer]]
    ) -> Answer:
        """Do what `wrap_tool_call` does, beside the event loop."""
        enforcer, call = self._enforcer, request.tool_call
        while self._waits(decision := await enforcer.adecide(call["name"], call["args"], call["id"])):
            pass
        kept = _Kept(request)

        async def make(decided: Arguments) -> object:
            return kept.result(await handler(kept.request(decided)))

        try:
            shown = await enforcer.amake(decision, make)
        except (NotAllowed, ToolError, _Handled) as why:
            return kept.message(str(why), "error")
        return kept.answer(shown)

    def _waits(self, decision: CallDecision) -> bool:
        """Suspend the run where people have to agree; resumed, return true: the call is to be decided again."""
        if decision.answer != "ask" or not self._suspend:
            return False
        interrupt({"approvals": [each.id for each in decision.approvals], "why": str(decision)})
        return True

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any] | AIMessage:
        """Leave out, with `hide`, what the model could not call."""
        return handler(self._shown(request))

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any] | AIMessage:
        """Leave out, with `hide`, what the model could not call."""
        return await handler(self._shown(request))

    def _shown(self, request: ModelRequest[Any]) -> ModelRequest[Any]:
        if not self._hide:
            return request
        named = {tool.get("name", "") if isinstance(tool, dict) else tool.name: tool for tool in request.tools}
        offered = self._enforcer.offered(named)
        return request.override(tools=[tool for name, tool in named.items() if name in offered])


class _Handled(Exception):
    """The framework made a message of what a tool raised."""


class _Kept:
    """A call as the framework asked for it, and the message that it gave."""

    def __init__(self, request: ToolCallRequest) -> None:
        self._request = request
        self._given: Answer | None = None

    def request(self, decided: Arguments) -> ToolCallRequest:
        return self._request.override(tool_call={**self._request.tool_call, "args": decided})

    def result(self, given: Answer) -> object:
        self._given = given
        if not isinstance(given, ToolMessage):
            return given
        if given.status == "error":
            raise _Handled(given.text)
        return given.content

    def answer(self, shown: Json) -> Answer:
        return self._given if isinstance(self._given, Command) else self.message(shown_as_text(shown), "success")

    def message(self, text: str, status: str) -> ToolMessage:
        call = self._request.tool_call
        return ToolMessage(text, name=call["name"], tool_call_id=call["id"] or "", status=status)
