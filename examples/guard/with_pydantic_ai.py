"""An agent of pydantic-ai under a guard, with a model for tests: `python with_pydantic_ai.py`."""

from pydantic_ai import Agent, DeferredToolRequests, DeferredToolResults
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from interlock import Guard, Principal
from interlock.adapters.pydantic_ai import GuardCapability


def money_send(account: str, cents: int) -> dict[str, str]:
    print("sending", cents, "to", account)
    return {"receipt": "R1"}


def model(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    told = [part.content for part in messages[-1].parts if isinstance(part, ToolReturnPart)]
    if told:
        return ModelResponse([TextPart(f"I was told: {told}")])
    wishes = [("XX00", 1_200), ("DE02", 1_200), ("DE02", 50_000)]
    calls = [ToolCallPart("money_send", {"account": account, "cents": cents}) for account, cents in wishes]
    return ModelResponse([*calls])


guard = Guard.load("bank.ilk")
session = guard.session(principal=Principal("ann"), request="pay the invoices")
agent = Agent(
    FunctionModel(model),
    tools=[money_send],
    capabilities=[GuardCapability(session, "teller")],
    output_type=[str, DeferredToolRequests],
)
result = agent.run_sync("pay the invoices")
assert isinstance(result.output, DeferredToolRequests)
for call in result.output.approvals:
    print("waiting:", call.args)
session.approve(session.approvals[0], by="maria", role="controller")
given = DeferredToolResults(approvals={call.tool_call_id: True for call in result.output.approvals})
print(agent.run_sync(message_history=result.all_messages(), deferred_tool_results=given).output)
