"""An agent of LangChain under a guard, with a model for tests: `python with_langchain.py`."""

from typing import Any

from langchain.agents import create_agent
from langchain.tools import tool
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from interlock import Guard, Principal
from interlock.adapters.langchain import GuardMiddleware


@tool
def money_send(account: str, cents: int) -> dict[str, str]:
    """Send money."""
    print("sending", cents, "to", account)
    return {"receipt": "R1"}


class Model(GenericFakeChatModel):
    def bind_tools(self, *_: object, **__: object) -> Any:
        return self


wishes = [("XX00", 1_200), ("DE02", 1_200), ("DE02", 50_000)]
calls: list[Any] = [
    {"id": f"c{number}", "name": "money_send", "args": {"account": account, "cents": cents}}
    for number, (account, cents) in enumerate(wishes)
]
guard = Guard.load("bank.ilk")
session = guard.session(principal=Principal("ann"), request="pay the invoices")
agent = create_agent(
    Model(messages=iter([AIMessage("", tool_calls=calls), AIMessage("done")])),
    [money_send],
    middleware=[GuardMiddleware(session, "teller")],
    checkpointer=InMemorySaver(),
)
thread: Any = {"configurable": {"thread_id": session.id}}
state = agent.invoke({"messages": [("user", "pay the invoices")]}, thread)
for each in state["__interrupt__"]:
    print("waiting:", each.value["why"])
session.approve(session.approvals[0], by="maria", role="controller")
for message in agent.invoke(Command(resume=True), thread)["messages"]:
    if message.type == "tool":
        print("told:", message.text)
