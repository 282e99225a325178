"""What all adapters do: have a call decided, make it with the arguments that were decided, report what came of it."""

import copy
import inspect
import json
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Literal, NoReturn, cast

from interlock.decide import NotifyRole, RedactFields
from interlock.errors import InterlockError, InvalidInput
from interlock.guard import CallDecision, Session
from interlock.run.protocol.events import Json
from interlock.runtime.toolbox import ToolError, Uncertain, Unusable, result_of, said_by
from interlock_dsl.cel.types import RecordType
from interlock_dsl.program.model import Tool
from interlock_dsl.schema import ValidationError, decode

_UNTOLD = "who is to be told of it could not be told"

_log = logging.getLogger("interlock.adapters")

Arguments = dict[str, Json]
Notify = Callable[[NotifyRole, CallDecision], Awaitable[None] | None]
"""Tells the people of a role that a call is made. Raises where it cannot: the call is not made then.

It may be a coroutine function where calls are awaited; where they are not, one raises TypeError.
"""


class NotAllowed(InterlockError):
    """A call was not made: it was denied, or waits for an approval. `str` says why in one line; see `decision`."""

    def __init__(self, decision: CallDecision) -> None:
        asked = "; ".join(f"approval {each.id} is open, for {each.role}" for each in decision.approvals)
        super().__init__(" ".join(" - ".join(filter(None, (str(decision), asked))).split()))
        self.decision = decision


