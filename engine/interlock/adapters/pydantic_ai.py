"""A guard around an agent of pydantic-ai: a capability.

    agent = Agent(model, tools=[send], capabilities=[GuardCapability(session, agent="teller")])

A denied call reaches the model as the tool's return. One that has to be approved suspends the run: it ends with
`DeferredToolRequests`, which has to be among the agent's output types, and goes on with `DeferredToolResults` once
`session.approve` was given what it asked for.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai import ApprovalRequired, RunContext, ToolDefinition, ToolReturn
from pydantic_ai.capabilities import AbstractCapability, CapabilityOrdering
from pydantic_ai.tools import AgentDepsT
from pydantic_ai.toolsets import AbstractToolset, ToolsetTool, WrapperToolset
from pydantic_core import to_jsonable_python

from interlock.adapters.enforcement import Arguments, Enforcer, NotAllowed, Notify
from interlock.guard import Session
from interlock.runtime.toolbox import ToolError


@dataclass
class GuardCapability(AbstractCapability[AgentDepsT]):
    """Every call of a function tool is decided by `session`, as a call of the declared agent `agent`.

    `names` says which declared tool a function is that has another name. With `hide`, tools of which no call could be
    allowed are not shown to the model. Without `suspend`, a call that waits for an approval is denied, with the id of
    the approval. `notify` is called where a rule has somebody told, before the call; without it, that is logged.
    """

    session: Session
    agent: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    hide: bool = False
    suspend: bool = True
    notify: Notify | None = None

    def __post_init__(self) -> None:
        self._enforcer = Enforcer(self.session, self.agent, self.names, self.notify)

    def get_ordering(self) -> CapabilityOrdering:
        """Have no other capability between the decision and the call."""
        return CapabilityOrdering(position="innermost")

    def get_wrapper_toolset(self, toolset: AbstractToolset[AgentDepsT]) -> AbstractToolset[AgentDepsT]:
        """Put the guard around the agent's tools."""
        return _GuardedToolset(toolset, self._enforcer, self.suspend)

    async def prepare_tools(self, ctx: RunContext[AgentDepsT], tool_defs: list[ToolDefinition]) -> list[ToolDefinition]:
        """Leave out, with `hide`, what the model could not call."""
        if not self.hide:
            return tool_defs
        offered = self._enforcer.offered(tool.name for tool in tool_defs)
        return [tool for tool in tool_defs if tool.name in offered]


@dataclass
class _GuardedToolset(WrapperToolset[AgentDepsT]):
    enforcer: Enforcer
    suspend: bool

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[AgentDepsT], tool: ToolsetTool[AgentDepsT]
    ) -> Any:
        enforcer, wrapped = self.enforcer, self.wrapped
        decision = await enforcer.adecide(name, to_jsonable_python(tool_args), ctx.tool_call_id)
        if decision.answer == "ask" and self.suspend:
            raise ApprovalRequired({"approvals": [each.id for each in decision.approvals], "why": str(decision)})

        async def call(decided: Arguments) -> object:
            args = tool.args_validator.validate_json(json.dumps(decided), context=ctx.validation_context)
            returned = await wrapped.call_tool(name, args, ctx, tool)
            return returned.return_value if isinstance(returned, ToolReturn) else returned

        try:
            return await enforcer.amake(decision, call)
        except (NotAllowed, ToolError) as why:
            return str(why)
