"""A guard in front of the tools of an MCP server, on the side of the client.

    async with Client(server) as client:
        tools = GuardedClient(client, session, agent="teller")
        result = await tools.call_tool("money_send", {"account": "DE02", "cents": 1200})

A denied call is a result that says why, with `is_error`; the server never hears of it. MCP cannot suspend a call: one
that has to be approved is denied, with the id of the approval, and may be called again once that is given.
"""

from collections.abc import Mapping
from typing import Any

from mcp.client import Client
from mcp_types import CallToolResult, ListToolsResult, TextContent

from interlock.adapters.enforcement import Arguments, Enforcer, NotAllowed, Notify, hidden_failure, shown_as_text
from interlock.guard import Session
from interlock.runtime.toolbox import ToolError


class GuardedClient:
    """The tools of a connected client: every call is decided by `session`, as a call of the declared agent `agent`.

    `names` says which declared tool a server's tool is that has another name. With `hide`, tools of which no call could
    be allowed are not listed. `notify` is called where a rule has somebody told, before the call; without it, that is
    logged. Hand an agent this in place of the client, which decides nothing.
    """

    def __init__(
        self,
        client: Client,
        session: Session,
        agent: str | None = None,
        *,
        names: Mapping[str, str] | None = None,
        hide: bool = False,
        notify: Notify | None = None,
    ) -> None:
        self._client = client
        self._enforcer = Enforcer(session, agent, names, notify)
        self._hide = hide

    async def call_tool(
        self, name: str, arguments: Mapping[str, object] | None = None, *, key: str | None = None, **options: Any
    ) -> CallToolResult:
        """Call a tool if that is allowed. `key` is the id that the model's API gave the call; `options` are mcp's."""
        decision = await self._enforcer.adecide(name, dict(arguments or {}), key)
        failure: list[CallToolResult] = []
        wrapped = False

        async def call(decided: Arguments) -> object:
            nonlocal wrapped
            result = await self._client.call_tool(name, decided, **options)
            if result.is_error:
                failure.append(result)
                raise _Failed
            value = result.structured_content
            if not isinstance(value, dict):
                return "\n".join(block.text for block in result.content if isinstance(block, TextContent))
            shown, wrapped = self._enforcer.unwrapped(name, value)
            return shown

        try:
            shown = await self._enforcer.amake(decision, call)
        except _Failed:
            hidden = hidden_failure(decision)
            return CallToolResult(content=[TextContent(text=hidden)], is_error=True) if hidden else failure[0]
        except (NotAllowed, ToolError) as why:
            return CallToolResult(content=[TextContent(text=str(why))], is_error=True)
        structured = {"result": shown} if wrapped else shown if isinstance(shown, dict) else None
        return CallToolResult(content=[TextContent(text=shown_as_text(shown))], structured_content=structured)

    async def list_tools(self, **options: Any) -> ListToolsResult:
        """Return the server's tools; with `hide`, those of which some call could be allowed."""
        listed = await self._client.list_tools(**options)
        if not self._hide:
            return listed
        offered = self._enforcer.offered(tool.name for tool in listed.tools)
        return listed.model_copy(update={"tools": [tool for tool in listed.tools if tool.name in offered]})


class _Failed(Exception):
    """The server says that the call failed."""
