"""JSON values in the language's own notation: `{ order_id: "A1", amount: 25_000 }`."""

import json
from collections.abc import Mapping, Sequence

from interlock_cli.present.escape import escape
from interlock_dsl.cel import CompiledExpression
from interlock_dsl.cel.format import as_written

PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


def value(thing: object, most: int = 0) -> str:
    """Return a value on one line. Longer than `most` characters (0: no limit), texts are cut first, then what is last
    in records and lists is left out.
    """
    text = _value(thing, 0)
    if not most or len(text) <= most:
        return text
    for room in (60, 40, 24):
        text = _value(thing, room)
        if len(text) <= most:
            return text
    match thing:
        case Mapping():
            return _begun("{ ", " }", [(f"{_key(str(key))}: ", each) for key, each in thing.items()], most)
        case list() | tuple():
            return _begun("[", "]", [("", each) for each in thing], most)
        case _:
            return text[: max(0, most - 1)] + "…"


def _begun(opens: str, closes: str, items: Sequence[tuple[str, object]], most: int) -> str:
    """Return as many items as there is room for, and `…` for the others; what is inside an item may be left out."""
    kept: list[str] = []
    room = most - len(opens) - len(closes) - 1
    for index, (name, each) in enumerate(items):
        last = index == len(items) - 1
        for said in (name + _value(each, 24), name + _stub(each)):
            if len(said) + (-1 if last else 2) <= room:
                kept.append(said)
                room -= len(said) + 2
                break
        else:
            return opens + ", ".join([*kept, "…"]) + closes
    return opens + ", ".join(kept) + closes


def _stub(thing: object) -> str:
    match thing:
        case Mapping():
            return "{…}"
        case list() | tuple():
            return "[…]" if len(thing) == 1 else f"[{len(thing)} items]"
        case _:
            return _value(thing, 12)


def arguments(given: Mapping[str, object], most: int = 0) -> str:
    """Return the arguments of a call as the language writes them: `(order_id: "A1", amount: 25_000)`."""
    text = value(given, most)
    return "()" if text == "{}" else "(" + text.removeprefix("{").removesuffix("}").strip() + ")"


def written(condition: CompiledExpression) -> str:
    """Return a condition as its author wrote it, on one line."""
    return as_written(condition.expression)


def _value(thing: object, room: int) -> str:
    match thing:
        case None:
            return "null"
        case bool():
            return "true" if thing else "false"
        case int():
            return f"{thing:_}"
        case float():
            return repr(thing)
        case str():
            kept = thing if not room or len(thing) <= room else thing[: room - 1] + "…"
            return escape(json.dumps(kept, ensure_ascii=False))
        case Mapping():
            inside = ", ".join(f"{_key(str(key))}: {_value(each, room)}" for key, each in thing.items())
            return f"{{ {inside} }}" if inside else "{}"
        case list() | tuple():
            return "[" + ", ".join(_value(each, room) for each in thing) + "]"
        case _:
            return str(thing)


def _key(name: str) -> str:
    return (
        name if name and set(name) <= PLAIN and not name[0].isdigit() else escape(json.dumps(name, ensure_ascii=False))
    )
