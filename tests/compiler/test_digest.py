import json
import re
from hashlib import sha256
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compiler.programs import EXAMPLES, WHOLE
from interlock_dsl import compile_text
from interlock_dsl.program.digest import meaning
from interlock_dsl.schema.canonical import canonical
from interlock_dsl.syntax.parser import parse
from interlock_dsl.syntax.tree import TestDecl, WorkflowDecl

NAMES = st.sampled_from(sorted(EXAMPLES))
DIGESTS = {name: compile_text(text).digest for name, text in EXAMPLES.items()}
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*\n|\s+|[\w.]+|->|\.\.|&&|\|\||[<>=!]=|.')


def declarations(text: str) -> list[str]:
    return [declaration.span.text for declaration in parse(text, "x").declarations]


@pytest.mark.parametrize("text", [*EXAMPLES.values(), WHOLE], ids=[*EXAMPLES, "whole"])
def test_the_meaning_is_written_as_canonical_json(text: str) -> None:
    program = compile_text(text)
    assert meaning(program).encode() == canonical(json.loads(meaning(program)))
    assert program.digest == sha256(meaning(program).encode()).hexdigest()


@given(NAMES, st.randoms())
@settings(deadline=None)
def test_order_of_declarations_does_not_matter(name: str, random: Random) -> None:
    parts = declarations(EXAMPLES[name])
    random.shuffle(parts)
    assert compile_text("\n".join(parts)).digest == DIGESTS[name]


@given(NAMES, st.randoms())
@settings(deadline=None)
def test_order_of_steps_and_ends_does_not_matter(name: str, random: Random) -> None:
    text = EXAMPLES[name]
    workflow = next(d for d in parse(text, "x").declarations if isinstance(d, WorkflowDecl))
    parts = [part.span for part in (*workflow.steps, *workflow.ends)]
    shuffled = [span.text for span in parts]
    random.shuffle(shuffled)
    for span, other in sorted(zip(parts, shuffled, strict=True), key=lambda pair: -pair[0].start):
        text = f"{text[: span.start]}{other}{text[span.end :]}"
    assert compile_text(text).digest == DIGESTS[name]


@given(NAMES, st.randoms())
@settings(deadline=None, suppress_health_check=[HealthCheck.large_base_example])
def test_formatting_and_comments_do_not_matter(name: str, random: Random) -> None:
    def other(match: re.Match[str]) -> str:
        if match[0].isspace() or match[0].startswith("//"):
            return random.choice(["\n", "  ", "\t \n", "\n// a remark\n  "])
        return match[0]

    assert compile_text(TOKEN.sub(other, EXAMPLES[name])).digest == DIGESTS[name]


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_not_used_in_deciding_does_not_matter(name: str) -> None:
    text = EXAMPLES[name]
    tests = [d.span.text for d in parse(text, "x").declarations if isinstance(d, TestDecl)]
    assert compile_text(text + "\ntype Unused { a: int }\n").digest == DIGESTS[name]
    for test in tests:
        text = text.replace(test, "")
    assert compile_text(text).digest == DIGESTS[name]
    assert compile_text(text, "elsewhere/other.ilk").digest == DIGESTS[name]


def test_the_name_of_a_type_does_not_matter() -> None:
    assert compile_text(EXAMPLES["refund"].replace("Receipt", "Voucher")).digest == DIGESTS["refund"]


CHANGES = [
    ("int in 0..1_000_000\n      reason", "int in 0..1_000_001\n      reason"),
    ("string max 500", "string max 501"),
    ("max 2_000 @untrusted", "max 2_000"),
    ("needs orders.read", "needs orders.read, refunds.write"),
    ("effect irreversible", "effect write"),
    ("idempotent by order_id\n", "idempotent by order_id + order_id\n"),
    ("timeout 5s", "timeout 6s"),
    ("retry 3 times", "retry 4 times"),
    ("undo refunds.void(receipt: result.id)", "undo refunds.void(receipt: order_id)"),
    ('model "small"', 'model "large"'),
    ("tokens 8_000", "tokens 8_001"),
    ('reach "duty-phone"', 'reach "duty-mail"'),
    ("steps 12", "steps 13"),
    ("time 8h", "time 9h"),
    ('task "decide what', 'task "say what'),
    ("confidence >= 0.8", "confidence >= 0.81"),
    ("confidence >= 0.8", "confidence > 0.8"),
    ("grant refunds.write where args.amount <= 10_000", "grant refunds.write"),
    ("within 4h", "within 5h"),
    ("after approval by supervisor", "after approval by duty_manager"),
    ("escalate to duty_manager on expiry", ""),
    ("pass request.message\n", "pass request\n"),
    ("  never refunds.issue where args.amount > 10_000 before approval by supervisor\n", ""),
    ("before approval by supervisor\n}", "before approval by 2 of supervisor\n}"),
    ("before approval by supervisor\n}", "before approval by duty_manager\n}"),
    ("before approval by supervisor\n}", "before approval\n}"),
    ("before approval by supervisor\n}", "before orders.get\n}"),
    ("never refunds.issue where", "never refunds.* where"),
    ("  never", '  always request.order_id != ""\n  never'),
    ("  never", "  ends within 9 steps\n  never"),
    ("  never", "  ends within 9h\n  never"),
    ("  never", "  cost <= 1.00 usd\n  never"),
    ("  never", "  reaches refunded\n  never"),
    ("args.amount > 100_000", "args.amount > 100_001"),
    ("count() >= 3", "count() >= 4"),
    ("end refunded { amount: assess.amount", "end refunded { amount: assess.amount + 0"),
    ("  assess -> declined\n    otherwise", "  routes assess first\n  assess -> declined\n    otherwise"),
]


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_whatever_decides_matters(before: str, after: str) -> None:
    text = EXAMPLES["refund"]
    assert before in text
    assert compile_text(text.replace(before, after, 1)).digest != DIGESTS["refund"]


def test_digests_are_the_same_everywhere() -> None:
    """The digest pins a run to its program for good: a new value here makes old runs unreadable."""
    assert compile_text('tool a.b(c: int in 0..5) { needs a.b  effect read }\nrole r { reach "x" }').digest == (
        "d6430c39621c51def4a5e71d06855dc0da814811bca27cd0982c651b9f0bff12"
    )
