import json as stdlib_json
import typing

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from interlock.errors import JournalCorrupt
from interlock.journal.codec import decode, encode
from interlock.run.protocol import events
from interlock_dsl.schema import json_value
from interlock_dsl.schema.canonical import canonical
from journal.events import kinds, raw_json


@pytest.mark.parametrize("kind", kinds)
@settings(max_examples=20)
@given(data=st.data())
def test_decoding_what_was_encoded_gives_the_event_back(
    kind: st.SearchStrategy[events.Event], data: st.DataObject
) -> None:
    given_event = data.draw(kind)
    written = encode(given_event)
    assert decode(written) == given_event
    assert canonical(stdlib_json.loads(written, parse_int=decode_number)) == written


def decode_number(digits: str) -> int | float:
    number = int(digits)
    return number if -(2**63) <= number < 2**64 else float(digits)


def test_every_event_has_a_form() -> None:
    made = {type(each) for each in SAMPLES}
    assert made == set(typing.get_args(events.Event))


SAMPLES: list[events.Event] = [
    events.RunStarted(1, "r1", "d1", "refund", {"order": "A1"}, "alice", ("clerk",), ("orders.read",)),
    events.SessionStarted(1, "s1", "d1", "alice", ("clerk",), (), {"channel": "mail"}, "pay it", "Alice"),
    events.CallProposed(2, "orders.get", {"id": "A1"}, "clerk", "k1"),
    events.ModelReplied(2, "c1", True, {"x": 1}, (events.ModelCall("k", "t", {}),), events.Usage(1, 2, 3), ["raw"]),
    events.ModelFailed(3, "c1", "timeout", "late", events.Usage(1, 0, 0), 500),
    events.ToolReturned(4, "c2", {"id": "R1"}),
    events.ToolFailed(5, "c2", "uncertain", "who knows", 1),
    events.PersonAnswered(6, "c3", "maria", "manager", {"ok": True}),
    events.ApprovalGiven(7, "a1", "maria", "manager", "ff"),
    events.ApprovalDenied(8, "a1", "maria", "manager", "no"),
    events.SignalReceived(8, "payment.received", {"order": "A1"}, "k1", "bank", "Bank"),
    events.TimerFired(9, "c4"),
    events.Reserved(9, "v5", (0, 250)),
    events.Exhausted(9, "v5", (4,), ("d1",), "no answer"),
    events.Admitted(9, "a6", 3, True),
    events.Withheld(9, "a6", "rate", 60, "no answer"),
    events.RunCancelled(10, "maria", "enough"),
    events.RunResumed(11),
]


def test_defaults_are_left_out() -> None:
    assert encode(events.ToolReturned(1, "c1")) == b'{"at":1,"command":"c1","type":"returned"}'
    assert (
        encode(events.RunStarted(1, "r", "p", "w", {}, scopes=()))
        == b'{"at":1,"input":{},"program":"p","run":"r","scopes":[],"type":"started","workflow":"w"}'
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"null",
        b"[]",
        b"{}",
        b'{"type":"unknown"}',
        b'{"type":["fired"]}',
        b'{"at":1,"command":"c1"}',
        b'{"at":1,"type":"fired"}',
        b'{"at":"1","command":"c1","type":"fired"}',
        b'{"at":1.5,"command":"c1","type":"fired"}',
        b'{"at":true,"command":"c1","type":"fired"}',
        b'{"at":1,"command":null,"type":"fired"}',
        b'{"at":1,"command":"c1","more":1,"type":"fired"}',
        b'{"at":1,"at":1,"command":"c1","type":"fired"}',
        b'{"command":"c1","at":1,"type":"fired"}',
        b'{"at":1, "command":"c1","type":"fired"}',
        b'{"at":1,"command":"\\u0063","type":"fired"}',
        b'{"at":1,"command":"c1","result":null,"type":"returned"}',
        b'{"at":1,"command":"c1","result":NaN,"type":"returned"}',
        b'{"at":1,"command":"c1","result":1.0,"type":"returned"}',
        b'{"at":1,"command":"c1","result":"\\ud800","type":"returned"}',
        b'{"at":1,"command":"c1","result":' + b"9" * 5000 + b',"type":"returned"}',
        b'{"at":1,"command":"c1","result":' + b"[" * 100_000 + b"]" * 100_000 + b',"type":"returned"}',
        b'{"at":1,"command":"c1","kind":"bad","message":"","type":"tool_failed"}',
        b'{"at":1,"input":[],"program":"p","run":"r","type":"started","workflow":"w"}',
        b'{"at":1,"input":{},"program":"p","roles":[1],"run":"r","type":"started","workflow":"w"}',
        b'{"answered":1,"at":1,"command":"c","type":"replied"}',
        b'{"answered":true,"at":1,"calls":[{"key":"k","tool":"t"}],"command":"c","type":"replied"}',
        b'{"answered":true,"at":1,"command":"c","type":"replied","usage":{"cost":"1"}}',
        b'{"answered":true,"at":1,"command":"c","type":"replied","usage":[]}',
    ],
)
def test_what_encode_would_not_write_is_corrupt(data: bytes) -> None:
    with pytest.raises(JournalCorrupt, match=r"run r1, entry 7: not an event: .+"):
        decode(data, "r1", 7)


