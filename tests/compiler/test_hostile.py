"""Files made to take long or to end the compiler: each is read in a bounded time, or refused with a clear error."""

import tracemalloc
from collections.abc import Iterator

import pytest
from lark import Token

from interlock_dsl import check_text
from interlock_dsl.diagnostics import spelling
from interlock_dsl.syntax.recovery.surroundings import Surroundings

DEEP = 3_000


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("type T { a: " + "list<" * DEEP + "int" + ">" * DEEP + " }", {"too-deep"}),
        ("type T = " + "list<" * DEEP + "int" + ">" * DEEP, {"too-deep"}),
        ("type T = " + "map<string, " * DEEP + "int" + ">" * DEEP, {"too-deep"}),
        ("tool t.r() -> " + "list<" * DEEP + "int" + ">" * DEEP + " { effect read }", {"too-deep"}),
        ("type T { a: " + "list<" * 30 + "int" + ">" * 30 + " }", set()),
        ("type T { a: " + "list<" * 31 + "int" + ">" * 31 + " }", {"too-deep"}),
    ],
)
def test_types_inside_one_another_are_refused_before_anything_walks_them(text: str, codes: set[str]) -> None:
    _, found = check_text(text)
    assert {each.code for each in found} == codes
    assert len(found) == len(codes)


def test_values_of_an_enum_are_counted_once() -> None:
    values = [f'"v{at}"' for at in range(30_000)]
    program, found = check_text(f"type T = enum({', '.join(values)})")
    assert program is not None and not found
    _, found = check_text(f"type T = enum({', '.join([*values, *values[:1], *values[:1]])})")
    assert [each.code for each in found] == ["duplicate-definition"]


def test_the_names_compared_for_suggestions_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0
    distance = spelling.distance

    def counted(left: str, right: str) -> int:
        nonlocal compared
        compared += len(left) * len(right)
        return distance(left, right)

    monkeypatch.setattr(spelling, "distance", counted)
    missing = 1_000
    _, found = check_text("".join(f"type T{at} {{ a: Unknown{at}  b: Unknown{at} }}\n" for at in range(missing)))
    assert len(found) == missing
    assert compared <= 100 * (missing + 20) * 150
    name = "b" * 20_000
    _, found = check_text(f"let {name} = 1\nlet c = {name}b\n")
    assert len(found) == 1
    assert compared <= 100 * (missing + 20) * 150 + 64 * 64 * 1_000


@pytest.mark.parametrize(
    "begun", ["type T {{ a: int\n", "policy p {{\n  forbid a.b when x\n", "tool a.b(\n", "{{ ( [\n"]
)
def test_what_is_looked_at_after_mistakes_grows_as_the_text_does(begun: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cut = 0
    tokens = Surroundings.tokens

    def counted(self: Surroundings, position: int) -> Iterator[Token]:
        nonlocal cut
        for each in tokens(self, position):
            cut += 1
            yield each

    monkeypatch.setattr(Surroundings, "tokens", counted)
    text = begun.format() * 3_000
    _, found = check_text(text)
    assert found
    assert cut <= len(text)


@pytest.mark.parametrize("quote", ['"', "'", '"""', "'''", 'r"', 'b"'])
@pytest.mark.parametrize("piece", ["a", "\\n", "\u00e9"])
def test_a_long_text_takes_memory_in_proportion(quote: str, piece: str) -> None:
    written = quote + piece * 200_000 + quote.removeprefix("r").removeprefix("b")
    tool = "tool a.b(n: int in 0..9) { needs a.b  effect read }"
    text = f"{tool}\npolicy p {{ forbid a.b when size({written}) > args.n }}"
    check_text(text[:60])
    tracemalloc.start()
    try:
        check_text(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40 * len(text)
