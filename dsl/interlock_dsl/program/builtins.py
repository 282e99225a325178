"""What every condition can see besides the values of its own workflow or rule, and the functions of the host.

`calls(refunds.issue).within("1h")` asks for the history of the session. The compiler writes it as
`calls($history, "refunds.issue").within("1h")`, where `$history` (no author can write that name) is whatever the engine
binds: an object with `count(tool) -> int` and `within(tool, micros) -> int`.

`calls(refunds.issue).within("1h").exists(c, c.args.amount > 5)` goes over these calls. The compiler writes their list
as `@calls refunds.issue($history, "1h")`: a function for each tool, since arguments and results are of its types.
`$history` has `past(tool, micros or None)` for it, a list of mappings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, cast

from interlock_dsl.cel.signature import Function, Overload
from interlock_dsl.cel.types import (
    INT,
    STRING,
    TIMESTAMP,
    AbstractType,
    Field,
    IntType,
    ListType,
    RecordType,
    StringType,
    Type,
)
from interlock_dsl.cel.values import INT_HIGH, INT_LOW, Fault

HISTORY = "$history"
EVENT = "event"
"""What the `where` of a step that waits for an event calls the event's data."""
SUM: Final = "@sum"
"""Adds up whole numbers: what `calls(tool).sum(c, ...)` is written as."""

_PAST: Final = "@calls "
_ONE: Final = "call of "

HISTORY_TYPE = AbstractType("History")
CALLS_TYPE = AbstractType("CallHistory")

RUN = RecordType("Run", {"id": Field(STRING), "workflow": Field(STRING), "started": Field(TIMESTAMP)})
PRINCIPAL = RecordType("Principal", {"name": Field(STRING), "roles": Field(ListType(STRING))})
TOOL = RecordType("Tool", {"name": Field(STRING), "effect": Field(StringType(("read", "write", "irreversible")))})

EVERYWHERE: Mapping[str, Type] = {"run": RUN, "principal": PRINCIPAL, "now": TIMESTAMP, HISTORY: HISTORY_TYPE}
"""Variables of every condition of a workflow or a policy, apart from `context`, which a program declares."""


def everywhere(context: RecordType | None) -> Mapping[str, Type]:
    """Return the variables of every condition of a program that declares this context, or none."""
    return EVERYWHERE if context is None else {**EVERYWHERE, "context": context}


FAILURE: Final = "failure"
"""What failed: a variable of routes taken on a trigger, and of what only such routes lead to."""
FAILURE_KINDS: Final = ("denied", "expiry", "failure", "no-value", "over budget", "timeout")
MOST_SAID: Final = 1_000
"""Characters of the message of a failure that conditions, models and people see."""


def failure_type(steps: tuple[str, ...] | None = None, kinds: tuple[str, ...] = FAILURE_KINDS) -> RecordType:
    """Return the type of `failure` where one of these steps (None: any) has failed in one of these ways."""
    message = Field(StringType(max=MOST_SAID), labels=frozenset({"untrusted"}))
    return RecordType(
        "Failure",
        {
            "step": Field(StringType(steps)),
            "kind": Field(StringType(kinds)),
            "message": message,
            "attempts": Field(IntType(1, None)),
        },
    )


RESERVED = frozenset(
    {"run", "principal", "now", "context", "args", "tool", "agent", "result", "start", "calls", "failure"}
)
"""What no step, end or parameter of a workflow may be called."""


class History(Protocol):
    """The calls that a session has made: what the engine binds to `$history`."""

    def count(self, tool: str) -> int:
        """Return how many calls of a tool there were."""
        ...

    def within(self, tool: str, micros: int) -> int:
        """Return how many there were in the last so many microseconds."""
        ...

    def past(self, tool: str, micros: int | None) -> Sequence[Mapping[str, object]]:
        """Return them in order of time, as conditions see them; all of them where there is no period."""
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


def _sum(amounts: object) -> object:
    total = sum(cast(list[int], amounts))
    if not INT_LOW <= total <= INT_HIGH:
        raise Fault("overflow", "the sum does not fit an int of 64 bits")
    return total


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
        Function(SUM, (Overload("calls_sum", (ListType(INT),), INT, _sum),)),
    )
}
"""The functions of the host, by name."""


def past_calls(tool: str) -> str:
    """Return the name of the function that lists the calls of a tool."""
    return f"{_PAST}{tool}"


def is_past_call(type: Type) -> bool:
    """Say whether a type is that of an item of `calls(tool)`."""
    return isinstance(type, RecordType) and type.name.startswith(_ONE)


def reads_past_calls(function: str) -> bool:
    """Say whether a function lists the calls of some tool."""
    return function.startswith(_PAST)


def past_functions(tools: Mapping[str, tuple[RecordType, Type | None]]) -> dict[str, Function]:
    """Return the functions that list the calls of tools, of which the parameters and the result are given."""
    return {past_calls(tool): _past_function(tool, *types) for tool, types in tools.items()}


def _past_function(tool: str, parameters: RecordType, result: Type | None) -> Function:
    fields = {"args": Field(parameters), "agent": Field(STRING), "at": Field(TIMESTAMP)}
    if result is not None:
        fields["result"] = Field(result, optional=True)

    def past(history: object, period: object = None) -> object:
        micros = None if period is None else period_micros(str(period))
        return cast(History, history).past(tool, micros)

    listed = ListType(RecordType(f"{_ONE}{tool}", fields))
    ids = f"past_{tool}", f"past_within_{tool}"
    every = Overload(ids[0], (HISTORY_TYPE,), listed, past)
    return Function(past_calls(tool), (every, Overload(ids[1], (HISTORY_TYPE, STRING), listed, past)))
