"""What every condition can see besides the values of its own workflow or rule, and the functions of the host.

`calls(refunds.issue).within("1h")` asks for the history of the session. The compiler writes it as
`calls($history, "refunds.issue").within("1h")`, where `$history` (no author can write that name) is whatever the engine
binds: an object with `count(tool) -> int` and `within(tool, micros) -> int`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, cast

from interlock_dsl.cel.signature import Function, Overload
from interlock_dsl.cel.types import INT, STRING, TIMESTAMP, AbstractType, Field, ListType, RecordType, StringType, Type
from interlock_dsl.cel.values import Fault

HISTORY = "$history"
HISTORY_TYPE = AbstractType("History")
CALLS_TYPE = AbstractType("CallHistory")

RUN = RecordType("Run", {"id": Field(STRING), "workflow": Field(STRING), "started": Field(TIMESTAMP)})
PRINCIPAL = RecordType("Principal", {"name": Field(STRING), "roles": Field(ListType(STRING))})
TOOL = RecordType("Tool", {"name": Field(STRING), "effect": Field(StringType(("read", "write", "irreversible")))})

EVERYWHERE: Mapping[str, Type] = {"run": RUN, "principal": PRINCIPAL, "now": TIMESTAMP, HISTORY: HISTORY_TYPE}
"""Variables of every condition of a workflow or a policy."""

RESERVED = frozenset({"run", "principal", "now", "args", "tool", "agent", "result", "start", "calls"})
"""What no step, end or parameter of a workflow may be called."""


class History(Protocol):
    """The calls that a session has made: what the engine binds to `$history`."""

    def count(self, tool: str) -> int:
        """Return how many calls of a tool there were."""
        ...

    def within(self, tool: str, micros: int) -> int:
        """Return how many there were in the last so many microseconds."""
        ...


@dataclass(frozen=True, slots=True)
class ToolCalls:
    """The value of `calls(tool)`."""

    history: History
    tool: str


def _calls(history: object, tool: object) -> object:
    return ToolCalls(cast(History, history), str(tool))


def _count(calls: object) -> object:
    found = cast(ToolCalls, calls)
    return found.history.count(found.tool)


def _within(calls: object, period: object) -> object:
    found = cast(ToolCalls, calls)
    return found.history.within(found.tool, period_micros(str(period)))


def period_micros(text: str) -> int:
    """Return the microseconds of a period such as `1h30m`; a `Fault` for what is none, or is not positive."""
    from interlock_dsl.cel.library.instants import read_duration

    micros = read_duration(text).nanoseconds // 1000
    if micros <= 0:
        raise Fault("bad-value", f'"{text}" is not a period: it must be more than zero')
    return micros


FUNCTIONS: Mapping[str, Function] = {
    function.name: function
    for function in (
        Function("calls", (Overload("calls_history", (HISTORY_TYPE, STRING), CALLS_TYPE, _calls),)),
        Function("count", (Overload("calls_count", (CALLS_TYPE,), INT, _count, method=True),)),
        Function("within", (Overload("calls_within", (CALLS_TYPE, STRING), INT, _within, method=True),)),
    )
}
"""The functions of the host, by name."""
