"""A guard in a FastMCP server, called by a client in the same process: `python with_fastmcp.py`."""

import asyncio

from fastmcp import Client, FastMCP

from interlock import Guard, Principal
from interlock.adapters.fastmcp import GuardMiddleware

guard = Guard.load("bank.ilk")
session = guard.session(principal=Principal("ann"), request="pay the invoices")
server = FastMCP("bank")
server.add_middleware(GuardMiddleware(session, "teller"))


@server.tool
def money_send(account: str, cents: int) -> dict[str, str]:
    print("sending", cents, "to", account)
    return {"receipt": "R1"}


async def main() -> None:
    async with Client(server) as client:
        for account, cents in (("XX00", 1_200), ("DE02", 1_200), ("DE02", 50_000)):
            call = {"account": account, "cents": cents}
            print("told:", (await client.call_tool("money_send", call, raise_on_error=False)).content[0].text)
        session.approve(session.approvals[0], by="maria", role="controller")
        print((await client.call_tool("money_send", {"account": "DE02", "cents": 50_000})).structured_content)


asyncio.run(main())
