"""Bundles: what is loaded is the program that was dumped, and anything else is refused with a sentence."""

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generated.programs import clean_program
from interlock import Authorizer, check, compile_text
from interlock_dsl.program import bundle
from interlock_dsl.program.bundle import BundleError, authentic, dump, load
from interlock_dsl.program.digest import program_digest
from interlock_dsl.program.model import Program, RunStep

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*/*.ilk"))


def compiled(path: Path) -> Program:
    program, diagnostics = check((path.name,), lambda name: (path.parent / name).read_text())
    assert program is not None, diagnostics
    return program


SMALL = compile_text(
    """
tool t.do(amount: int in 0..9, rate: double in 0.0..1.5, at: timestamp) { needs t.do  effect write }
agent a { may t.do }
policy p {
  permit t.do when args.amount > 3 && args.rate < 0.25 because "it is small"
  forbid t.do when calls(t.do).within("1h") > 2
}
""",
    "small.ilk",
)
DATA = dump(SMALL)


def sealed(body: bytes, form: int = bundle.FORMAT) -> bytes:
    """Return a bundle of any content, with the digest that belongs to it."""
    return f'{{"content":"{hashlib.sha256(body).hexdigest()}","interlock":{form},"program":'.encode() + body + b"}"


def body_of(data: bytes) -> dict[str, object]:
    given: dict[str, object] = json.loads(data)["program"]
    return given


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_what_is_loaded_means_the_same_and_is_dumped_the_same(path: Path) -> None:
    program = compiled(path)
    data = dump(program)
    loaded = load(data)
    assert loaded.digest == program.digest
    assert authentic(loaded)
    assert dump(loaded) == data
    assert loaded.tests == program.tests
    for name, workflow in program.workflows.items():
        assert list(loaded.workflows[name].graph.edges(keys=True)) == list(workflow.graph.edges(keys=True))
        assert [route.span for route in loaded.workflows[name].routes] == [route.span for route in workflow.routes]


SAID_AT = """
tool q.van(day: string) -> { van: string } { needs q.read  effect read }
workflow w(day: string) {
  step quick calls q.van(day: day)
  end done
  start -> quick grant q.read
  quick -> done
}
test "one line for each way to say what a tool answers" of w {
  given day "monday"
  tool q.van returns { van: "q1" }
  tool q.van at quick returns { van: "q2" }
  tool q.van at quick#2 fails "none left"
  expect ends done
}
"""


def test_what_tools_answer_at_a_step_is_loaded_as_it_was_dumped() -> None:
    program = compile_text(SAID_AT, "vans.ilk")
    loaded = load(dump(program))
    assert loaded.tests == program.tests
    assert [sorted(test.tools_at["q.van"]) for test in loaded.tests] == [["quick", "quick#2"]]


@pytest.mark.parametrize("seed", range(12))
def test_generated_programs_are_loaded_as_they_were_dumped(seed: int) -> None:
    """Every construct is in some of them, every kind of promise too."""
    text, program, _ = clean_program(seed)
    data = dump(program)
    loaded = load(data)
    assert program_digest(loaded) == program.digest
    assert dump(loaded) == data, text


def test_expressions_are_of_the_same_type_and_tier() -> None:
    loaded = load(DATA)
    for ours, theirs in zip(loaded.policies["p"].rules, SMALL.policies["p"].rules, strict=True):
        assert ours.when is not None and theirs.when is not None
        assert ours.when.expression == theirs.when.expression
        assert ours.when.checked is not None and ours.when.type == theirs.when.type
        assert ours.when.expression.span == theirs.when.expression.span


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is not a bundle"),
        (b"policy p {}", "it is not a bundle"),
        (DATA[:-2], "it is not a bundle"),
        (DATA[:-9] + DATA[-1:], "it is damaged: its content is not what its digest says"),
        (DATA.replace(b"it is small", b"it is smelt"), "it is damaged"),
        (sealed(b"{}", 2), "it has the format 2, and this version reads 1: compile it again from its sources"),
        (sealed(b"{}"), "it does not hold the parts of a program"),
        (sealed(b"[" * 5_000 + b"]" * 5_000), "it is not JSON"),
        (b" " * (bundle.LARGEST + 1), "more than the 67,108,864 that a bundle may have"),
    ],
)
def test_what_is_no_bundle_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(BundleError, match=said):
        load(data)


INNER = """
workflow one(n: int) { step s runs two(n: n)  end done { how: s.end }  start -> s  s -> done }
workflow two(n: int) { step t sets { m: n }  end over { m: t.m }  start -> t  t -> over }
"""


@pytest.mark.parametrize(
    ("name", "said"), [("three", "a step runs a workflow that is not there"), ("one", "a workflow runs itself")]
)
def test_a_step_that_runs_nothing_or_what_it_is_in_is_refused(name: str, said: str) -> None:
    program = compile_text(INNER)
    assert dump(load(dump(program))) == dump(program)
    step = program.workflows["one"].steps["s"]
    assert isinstance(step, RunStep)
    changed = replace(program.workflows["one"], steps={"s": replace(step, workflow=name)})
    with pytest.raises(BundleError, match=said):
        load(dump(replace(program, workflows={**program.workflows, "one": changed})))


def places(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Return the path of every part of a JSON value."""
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += places(item, (*path, key))
    return found


PLACES = places(body_of(DATA))
JUNK = st.sampled_from(
    [None, True, -1, 10**9, 2**70, 1.5, "", "x", [], {}, [[]], [None], {"is": "x"}, [0, 5, 1], "[1]"]
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(PLACES), JUNK)
def test_a_bundle_with_anything_changed_is_refused_or_read_and_never_raises_another_error(
    place: tuple[object, ...], junk: object
) -> None:
    changed = body_of(DATA)
    holder: Any = changed
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = junk
    try:
        program = load(sealed(json.dumps(changed).encode()))
    except BundleError as refused:
        assert str(refused)
        return
    assert authentic(program) in (True, False)
    Authorizer(program)
    for policy in program.policies.values():
        for rule in policy.rules:
            for condition in (rule.when, rule.unless):
                if condition is not None:
                    condition.cost  # noqa: B018


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_a_changed_byte_is_noticed(at: int, by: int) -> None:
    changed = bytearray(DATA)
    changed[at] ^= by
    with pytest.raises(BundleError):
        load(bytes(changed))


def test_a_condition_that_cannot_be_read_fails_closed() -> None:
    changed = json.dumps(body_of(DATA)).replace('\\"Call\\"', '\\"Cell\\"')
    program = load(sealed(changed.encode()))
    assert not authentic(program)
    for rule in program.policies["p"].rules:
        assert rule.when is not None
        with pytest.raises(Exception, match="unreadable"):
            rule.when.evaluate({"args": {"amount": 5, "rate": 0.1}})


def test_loading_policies_needs_neither_lark_nor_networkx(tmp_path: Path) -> None:
    (tmp_path / "x.ilkb").write_bytes(DATA)
    code = (
        "import sys; from interlock_dsl.program.bundle import load; from interlock import Authorizer;"
        "Authorizer(load(open(sys.argv[1], 'rb').read()));"
        "print([name for name in ('lark', 'networkx', 'pydantic') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(tmp_path / "x.ilkb")], capture_output=True, text=True)
    assert ran.stdout == "[]\n", ran.stderr
