"""Few lines can declare a type of any size: it is refused before anything reads it as a tree."""

import time

import pytest

from interlock_dsl.compiler.compile import check_text

USE = "tool a.b(x: T{n}) -> T{n} {{ needs a.b  effect read }}\n"


def chain(fields: str, order: int = 1, levels: int = 3_000) -> str:
    types = [f"type T{n} {{ {fields.replace('T', f'T{n - 1}')} }}" for n in range(1, levels + 1)]
    return "type T0 { a: int }\n" + "\n".join(types[::order]) + "\n" + USE.format(n=levels)


DOUBLING_STEPS = (
    "workflow w(x: int) {\n  step s0 sets { a: x }\n"
    + "".join(f"  step s{n} sets {{ a: s{n - 1}  b: [s{n - 1}] }}\n" for n in range(1, 40))
    + "  end done { v: s39 }\n  start -> s0\n"
    + "".join(f"  s{n} -> s{n + 1}\n" for n in range(39))
    + "  s39 -> done\n}\n"
)


@pytest.mark.parametrize(
    "text",
    [
        chain("a: T  b: T", levels=40), chain("a: T  b: T", -1, 40), chain("a: list<T>  b: map<string, T>", levels=40),
        chain("a: T"), chain("a: T", -1), chain("a: list<T> max 2"), DOUBLING_STEPS,
    ],
    ids=range(7),
)  # fmt: skip
def test_a_type_without_bounds_is_one_clear_error(text: str) -> None:
    began = time.perf_counter()
    program, found = check_text(text)
    assert time.perf_counter() - began < 10
    assert program is None
    assert {diagnostic.code for diagnostic in found} == {"too-large"}
    assert len(found) == 1


def test_a_long_chain_of_names_is_no_deep_type() -> None:
    lines = ["type T0 = int in 0..5", *(f"type T{n} = T{n - 1}" for n in range(1, 50))]
    assert check_text("\n".join(lines))[1] == ()