class Enforcer:
    """The calls of one agent in one session.

    A framework's tool is the declared tool of its name, or the one whose name has a `.` where the framework's has a
    `_`; `names` says for a framework's name which declared tool it is. What is no declared tool is denied. `notify` is
    called where a rule says so, before a call is made; without it, that is logged.

    Raises `InvalidInput` where a framework's name could be either of two declared tools and `names` does not say which.
    """

    def __init__(
        self,
        session: Session,
        agent: str | None = None,
        names: Mapping[str, str] | None = None,
        notify: Notify | None = None,
    ) -> None:
        self.session = session
        self._notify = notify or _logged
        self.agent = agent
        self._tools = session.program.tools
        self._names: dict[str, str] = dict(names or {})
        for tool in self._tools:
            for name in {tool, tool.replace(".", "_")} - set(names or ()):
                other = self._names.setdefault(name, tool)
                if other != tool:
                    raise InvalidInput(
                        f"`{name}` could be `{other}` or `{tool}`: say which, names={{{name!r}: {tool!r}}}"
                    )

    def name_of(self, tool: str) -> str:
        """Return the declared tool of a framework's tool; its own name where there is none."""
        return self._names.get(tool, tool)

    def unwrapped(self, name: str, structured: Mapping[str, object]) -> tuple[object, bool]:
        """Return the result in MCP's structured content, and whether it stood in a field `result` of its own.

        There, what is no object travels in that field.
        """
        tool = self._tools.get(self.name_of(name))
        wrapped = structured.keys() == {"result"} and tool is not None and not isinstance(tool.result, RecordType)
        return (structured["result"] if wrapped else structured), wrapped

    def offered(self, names: Iterable[str]) -> frozenset[str]:
        """Return those of a framework's tools of which some call could be allowed, or asked for."""
        listed = frozenset(self.session.allowed_tools(self.agent))
        return frozenset(name for name in names if self.name_of(name) in listed)

    def decide(self, name: str, args: object, key: str | None) -> CallDecision:
        """Have a call decided. Raises what `Session.decide` raises; then it must not be made."""
        return self.session.decide(self.name_of(name), args, agent=self.agent, key=key or None)

    async def adecide(self, name: str, args: object, key: str | None) -> CallDecision:
        """Do what `decide` does, beside the event loop."""
        return await self.session.adecide(self.name_of(name), args, agent=self.agent, key=key or None)

    def make(self, decision: CallDecision, call: Callable[[Arguments], object]) -> Json:
        """Make a call that was allowed, and return what may be shown of its result.

        `call` is given the arguments that were decided. Raises `NotAllowed` for one that was not allowed, whatever
        `call` raises (once that is on record), `ToolError` for a result that is not one of the tool's declared type,
        and what the journal raises.
        """
        args = self._arguments(decision)
        try:
            self._tell(decision)
        except BaseException as error:
            self.session.failed(decision, _UNTOLD, kind="unsent", raised=type(error).__name__)
            raise
        try:
            returned = call(args)
        except BaseException as error:
            kind, message = self._failure(decision, error)
            self.session.failed(decision, message, kind=kind, raised=type(error).__name__)
            raise
        result = self._result(decision, returned)
        if isinstance(result, Unusable):
            self.session.failed(decision, result.message, kind=self._doubt(decision), raised=result.problems)
            _refuse(result)
        return self.session.observe(decision, result)

    async def amake(self, decision: CallDecision, call: Callable[[Arguments], Awaitable[object]]) -> Json:
        """Do what `make` does for a call that is awaited; one that is cancelled may have happened."""
        args = self._arguments(decision)
        try:
            await self._atell(decision)
        except BaseException as error:
            await self.session.afailed(decision, _UNTOLD, kind="unsent", raised=type(error).__name__)
            raise
        try:
            returned = await call(args)
        except BaseException as error:
            kind, message = self._failure(decision, error)
            await self.session.afailed(decision, message, kind=kind, raised=type(error).__name__)
            raise
        result = self._result(decision, returned)
        if isinstance(result, Unusable):
            await self.session.afailed(decision, result.message, kind=self._doubt(decision), raised=result.problems)
            _refuse(result)
        return await self.session.aobserve(decision, result)

    def _arguments(self, decision: CallDecision) -> Arguments:
        if not decision:
            raise NotAllowed(decision)
        return cast(Arguments, copy.deepcopy(decision.args))

    def _tell(self, decision: CallDecision) -> None:
        for each in decision.obligations:
            if isinstance(each, NotifyRole):
                told = self._notify(each, decision)
                if told is not None and inspect.isawaitable(told):
                    if inspect.iscoroutine(told):
                        told.close()
                    raise TypeError("`notify` has to be awaited, and the call is not: give a plain function")

    async def _atell(self, decision: CallDecision) -> None:
        for each in decision.obligations:
            if isinstance(each, NotifyRole):
                told = self._notify(each, decision)
                if told is not None and inspect.isawaitable(told):
                    await told

    def _result(self, decision: CallDecision, returned: object) -> "Json | Unusable":
        tool = self._tools[decision.tool]
        # Not `isinstance`: it reads an attribute of the value, which may raise.
        return result_of(tool, _read(tool, returned) if issubclass(type(returned), str) else returned)

    def _doubt(self, decision: CallDecision) -> Literal["error", "uncertain"]:
        return "error" if self._tools[decision.tool].effect == "read" else "uncertain"

    def _failure(self, decision: CallDecision, error: BaseException) -> tuple[Literal["error", "uncertain"], str]:
        """Return whether the call may have happened, and what its author says; frameworks wrap what a tool raised."""
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ToolError):
                return "uncertain" if isinstance(cause, Uncertain) else "error", said_by(cause)
            cause = cause.__cause__
        return self._doubt(decision), ""


def hidden_failure(decision: CallDecision) -> str:
    """Return what is shown in place of a server's own words on a failed call; empty where they may be shown.

    Such words may quote anything, so a rule that hides fields of the call hides them all.
    """
    if not any(isinstance(each, RedactFields) for each in decision.obligations):
        return ""
    return f"{decision.tool} failed; what the server says of it is not shown, as fields of the call are hidden"


def _logged(obligation: NotifyRole, decision: CallDecision) -> None:
    _log.warning("%s is to be told of %s: %s [%s]", obligation.role, decision.id, obligation.reason, obligation.rule)


def _refuse(result: Unusable) -> NoReturn:
    raise ToolError(result.message)


def _read(tool: Tool, text: object) -> object:
    """Return what a text says: itself where the tool is declared to return one, else the JSON that it is."""
    if tool.result is None or not isinstance(text, str):
        return text
    try:
        decode(tool.result, text)
        return text
    except ValidationError:
        try:
            return cast(object, json.loads(text))
        except (ValueError, RecursionError):
            return text


def shown_as_text(result: Json) -> str:
    """Return a result as the text that a model is sent: a text as it is, else JSON."""
    return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
