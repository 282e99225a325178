"""A guard in front of an MCP server: `python with_mcp.py`."""

import asyncio

from mcp.client import Client
from mcp.server.mcpserver import MCPServer

from interlock import Guard, Principal
from interlock.adapters.mcp import GuardedClient

server = MCPServer("bank")


@server.tool(name="money.send")
def send(account: str, cents: int) -> dict[str, str]:
    print("sending", cents, "to", account)
    return {"receipt": "R1"}


async def main() -> None:
    guard = Guard.load("bank.ilk")
    session = guard.session(principal=Principal("ann"), request="pay the invoices")
    async with Client(server) as client:
        tools = GuardedClient(client, session, "teller")
        for account, cents in (("XX00", 1_200), ("DE02", 1_200), ("DE02", 50_000)):
            result = await tools.call_tool("money.send", {"account": account, "cents": cents})
            print("told:", result.content[0].text)
        session.approve(session.approvals[0], by="maria", role="controller")
        print((await tools.call_tool("money.send", {"account": "DE02", "cents": 50_000})).structured_content)


asyncio.run(main())
