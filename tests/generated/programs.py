"""Whole programs, at random: every construct of the language, most of them free of findings.

    text = program_text(Dice(Random(7)))
    found = checked(text)                  # the program, or None where `check` finds an error

Under Hypothesis: `programs()`.
"""

from random import Random

from hypothesis import strategies as st

from generated.constants import with_constants
from generated.contents import Contents
from generated.declarations import declare
from generated.dice import Dice
from generated.flow import Reach
from generated.policies import policy_text
from generated.skeleton import grown
from generated.workflows import parameters, workflow_text
from interlock_dsl import check_text
from interlock_dsl.program.model import Program


def program_text(dice: Dice) -> str:
    """Return the text of a program with one workflow `w`."""
    made = declare(dice)
    skeleton = grown(dice, dice.number(2, 9))
    text = workflow_text(Contents(dice, made, skeleton, parameters(dice, made), Reach(skeleton)))
    whole = "\n\n".join(part for part in (made.text(), text, policy_text(dice, made)) if part) + "\n"
    return with_constants(dice, whole) if dice.often(0.3) else whole


def checked(text: str) -> Program | None:
    """Return the program of a text that checks clean (warnings count as clean), else None."""
    program, diagnostics = check_text(text)
    return None if any(found.severity == "error" for found in diagnostics) else program


def clean_program(seed: int) -> tuple[str, Program, int]:
    """Return the first program from a seed that checks clean, and how many before it did not."""
    random = Random(seed)
    failed = 0
    while True:
        text = program_text(Dice(random))
        program = checked(text)
        if program is not None:
            return text, program, failed
        failed += 1


@st.composite
def programs(draw: st.DrawFn) -> tuple[str, Program]:
    """Return a clean program and its text."""
    for _ in range(20):
        text = program_text(Dice(draw(st.randoms(use_true_random=False))))
        program = checked(text)
        if program is not None:
            return text, program
    raise AssertionError("twenty generated programs in a row have findings")
