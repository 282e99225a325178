"""Whole programs, at random: every construct of the language, most of them free of findings.

    text = program_text(Dice(Random(7)))
    found = checked(text)                  # the program, or None where `check` finds an error

Under Hypothesis: `programs()`.
"""

from random import Random

from hypothesis import strategies as st

from generated.constants import with_constants
from generated.contents import Contents, MadeWorkflow
from generated.declarations import Declared, declare
from generated.dice import Dice
from generated.flow import Reach
from generated.policies import policy_text
from generated.skeleton import grown
from generated.workflows import parameters, workflow_text
from interlock_dsl import check_text
from interlock_dsl.cel.types import Cases, Field, RecordType, StringType
from interlock_dsl.program.model import Program

INSIDE = 0.45
"""How often a program has workflows that steps run."""


def program_text(dice: Dice) -> str:
    """Return the text of a program with one workflow `w`, and perhaps some that steps of it run."""
    made = declare(dice)
    inner: list[MadeWorkflow] = []
    if dice.often(INSIDE):
        for name in ("deep", "part") if dice.often(0.6) else ("part",):
            inner += inner_workflow(dice, made, name, inner)
    skeleton = grown(dice, dice.number(2, 9 - 3 * len(inner)), ("run",) * 5 * bool(inner))
    contents = Contents(dice, made, skeleton, parameters(dice, made), Reach(skeleton), inner=inner[-1:])
    text = workflow_text(contents)
    parts = [made.text(), *(workflow.text for workflow in inner), text, policy_text(dice, made)]
    whole = "\n\n".join(part for part in parts if part) + "\n"
    return with_constants(dice, whole) if dice.often(0.3) else whole


def inner_workflow(dice: Dice, made: Declared, name: str, inner: list[MadeWorkflow]) -> list[MadeWorkflow]:
    """Return a workflow that steps may run, and that may run others itself; none where every end gives up."""
    skeleton = grown(dice, dice.number(1, 4), ("run",) * 10 * bool(inner) + ("call",) * 10)
    contents = Contents(dice, made, skeleton, parameters(dice, made), Reach(skeleton), inner=list(inner))
    text = workflow_text(contents, name)
    if not contents.ends:
        return []
    fields = {"end": Field(StringType(tuple(contents.ends)))}
    given = list(contents.ends.values())
    for label in dict.fromkeys(label for values in given for label in values):
        types = [values[label] for values in given if label in values]
        if all(type == types[0] for type in types):
            fields[label] = Field(types[0], optional=len(types) < len(given))
    optional = {label for label, held in fields.items() if held.optional}
    cases = Cases("end", tuple((end, frozenset(optional & values.keys())) for end, values in contents.ends.items()))
    scopes = set[str]().union(*contents.scopes.values())
    return [MadeWorkflow(name, contents.parameters, RecordType("", fields, cases), tuple(sorted(scopes)), text)]


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
