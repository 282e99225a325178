"""Fuzzes expressions: text is parsed, checked and evaluated in both tiers. `python fuzz/cel.py [options] CORPUS...`

A text may be refused with diagnostics, and an evaluation may end in an error with its place; anything else that is
raised, a tier that disagrees, or a run past the limit is a finding. Options are libFuzzer's (`-runs=10000`,
`-max_total_time=60`); the seeds are in `fuzz/seeds/cel`. Needs atheris, the extra `fuzz`.
"""

import sys

from interlock_dsl.cel import (
    BOOL,
    DOUBLE,
    DYN,
    INT,
    STRING,
    TIMESTAMP,
    UINT,
    DiagnosticError,
    Environment,
    EvaluationError,
    Field,
    IntType,
    ListType,
    MapType,
    RecordType,
    StringType,
    Timestamp,
    UInt,
)
from interlock_dsl.cel.conformance import identical

LIMIT = 20_000
ITEM = RecordType(
    "Item", {"sku": Field(StringType(max=20)), "count": Field(IntType(0, 99)), "note": Field(STRING, True)}
)
ENVIRONMENT = Environment(
    {
        "a": INT,
        "b": UINT,
        "c": DOUBLE,
        "t": STRING,
        "x": DYN,
        "ok": BOOL,
        "now": TIMESTAMP,
        "items": ListType(ITEM, 10),
        "by": MapType(STRING, INT),
        "order": RecordType("Order", {"total": Field(INT), "items": Field(ListType(ITEM))}),
    }
)
BOUND: dict[str, object] = {
    "a": 7,
    "b": UInt(9),
    "c": 0.5,
    "t": "text é",
    "x": {"f": [1, 2.0, True, None], "g": {"h": b"\xff"}},
    "ok": True,
    "now": Timestamp.of(1_767_225_600),
    "items": [{"sku": "book", "count": 2}, {"sku": "gift", "count": 0, "note": "n"}],
    "by": {"k": 1},
    "order": {"total": 12_000, "items": [{"sku": "gift", "count": 1}]},
}


def try_text(text: str) -> None:
    """Take one text as far as it goes; raise for a finding."""
    try:
        compiled = ENVIRONMENT.compile(text)
    except DiagnosticError as error:
        for diagnostic in error.diagnostics:
            span = diagnostic.span
            assert 0 <= span.start <= span.end <= len(text), diagnostic
            assert diagnostic.message, diagnostic
        return
    try:
        interpreted = compiled.interpreter.evaluate(BOUND, LIMIT)
    except EvaluationError as error:
        assert 0 <= error.span.start <= error.span.end <= len(text), error
        if error.code == "limit-exceeded":
            return
        try:
            value = compiled.evaluate(BOUND)
        except EvaluationError as same:
            assert (same.code, same.span) == (error.code, error.span), (text, same, error)
            return
        raise AssertionError(f"{text}: the compiled tier says {value!r}, the interpreted one {error}") from error
    fast = compiled.evaluate(BOUND)
    assert identical(fast, interpreted), f"{text}: the compiled tier says {fast!r}, the interpreted one {interpreted!r}"


def try_bytes(data: bytes) -> None:
    """Take what the fuzzer gives as text, if it is."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return
    try_text(text)


def main() -> None:
    """Run the fuzzer until it is stopped or has a finding."""
    import atheris

    atheris.instrument_all()
    atheris.Setup(sys.argv, try_bytes)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
