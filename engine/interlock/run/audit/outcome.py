"""The digest of what one event led to: 32 bytes that a journal keeps beside the event.

If a replay comes to another outcome, the program or the machine is not the one that ran. What counts are codes, ids,
arguments, results, moments and phases. Sentences for people and places in the source do not: they may change with any
release. The bytes are canonical JSON, so they are the same everywhere.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from hashlib import sha256
from operator import attrgetter
from typing import Final, get_args

from interlock.decide import Claim, Decision, Obligation, RedactFields
from interlock.run.protocol.commands import Command
from interlock.run.protocol.notes import Note, NotTaken
from interlock_dsl.schema.canonical import HIGHEST, LOWEST, canonical

SENTENCES: Final = frozenset({"message", "question", "reason", "rows", "task", "why"})
"""The fields of notes and commands that hold sentences for people; each has a code beside it, or is of the program."""

REPEATED: Final = frozenset({"raw", "turns"})
"""The fields of commands that repeat earlier events."""


def outcome_of(notes: Iterable[Note], commands: Iterable[Command]) -> bytes:
    """Return the digest of notes and commands."""
    value = compared(notes, commands)
    try:
        return sha256(canonical(value)).digest()
    except ValueError:  # whoever feeds a machine without a journal may feed it what JSON cannot say
        return sha256(canonical(sayable(value))).digest()


def sayable(value: object) -> object:
    """Return a JSON value with something else in the place of what JSON cannot say: NaN, an integer beyond 64 bits."""
    match value:
        case None | bool():
            return value
        case str():
            return value if value.isascii() else value.encode("utf-16", "surrogatepass").hex()
        case int():
            return value if LOWEST <= value <= HIGHEST else {"integer": hex(value)}
        case float():
            return value if value - value == 0.0 else {"double": repr(value)}
        case Mapping():
            return {str(sayable(str(key))): sayable(item) for key, item in value.items()}
        case list() | tuple():
            return [sayable(item) for item in value]
        case _:
            return type(value).__name__


def compared(notes: Iterable[Note], commands: Iterable[Command]) -> list[object]:
    """Return what a replay compares, as a JSON value: for each note and command its kind, then its fields."""
    return [_WRITERS[one.__class__](one) for one in (*notes, *commands)]


def _writer(made: type) -> Callable[[object], object]:
    names = [field.name for field in fields(made) if field.name not in SENTENCES | REPEATED]
    get: Callable[[object], tuple[object, ...]] = attrgetter("__class__.__name__", *names)
    special = [at for at, name in enumerate(("", *names)) if name in _SPECIAL]
    if not special:
        return get

    def write(one: object) -> object:
        values = list(get(one))
        for at in special:
            values[at] = _SPECIAL[names[at - 1]](values[at])
        return values

    return write


def _decision(value: Decision) -> object:
    compared: list[object] = [
        value.answer,
        [[reason.cause, reason.rule] for reason in value.reasons],
        [[need.role, need.count, need.within, need.rule] for need in value.needs],
    ]
    if value.obligations:
        compared.append([_obligation(each) for each in value.obligations])
    return compared


def _obligation(value: Obligation) -> list[object]:
    if isinstance(value, RedactFields):
        return ["redact", list(value.fields), value.rule]
    return ["notify", value.role, value.rule]


def _others(value: tuple[NotTaken, ...]) -> object:
    return [[other.route, other.code] for other in value]


def _claims(value: tuple[Claim, ...]) -> object:
    return [[claim.limit, claim.key, claim.amount, claim.most, claim.period] for claim in value]


_SPECIAL: Final[Mapping[str, Callable[..., object]]] = {"decision": _decision, "others": _others, "claims": _claims}
_WRITERS: Final[Mapping[type, Callable[[object], object]]] = {
    made: _writer(made) for made in (*get_args(Note), *get_args(Command))
}
