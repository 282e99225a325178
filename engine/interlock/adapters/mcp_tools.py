"""What tools an MCP server lists that a command starts and that speaks over standard input and output."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TextIO

from mcp import ClientSession, StdioServerParameters, stdio_client
from mcp.types import PaginatedRequestParams, Tool

MOST_PAGES: Final = 1_000
"""How many pages a list of tools may have."""


@dataclass(frozen=True)
class ServerTool:
    """A tool as its server describes it, with JSON Schemas. `hints` are claims of the server, never to be trusted."""

    name: str
    description: str
    parameters: Mapping[str, object]
    result: Mapping[str, object] | None
    hints: tuple[str, ...]


async def server_tools(command: Sequence[str], errors: TextIO) -> list[ServerTool]:
    """Start a server, return what tools it lists, and stop it. What it writes to standard error goes to `errors`.

    Raises OSError for a command that cannot be started, `MCPError` for what the server refuses, and ValueError for a
    list without an end. There is no limit of time: that is for the caller to set.
    """
    server = StdioServerParameters(command=command[0], args=list(command[1:]))
    async with stdio_client(server, errlog=errors) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        found: list[ServerTool] = []
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page = await session.list_tools(params=PaginatedRequestParams(cursor=cursor))
            found += map(_found, page.tools)
            cursor = page.next_cursor
            if cursor is None:
                return found
        raise ValueError("the list of its tools has no end")


def _found(tool: Tool) -> ServerTool:
    claimed = tool.annotations
    hints = (
        {}
        if claimed is None
        else {
            "readOnlyHint": claimed.read_only_hint,
            "destructiveHint": claimed.destructive_hint,
            "idempotentHint": claimed.idempotent_hint,
            "openWorldHint": claimed.open_world_hint,
        }
    )
    claims = tuple(f"{name} = {str(value).lower()}" for name, value in hints.items() if value is not None)
    return ServerTool(tool.name, tool.description or "", tool.input_schema, tool.output_schema, claims)
