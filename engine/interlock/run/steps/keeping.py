"""What is kept of calls: their arguments as values and as JSON, and how what they changed is undone."""

from collections.abc import Mapping
from typing import cast

from interlock.run import values
from interlock.run.parts import Call, Performed
from interlock.run.protocol.events import Json
from interlock.run.state import Run
from interlock_dsl.cel import EvaluationError
from interlock_dsl.program.model import Tool
from interlock_dsl.schema import ValidationError, decode, encode


def keep(run: Run, call: Call, value: object, problem: str) -> None:
    """Remember a call that changed the world, and work out now how it is undone."""
    tool = call.tool
    if tool.effect == "read" or call.purpose == "undo":
        return
    if tool.undo is None:
        _performed(run, call, "", {}, "it has no undo")
        return
    target = run.plan.tools[tool.undo.tool]
    args: Mapping[str, Json] = {}
    if not problem:
        try:
            bindings = {**call.values, "result": value}
            given = values.evaluate(run, tool.undo.arguments, bindings)
            args = arguments(target, given)[1]
        except (EvaluationError, ValidationError, TypeError) as error:
            problem = f"the arguments of its undo have no value: {error}"
    _performed(run, call, target.name, args, problem)


def _performed(run: Run, call: Call, undo: str, args: Mapping[str, Json], problem: str) -> None:
    visited = call.visit.number if call.visit is not None else 0
    run.performed += 1
    key = call.key if call.tool.idempotency_key is not None else ""
    if key and not problem:
        run.effects[key] = run.effects.get(key, 0) + 1
    run.done.append(
        Performed(call.frame, call.tool.name, call.step, visited, call.command, undo, args, problem, run.performed, key)
    )


def arguments(tool: Tool, given: Mapping[str, object]) -> tuple[Mapping[str, object], Mapping[str, Json]]:
    """Return evaluated arguments as a tool's parameters hold them, and as JSON.

    Raises `ValidationError`, or TypeError for a value that has no form in JSON.
    """
    shown = encode(tool.parameters, given)
    read = decode(tool.parameters, shown)
    return cast(Mapping[str, object], read), cast(Mapping[str, Json], shown)


def decode_again(tool: Tool, args: Mapping[str, Json]) -> Mapping[str, object]:
    """Return the values of arguments that `arguments` gave as JSON."""
    return cast(Mapping[str, object], decode(tool.parameters, args))
