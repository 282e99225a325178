"""What goes over a list or map, and the two operators with the same way of absorbing errors.

`all` and `&&` are decided by one false, `exists` and `||` by one true, whatever else is an error; where nothing
decides, the first error is the result. The other macros end at the first error.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from interlock_dsl.cel.interpreter.frame import Evaluate, Frame
from interlock_dsl.cel.tree import Comprehension
from interlock_dsl.cel.values import Fault, adapt, make_map, type_name
from interlock_dsl.diagnostics.source import Span


def logical(left: Evaluate, right: Evaluate, spans: tuple[Span, Span], place: Span, *, decisive: bool) -> Evaluate:
    """Return what evaluates `&&` (`decisive` false) or `||` (true)."""

    def evaluate(frame: Frame) -> object:
        frame.spend(1, place)
        first: Fault | None = None
        try:
            if _boolean(left(frame), spans[0]) is decisive:
                return decisive
        except Fault as fault:
            first = fault
        try:
            if _boolean(right(frame), spans[1]) is decisive:
                return decisive
        except Fault as fault:
            first = first or fault
        if first is not None:
            raise first
        return not decisive

    return evaluate


def over(
    node: Comprehension, range_: Evaluate, slots: tuple[int, ...], condition: Evaluate | None, body: Evaluate
) -> Evaluate:
    """Return what evaluates a comprehension whose variables live in `slots`."""
    places = (node.range.span, node.body.span)

    def steps(frame: Frame) -> Iterator[object]:
        """Bind the variables to one element after the other; yield what names it: the item, index or key."""
        frame.spend(1, node.span)
        for names in _elements(range_(frame), len(slots), places[0]):
            frame.spend(1, places[1])
            frame.local[slots[0] : slots[0] + len(slots)] = names
            if condition is None or _boolean(condition(frame), _condition_span(node)):
                yield names[0]

    match node.kind:
        case "all":
            return _quantified(steps, body, places[1], decisive=False)
        case "exists":
            return _quantified(steps, body, places[1], decisive=True)
        case "exists_one":
            return lambda frame: sum(_boolean(body(frame), places[1]) for _ in steps(frame)) == 1
        case "filter":
            return lambda frame: [item for item in steps(frame) if _boolean(body(frame), places[1])]
        case "map" | "transform_list":
            return lambda frame: [body(frame) for _ in steps(frame)]
        case "transform_map":
            return lambda frame: _collected(((key, body(frame)) for key in steps(frame)), node.span)
        case "transform_map_entry":
            return lambda frame: _collected(_entries(steps(frame), body, frame, places[1]), places[1])


def _condition_span(node: Comprehension) -> Span:
    return node.span if node.condition is None else node.condition.span


def _quantified(steps: Callable[[Frame], Iterator[object]], body: Evaluate, place: Span, *, decisive: bool) -> Evaluate:
    def evaluate(frame: Frame) -> object:
        first: Fault | None = None
        for _ in steps(frame):
            try:
                if _boolean(body(frame), place) is decisive:
                    return decisive
            except Fault as fault:
                first = first or fault
        if first is not None:
            raise first
        return not decisive

    return evaluate


def _elements(range_: object, count: int, place: Span) -> Iterator[tuple[object, ...]]:
    if isinstance(range_, list | tuple):
        for at, item in enumerate(range_):
            yield (adapt(item),) if count == 1 else (at, adapt(item))
    elif isinstance(range_, Mapping):
        for key, value in range_.items():
            yield (adapt(key),) if count == 1 else (adapt(key), adapt(value))
    else:
        message = f"a macro goes over a list or a map, not a value of type {type_name(range_)}"
        raise Fault("no-such-overload", message, place)


def _entries(steps: Iterator[object], body: Evaluate, frame: Frame, place: Span) -> Iterator[tuple[object, object]]:
    for _ in steps:
        entry = body(frame)
        if not isinstance(entry, Mapping):
            raise Fault("no-such-overload", f"an entry is a map, not a value of type {type_name(entry)}", place)
        yield from entry.items()


def _collected(pairs: Iterable[tuple[object, object]], place: Span) -> object:
    try:
        return make_map(pairs)
    except Fault as fault:
        if fault.span is None:
            fault.span = place
        raise


def _boolean(value: object, place: Span) -> bool:
    if type(value) is bool:
        return value
    raise Fault("no-such-overload", f"a value of type {type_name(value)} stands where a bool must", place)
