"""The generator: most of its programs check clean, every construct comes up, and what is written can be read again."""

from collections import Counter
from functools import cache
from typing import get_args

from hypothesis import HealthCheck, given, settings

from generated.constants import without_constants
from generated.constructs import constructs, table
from generated.programs import clean_program, programs
from interlock_dsl import check_text
from interlock_dsl.formatter.format import format
from interlock_dsl.program.digest import meaning
from interlock_dsl.program.model import Program
from interlock_dsl.program.promises import Promise
from interlock_dsl.syntax.parser import parse

SEEDS = range(120)
EXPECTED = frozenset(
    [f"step: {kind}" for kind in ("agent", "calls", "asks", "decides", "sets", "asks within", "tools")]
    + [f"step: waits for event{part}" for part in ("", ", data", ", where", ", within")]
    + ["step: for each", "step: agent within", "step: calls within", "tool: fallback", "tool: rate", "tool: breaker"]
    + [f"for each: {part}" for part in ("all", "merge any", "merge n", "collect failures", "width")]
    + ["agent: fallback", "workflow: end gives up", "expression: failure", "expression: collected failure"]
    + ["step: waits for time", "step: waits until", "step: runs", "step: runs within", "step: runs, for each"]
    + [f"inside: {part}" for part in ("workflow", "undo", "approval", "budget", "rules", "wait")]
    + [f"table: {part}" for part in ("hit unique", "hit first", "hit collect", "otherwise")]
    + [f"tool: effect {effect}" for effect in ("read", "write", "irreversible")]
    + [f"tool: {part}" for part in ("needs", "idempotent by", "timeout", "undo", "retry", "backoff", "cost")]
    + [f"agent: {part}" for part in ("may", "tokens", "turns", "cost", "timeout", "retry", "instructions")]
    + [f"budget: {part}" for part in ("steps", "tool_calls", "tokens", "cost", "time")]
    + [
        f"policy: {part}"
        for part in ("permit", "forbid", "require", "limit", "by", "when", "unless", "because", "within")
    ]
    + [f"policy: {part}" for part in ("family", "several tools")]
    + [f"route: on {trigger}" for trigger in ("failure", "timeout", "denied", "expiry", "over budget")]
    + [f"route: merge {merge}" for merge in ("all", "any", "first", "n of m")]
    + [
        f"route: approval into {kind}"
        for kind in ("agent", "calls", "asks", "waits", "waits for event", "decides", "sets", "runs")
    ]
    + [
        "route: when",
        "route: otherwise",
        "route: three ways",
        "routes s first",
        "route: parallel",
        "route: join with when",
    ]
    + ["route: own routes beside a join", "route: on a trigger, when", "route: at most", "route: then"]
    + ["route: backtrack", "route: back on a trigger", "route: reconcile"]
    + [
        "route: then, with clauses",
        "route: then, with a block",
        "route: grant",
        "route: grant where",
        "route: several grants",
        "route: pass",
        "route: pass an element",
    ]
    + ["route: approval", "route: approval by several", "route: because", "route: escalate", "route: escalate when"]
    + [
        "route: escalate on expiry",
        "workflow: goal",
        "workflow: may",
    ]
    + [f"promise: {kind.__name__}" for kind in get_args(Promise)]
    + ["context", "expression: context", "let", "let: duration", "policy: redact", "policy: redact result"]
    + ["policy: notify", "workflow: rules", "workflow: rules that read outputs"]
    + [f"workflow: {kind}" for kind in ("forbid", "require", "limit", "redact", "notify")]
    + ["promise: never where", "promise: guarded always", "promise: approval by several", "promise: by anybody"]
    + ["workflow: end with values", "workflow: optional parameter", "role: reach"]
    + [
        "type: record",
        "type: record written out",
        "type: list",
        "type: map",
        "type: enum",
        "type: bounds",
        "type: label",
    ]
    + ["type: optional field", "type: bool", "type: double", "type: int", "type: string", "type: bytes"]
    + ["type: timestamp", "type: duration"]
    + [f"expression: {part}" for part in ("has()", "optional", "calls()", "may divide by zero", "index", "map key")]
    + [f"expression: {part}" for part in ("conversion", "macro", "now", "principal", "ternary")]
)


@cache
def made() -> tuple[list[tuple[str, Program]], int]:
    """Return the clean programs of the seeds, and how many had to be thrown away."""
    found = [clean_program(seed) for seed in SEEDS]
    return [(text, program) for text, program, _ in found], sum(refused for _, _, refused in found)


def test_most_generated_programs_check_clean() -> None:
    kept, refused = made()
    assert refused < len(kept), f"{refused} of {refused + len(kept)} have errors"


def test_every_construct_is_in_one_of_twenty_programs() -> None:
    counted = Counter(name for text, program in made()[0] for name in constructs(program, text))
    assert sorted(EXPECTED - counted.keys()) == []
    rare = {name: counted[name] for name in EXPECTED if counted[name] < len(SEEDS) / 20}
    assert rare == {}, table(counted, len(SEEDS))


def test_format_keeps_meaning() -> None:
    for text, program in made()[0][::4]:
        formatted = format(text)
        again, diagnostics = check_text(formatted)
        assert again is not None, (formatted, diagnostics)
        assert meaning(again) == meaning(program), formatted
        assert again.digest == program.digest
        assert format(formatted) == formatted


def test_a_constant_means_what_its_value_means() -> None:
    named = [(text, program) for text, program in made()[0] if text.startswith("let ")]
    assert len(named) > len(SEEDS) / 10
    for text, program in named[::2]:
        plain = without_constants(text)
        assert "let " not in plain
        again, diagnostics = check_text(plain)
        assert again is not None, (plain, diagnostics)
        assert again.digest == program.digest, text


def test_what_is_printed_is_read_as_the_same_tree() -> None:
    for text, _ in made()[0][::3]:
        tree = parse(text, "made.ilk")
        assert parse(format(tree), "made.ilk").declarations == tree.declarations, text


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs())
def test_the_generator_works_under_hypothesis(found: tuple[str, Program]) -> None:
    text, program = found
    assert parse(text, "made.ilk").declarations
    assert "w" in program.workflows
