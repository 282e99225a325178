"""The digest of what one event led to: 32 bytes that a journal keeps beside the event.

If a replay comes to another outcome, the program or the machine is not the one that ran. What counts are codes, ids,
arguments, results, moments and phases. Sentences for people and places in the source do not: they may change with any
release. The bytes are canonical JSON, so they are the same everywhere.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from hashlib import sha256
from json.encoder import encode_basestring
from operator import attrgetter
from typing import Final, get_args

from interlock.decide import Claim, Decision, Obligation, RedactFields
from interlock.run.protocol.commands import CallTool, Command, Reserve
from interlock.run.protocol.notes import CallDecided, LedgerAnswered, Note, NotTaken
from interlock_dsl.program.model import Breaker, Rate
from interlock_dsl.schema.canonical import HIGHEST, LOWEST, canonical, written

_quoted: Callable[[str], str] = encode_basestring

SENTENCES: Final = frozenset({"message", "question", "reason", "rows", "task", "why"})
"""The fields of notes and commands that hold sentences for people; each has a code beside it, or is of the program."""

REPEATED: Final = frozenset({"raw", "turns"})
"""The fields of commands that repeat earlier events."""


def outcome_of(notes: Iterable[Note], commands: Iterable[Command]) -> bytes:
    """Return the digest of notes and commands."""
    every = (*notes, *commands)
    try:
        try:
            text = _text_of(every)
        except TypeError:  # a field holds what is not of its type
            text = written(compared(every))
        return sha256(text.encode()).digest()
    except ValueError:  # whoever feeds a machine without a journal may feed it what JSON cannot say
        return sha256(canonical(sayable(compared(every)))).digest()


def _text_of(every: tuple[Note | Command, ...]) -> str:
    """Return what is compared as canonical JSON."""
    if len(every) == 2:
        note, command = every
        if type(note) is CallDecided and type(command) is CallTool and note.args is command.args:
            args = written(note.args)
            return f"[{_call_decided(note, args)},{_call_tool(command, args)}]"
    known: dict[int, str] = {}
    return "[" + ",".join([_TEXTS[one.__class__](one, known) for one in every]) + "]"


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


def compared(every: Iterable[Note | Command]) -> list[object]:
    """Return what a replay compares, as a JSON value: for each note and command its kind, then its fields."""
    return [_WRITERS[one.__class__].value(one) for one in every]


class _Writer:
    """What is compared of one kind of note or command."""

    def __init__(self, made: type) -> None:
        names = [field.name for field in fields(made) if field.name not in SENTENCES | REPEATED]
        self._get: Callable[[object], tuple[object, ...]] = attrgetter("__class__.__name__", *names)
        self._special = [(at, name) for at, name in enumerate(names, 1) if name in _SPECIAL]
        self._direct = all(name == "decision" for _, name in self._special)

    def value(self, one: object) -> list[object]:
        """Return it as a JSON value."""
        values = list(self._get(one))
        for at, name in self._special:
            values[at] = _SPECIAL[name](values[at])
        return values

    def text(self, one: object, known: dict[int, str]) -> str:
        """Return its value as canonical JSON. `known` are the texts of the objects met so far, by identity."""
        if not self._direct:
            return written(self.value(one))
        texts = [
            _quoted(value) if type(value) is str else "null" if value is None else _text(value, known)
            for value in self._get(one)
        ]
        return f"[{','.join(texts)}]"


def _text(value: object, known: dict[int, str]) -> str:
    """Write a value; an object once, since a note and its command often have the same one."""
    if type(value) is dict:
        text = known.get(id(value))
        if text is None:
            text = known[id(value)] = written(value)
        return text
    return _decided(value) if isinstance(value, Decision) else written(value)


_DECIDED: Final[dict[int, tuple[Decision, str]]] = {}
"""Decisions with their texts, by the identity of their reasons: rules that match alike give the same ones again.

A memo of a pure function over values that do not change: what is in it makes an outcome sooner, never another one. An
entry keeps its decision alive, so no other object has the identity meanwhile; there are `_MOST_DECIDED` at most.
"""

_MOST_DECIDED: Final = 4096


def _decided(decision: Decision) -> str:
    known = _DECIDED.get(id(decision.reasons))
    if known is not None:
        same = known[0]
        if same is decision or (
            same.reasons is decision.reasons
            and same.answer == decision.answer
            and same.needs is decision.needs
            and same.obligations is decision.obligations
        ):
            return known[1]
    text = written(_decision(decision))
    if len(_DECIDED) >= _MOST_DECIDED:
        _DECIDED.clear()
    _DECIDED[id(decision.reasons)] = decision, text
    return text


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


def _rate(value: Rate | None) -> object:
    return None if value is None else [value.most, value.period]


def _breaker(value: Breaker | None) -> object:
    return None if value is None else [value.failures, value.within, value.pause]


_SPECIAL: Final[Mapping[str, Callable[..., object]]] = {
    "decision": _decision, "others": _others, "claims": _claims, "rate": _rate, "breaker": _breaker,
}  # fmt: skip
_WRITERS: Final[Mapping[type, _Writer]] = {made: _Writer(made) for made in (*get_args(Note), *get_args(Command))}


# --- what decisions on calls lead to, written out: the same texts, in half the time ---


def _known(value: object, known: dict[int, str]) -> str:
    text = known.get(id(value))
    if text is None:
        text = known[id(value)] = written(value)
    return text


def _call_decided(one: CallDecided, args: str) -> str:
    return (
        f'["CallDecided",{_quoted(one.step)},{_quoted(one.agent)},{_quoted(one.tool)},{args},{_quoted(one.digest)},'
        f"{_decided(one.decision)},{_quoted(one.call)},{written(one.approvals) if one.approvals else '[]'}]"
    )


def _call_tool(one: CallTool, args: str) -> str:
    return (
        f'["CallTool",{_quoted(one.id)},{_quoted(one.step)},{_quoted(one.tool)},{args},{_quoted(one.key)},'
        f"{written(one.attempt)},{'null' if one.timeout is None else written(one.timeout)},{_quoted(one.purpose)}]"
    )


def _reserve(one: Reserve, known: dict[int, str]) -> str:
    return f'["Reserve",{_quoted(one.id)},{_quoted(one.step)},{_claimed(one.claims)},{written(one.forced)}]'


def _ledger_answered(one: LedgerAnswered, known: dict[int, str]) -> str:
    return (
        f'["LedgerAnswered",{_quoted(one.step)},{_quoted(one.tool)},{_quoted(one.reservation)},{_claimed(one.claims)},'
        f"{written(one.standings)},{written(one.granted)},{written(one.forced)},{_quoted(one.unavailable)}]"
    )


def _claimed(claims: tuple[Claim, ...]) -> str:
    texts = [
        f"[{_quoted(claim.limit)},{_quoted(claim.key)},{written(claim.amount)},{written(claim.most)},"
        f"{written(claim.period)}]"
        for claim in claims
    ]
    return f"[{','.join(texts)}]"


_TEXTS: Final[Mapping[type, Callable[..., str]]] = {
    **{made: writer.text for made, writer in _WRITERS.items()},
    CallDecided: lambda one, known: _call_decided(one, _known(one.args, known)),
    CallTool: lambda one, known: _call_tool(one, _known(one.args, known)),
    Reserve: _reserve,
    LedgerAnswered: _ledger_answered,
}
"""How each kind of note and command is written."""
