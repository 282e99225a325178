"""Generated events: every field of every class, JSON values of every kind, as the journal can hold them."""

from hypothesis import strategies as st

from interlock.run.protocol import events
from interlock_dsl.schema import json_value

text = st.text(st.characters(codec="utf-8"), max_size=12)
whole = st.integers(-(2**63), 2**64 - 1)
numbers = whole | st.floats(allow_nan=False, allow_infinity=False)
raw_json = st.recursive(
    st.none() | st.booleans() | numbers | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)
json = raw_json.map(json_value)
objects = st.dictionaries(text, json, max_size=4)
texts = st.lists(text, max_size=3).map(tuple)
usage = st.builds(events.Usage, whole, whole, whole)
calls = st.lists(st.builds(events.ModelCall, text, text, json), max_size=3).map(tuple)

kinds = (
    st.builds(events.RunStarted, whole, text, text, text, objects, text, texts, st.none() | texts),
    st.builds(
        events.SessionStarted, whole, text, text, text, texts, st.none() | texts, st.none() | objects, text, text
    ),
    st.builds(events.CallProposed, whole, text, json, st.none() | text, text, text),
    st.builds(events.ModelReplied, whole, text, st.booleans(), json, calls, usage, json),
    st.builds(events.ModelFailed, whole, text, st.sampled_from(["error", "timeout"]), text, usage, whole),
    st.builds(events.ToolReturned, whole, text, json),
    st.builds(
        events.ToolFailed, whole, text, st.sampled_from(["error", "timeout", "uncertain", "unsent"]), text, whole
    ),
    st.builds(events.PersonAnswered, whole, text, text, text, json),
    st.builds(events.SignalReceived, whole, text, json, text, text, text),
    st.builds(events.ApprovalGiven, whole, text, text, text, text),
    st.builds(events.ApprovalDenied, whole, text, text, text, text),
    st.builds(events.TimerFired, whole, text),
    st.builds(events.Reserved, whole, text, st.lists(whole, max_size=3).map(tuple)),
    st.builds(events.Exhausted, whole, text, st.lists(whole, max_size=3).map(tuple), texts, text),
    st.builds(events.Admitted, whole, text, whole, st.booleans()),
    st.builds(events.Withheld, whole, text, st.sampled_from(["rate", "breaker", "ledger"]), st.none() | whole, text),
    st.builds(events.RunCancelled, whole, text, text),
    st.builds(events.RunResumed, whole),
)
