"""An agent of the OpenAI Agents SDK under a guard, with a model for tests: `python with_openai_agents.py`."""

import asyncio

from agents import Agent, Runner, ToolCallOutputItem, function_tool, set_tracing_disabled
from agents.testing import ScriptedModel, assistant_message, function_call

from interlock import Guard, Principal
from interlock.adapters.openai_agents import guarded


@function_tool
def money_send(account: str, cents: int) -> dict[str, str]:
    """Send money."""
    print("sending", cents, "to", account)
    return {"receipt": "R1"}


async def main() -> None:
    guard = Guard.load("bank.ilk")
    session = guard.session(principal=Principal("ann"), request="pay the invoices")
    wishes = [("XX00", 1_200), ("DE02", 1_200), ("DE02", 50_000)]
    calls = [
        function_call("money_send", {"account": account, "cents": cents}, call_id=f"c{number}")
        for number, (account, cents) in enumerate(wishes)
    ]
    model = ScriptedModel([calls, [assistant_message("done")]])
    agent = Agent("teller", model=model, tools=guarded([money_send], session, "teller"))
    result = await Runner.run(agent, "pay the invoices")
    state = result.to_state()
    for waiting in result.interruptions:
        print("waiting:", waiting.arguments)
        state.approve(waiting)
    session.approve(session.approvals[0], by="maria", role="controller")
    result = await Runner.run(agent, state)
    for item in result.new_items:
        if isinstance(item, ToolCallOutputItem):
            print("told:", item.output)


set_tracing_disabled(True)
asyncio.run(main())
