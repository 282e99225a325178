"""A guard in a FastMCP server: a middleware, the last that is added.

    server.add_middleware(GuardMiddleware(session, agent="teller"))

A denied call is a result that says why, with `is_error`. MCP cannot suspend a call: one that has to be approved is
denied, with the id of the approval, and may be called again once that is given.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import Tool, ToolResult
from mcp_types import CallToolRequestParams, ListToolsRequest, TextContent

from interlock.adapters.enforcement import Arguments, Enforcer, NotAllowed, Notify, hidden_failure, shown_as_text
from interlock.errors import InterlockError
from interlock.guard import Session
from interlock.runtime.toolbox import ToolError

Call = MiddlewareContext[CallToolRequestParams]


class GuardMiddleware(Middleware):
    """Every call of a tool is decided by a session, as a call of the declared agent `agent`.

    `session` is the session, or a function from a call's context to the session of whoever calls. Middleware added
    after this one could change a call that was decided: add it last. `names` says which declared tool a tool is that
    has another name. With `hide`, tools of which no call could be allowed are not listed. `notify` is called where a
    rule has somebody told, before the call; without it, that is logged.
    """

    def __init__(
        self,
        session: Session | Callable[[MiddlewareContext[Any]], Session],
        agent: str | None = None,
        *,
        names: Mapping[str, str] | None = None,
        hide: bool = False,
        notify: Notify | None = None,
    ) -> None:
        self._session = session
        self._agent = agent
        self._names = names
        self._hide = hide
        self._notify = notify

    def _enforcer(self, context: MiddlewareContext[Any]) -> Enforcer:
        session = self._session if isinstance(self._session, Session) else self._session(context)
        return Enforcer(session, self._agent, self._names, self._notify)

    async def on_call_tool(self, context: Call, call_next: CallNext[CallToolRequestParams, ToolResult]) -> ToolResult:
        """Decide a call, make it if it is allowed, report what came of it."""
        enforcer, message = self._enforcer(context), context.message
        decision = await enforcer.adecide(message.name, dict(message.arguments or {}), None)
        failure: list[ToolResult] = []
        wrapped = False

        async def call(decided: Arguments) -> object:
            nonlocal wrapped
            result = await call_next(context.copy(message=message.model_copy(update={"arguments": decided})))
            if result.is_error:
                failure.append(result)
                raise _Failed
            value = result.structured_content
            if value is None:
                return "\n".join(block.text for block in result.content if isinstance(block, TextContent))
            shown, wrapped = enforcer.unwrapped(message.name, value)
            return shown

        try:
            shown = await enforcer.amake(decision, call)
        except _Failed:
            hidden = hidden_failure(decision)
            return ToolResult(content=hidden, is_error=True) if hidden else failure[0]
        except (NotAllowed, ToolError) as why:
            return ToolResult(content=str(why), is_error=True)
        except InterlockError:
            raise
        except Exception:
            hidden = hidden_failure(decision)
            if not hidden:
                raise
            return ToolResult(content=hidden, is_error=True)
        structured = {"result": shown} if wrapped else shown if isinstance(shown, dict) else None
        return ToolResult(content=shown_as_text(shown), structured_content=structured)

    async def on_list_tools(
        self, context: MiddlewareContext[ListToolsRequest], call_next: CallNext[ListToolsRequest, Sequence[Tool]]
    ) -> Sequence[Tool]:
        """Leave out, with `hide`, what nobody could call."""
        tools = await call_next(context)
        if not self._hide:
            return tools
        offered = self._enforcer(context).offered(tool.name for tool in tools)
        return [tool for tool in tools if tool.name in offered]


class _Failed(Exception):
    """The framework made a result of what a tool raised."""
