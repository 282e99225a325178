"""The digest of what one event led to: 32 bytes that a journal keeps beside the event.

If a replay comes to another outcome, the program or the machine is not the one that ran. The same notes and commands
give the same bytes everywhere: text is JSON with sorted keys, and nothing depends on hashes or addresses.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from hashlib import sha256
from json import encoder as json_encoder
from operator import attrgetter
from typing import get_args

from interlock.decide import Decision
from interlock.run.protocol.commands import Command
from interlock.run.protocol.notes import Note

_LEFT_OUT = {"raw", "turns"}
"""What a command repeats of earlier events."""


def outcome_of(notes: Iterable[Note], commands: Iterable[Command]) -> bytes:
    """Return the digest of notes and commands."""
    told: list[object] = [_TOLD[one.__class__](one) for one in notes]
    told += [_TOLD[one.__class__](one) for one in commands]
    return sha256(_encode(told).encode()).digest()


def _teller(made: type) -> Callable[[object], object]:
    names = [field.name for field in fields(made) if field.name not in _LEFT_OUT]
    get = attrgetter(*names) if len(names) > 1 else attrgetter(names[0], names[0])
    name = made.__name__
    return lambda one: (name, get(one))


_TOLD: Mapping[type, Callable[[object], object]] = {
    made: _teller(made) for made in (*get_args(Note), *get_args(Command))
}


def _decision(value: object) -> object:
    if isinstance(value, Decision):
        return [
            value.answer,
            [[reason.cause, reason.text, reason.rule] for reason in value.reasons],
            [[need.role, need.count, need.within, need.rule] for need in value.needs],
        ]
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {value.__class__.__name__} cannot be part of an outcome")


_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_decision, check_circular=False)
_make = getattr(json_encoder, "c_make_encoder", None)
_made: Callable[[object, int], Iterable[str]] | None = _make and _make(
    None, _decision, json_encoder.encode_basestring_ascii, None, ":", ",", True, False, True
)


def _encode(told: list[object]) -> str:
    """Return what `_encoder` gives, without making its machinery anew for each value."""
    return _encoder.encode(told) if _made is None else "".join(_made(told, 0))
