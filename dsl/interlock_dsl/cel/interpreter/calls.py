"""Calls of functions of the library and of the host."""

from collections.abc import Callable

from interlock_dsl.cel.interpreter.dispatch import Dispatch
from interlock_dsl.cel.interpreter.frame import Evaluate, Frame
from interlock_dsl.cel.interpreter.operations import no_overload
from interlock_dsl.cel.signature import Function, Overload
from interlock_dsl.cel.tree import Call
from interlock_dsl.cel.units import size
from interlock_dsl.cel.values import Fault, Optional, adapt
from interlock_dsl.diagnostics.source import Span


def call_function(function: Function, arguments: list[Evaluate], node: Call, *, method: bool) -> Evaluate:
    """Return what evaluates the arguments, chooses the overload, pays for it and calls it."""
    dispatch = Dispatch(function, len(arguments), method=method)
    place, name = node.function_span, function.name

    def apply(frame: Frame, values: list[object]) -> object:
        overload = dispatch.choose(values)
        if overload is None:
            frame.spend(1, place)
            fault = no_overload(name, *values)
            fault.span = place
            raise fault
        if overload.cost is None:
            frame.spend(1, place)
        else:
            frame.spend(max(1, overload.cost(*map(size, values))), place)
        return _call(overload, values, name, place)

    if method and name in ("or", "orValue") and len(arguments) == 2:
        return _unless_present(arguments[0], arguments[1], apply, place, whole=name == "or")
    return lambda frame: apply(frame, [argument(frame) for argument in arguments])


def _call(overload: Overload, values: list[object], name: str, place: Span) -> object:
    implementation: Callable[..., object] = overload.implementation
    try:
        return adapt(implementation(*values))
    except Fault as fault:
        if fault.span is None:
            fault.span = place
        raise
    except RecursionError:
        raise
    except Exception as error:
        raise Fault("function-failed", f"`{name}` failed: {error}", place) from error


def _unless_present(
    receiver: Evaluate,
    alternative: Evaluate,
    apply: Callable[[Frame, list[object]], object],
    place: Span,
    *,
    whole: bool,
) -> Evaluate:
    """Return the optional (or its value) where there is one, without evaluating the alternative."""

    def evaluate(frame: Frame) -> object:
        first = receiver(frame)
        if isinstance(first, Optional) and first.present:
            frame.spend(1, place)
            return first if whole else first.value
        return apply(frame, [first, alternative(frame)])

    return evaluate