@given(st.sampled_from(SAMPLES), st.data())
def test_a_changed_byte_is_corrupt_or_another_event(sample: events.Event, data: st.DataObject) -> None:
    written = bytearray(encode(sample))
    at = data.draw(st.integers(0, len(written) - 1))
    written[at] ^= data.draw(st.integers(1, 255))
    try:
        read = decode(bytes(written), "r1", 1)
    except JournalCorrupt as refused:
        assert "run r1, entry 1" in str(refused)
    else:
        assert read != sample and encode(read) == bytes(written)


@given(st.binary(max_size=60) | raw_json.map(lambda value: stdlib_json.dumps(value).encode()))
def test_decoding_is_total(data: bytes) -> None:
    with pytest.raises(JournalCorrupt):
        decode(data)


@given(raw_json)
@example(1e20)
@example(-0.0)
@example([2.0**63, 2.0**64, -(2.0**63), 1e21, 5e-324, 5.326714702625815e16, 2.0**53 + 2])
def test_what_is_recordable_comes_back_the_same_in_type_too(value: events.Json) -> None:
    kept = json_value(value)
    assert same(kept, value)
    read = decode(encode(events.ToolReturned(1, "c1", kept)))
    assert isinstance(read, events.ToolReturned)
    assert repr(read.result) == repr(kept) or sorted_keys(read.result) == sorted_keys(kept)


def same(kept: events.Json, value: events.Json) -> bool:
    """Whether nothing was lost: a double is the one that the digits kept of it stand for."""
    match value:
        case dict():
            return isinstance(kept, dict) and all(same(kept[key], value[key]) for key in kept.keys() | value.keys())
        case list():
            return isinstance(kept, list) and all(map(same, kept, value)) and len(kept) == len(value)
        case float():
            return isinstance(kept, int | float) and float(kept) == value
        case _:
            return kept == value


def sorted_keys(value: events.Json) -> str:
    """Return what tells a value apart, kinds of numbers included, whatever the order of keys."""
    match value:
        case dict():
            return "{" + ",".join(f"{key!r}:{sorted_keys(value[key])}" for key in sorted(value)) + "}"
        case list():
            return "[" + ",".join(map(sorted_keys, value)) + "]"
        case _:
            return repr(value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"a": [1, {2}]}, "a[1]: a set is not a JSON value"),
        ({"a": {1: 2}}, "a: a key must be text, not an int"),
        ([float("nan")], "[0]: nan is not a number that JSON has"),
        ({"x": 2**64}, "x: an integer beyond 64 bits"),
        ("\ud800", "value: text that is not valid Unicode"),
        ({"\ud800": 1}, "value: text that is not valid Unicode"),
        (b"bytes", "value: a bytes is not a JSON value"),
    ],
)
def test_what_the_journal_cannot_hold_is_refused_with_its_place(value: object, said: str) -> None:
    with pytest.raises(ValueError) as refused:
        json_value(value)
    assert str(refused.value) == said


def test_endless_values_are_refused() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(ValueError, match="nested more than 100 levels deep"):
        json_value(endless)


@pytest.mark.parametrize("agent", [None, "", "teller", 'a "b"'])
@pytest.mark.parametrize("key", ["", "k\u00e9"])
@pytest.mark.parametrize("unreadable", ["", "no JSON"])
@pytest.mark.parametrize("args", [None, [], {"b": 1.0, "a": {"c": [True, None]}}, "text"])
def test_a_proposed_call_is_written_like_every_event(
    agent: str | None, key: str, unreadable: str, args: events.Json
) -> None:
    event = events.CallProposed(7, "t.u", args, agent, key, unreadable)
    said: dict[str, object] = {"at": 7, "tool": "t.u", "args": args, "type": "proposed"}
    others = {"agent": agent, "key": key, "unreadable": unreadable}
    said |= {name: value for name, value in others.items() if value != (None if name == "agent" else "")}
    assert encode(event) == canonical(said)
