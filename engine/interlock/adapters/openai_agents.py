"""A guard around an agent of the OpenAI Agents SDK: its function tools, each with the guard around it.

    agent = Agent("teller", tools=guarded([send], session, agent="teller"))

A denied call reaches the model as the tool's output. One that has to be approved interrupts the run; once
`session.approve` was given what it asked for, `state.approve(interruption)` and `Runner.run(agent, state)` go on.
"""

import copy
import json
from collections.abc import Mapping, Sequence
from typing import Any

from agents import AgentBase, FunctionTool, RunContextWrapper
from agents.tool import maybe_invoke_function_tool_failure_error_function, set_function_tool_failure_error_function
from agents.tool_context import ToolContext

from interlock.adapters.enforcement import Arguments, Enforcer, NotAllowed, Notify, shown_as_text
from interlock.guard import CallDecision, Session
from interlock.runtime.toolbox import ToolError


def guarded(
    tools: Sequence[FunctionTool],
    session: Session,
    agent: str | None = None,
    *,
    names: Mapping[str, str] | None = None,
    hide: bool = False,
    suspend: bool = True,
    notify: Notify | None = None,
) -> list[Any]:
    """Return function tools of which every call is decided by `session`, as a call of the declared agent `agent`.

    `names` says which declared tool a function is that has another name. With `hide`, tools of which no call could be
    allowed are not shown to the model; the SDK ends a run whose model calls one all the same. Without `suspend`, a call
    that waits for an approval is denied, with the id of the approval. `notify` is called where a rule has somebody
    told, before the call; without it, that is logged.

    Raises TypeError for what is no function tool: hosted tools are called by the provider, where nothing is decided.
    """
    enforcer = Enforcer(session, agent, names, notify)
    return [_guarded(tool, enforcer, hide, suspend) for tool in tools]


def _guarded(tool: FunctionTool, enforcer: Enforcer, hide: bool, suspend: bool) -> FunctionTool:
    if not isinstance(tool, FunctionTool):
        raise TypeError(f"expected a function tool, got {type(tool).__name__}: its calls cannot be decided")
    inner, outer = copy.copy(tool), copy.copy(tool)
    set_function_tool_failure_error_function(inner, None)  # what the function raises is to be seen
    allowed: dict[str, CallDecision] = {}

    async def needs_approval(context: RunContextWrapper[Any], args: dict[str, Any], call: str) -> bool:
        theirs = tool.needs_approval
        if theirs if isinstance(theirs, bool) else await theirs(context, args, call):
            return True
        decision = await enforcer.adecide(tool.name, args, call)
        if decision:
            allowed[call] = decision
        return decision.answer == "ask"

    async def invoke(context: ToolContext[Any], given: str) -> Any:
        decision = allowed.pop(context.tool_call_id, None)
        if decision is None:
            decision = await enforcer.adecide(tool.name, _parsed(given), context.tool_call_id)

        async def call(decided: Arguments) -> object:
            return await inner.on_invoke_tool(context, json.dumps(decided))

        raised: list[Exception] = []

        async def watched(decided: Arguments) -> object:
            try:
                return await call(decided)
            except Exception as error:
                raised.append(error)
                raise

        try:
            return shown_as_text(await enforcer.amake(decision, watched))
        except (NotAllowed, ToolError) as why:
            return str(why)
        except Exception as error:
            if error not in raised:
                raise
            said = await maybe_invoke_function_tool_failure_error_function(
                function_tool=tool, context=context, error=error
            )
            if said is None:
                raise
            return said

    async def enabled(context: RunContextWrapper[Any], agent: AgentBase) -> bool:
        theirs = tool.is_enabled
        given = theirs if isinstance(theirs, bool) else theirs(context, agent)
        return bool(given if isinstance(given, bool) else await given) and bool(enforcer.offered([tool.name]))

    outer.on_invoke_tool = invoke
    if suspend:
        outer.needs_approval = needs_approval
    if hide:
        outer.is_enabled = enabled
    return outer


def _parsed(given: str) -> object:
    try:
        return json.loads(given or "{}")
    except (ValueError, RecursionError):
        return given
