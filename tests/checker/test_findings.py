"""What the rules on routes say of generated programs is so: witnesses are replayed, and runs never contradict them."""

from pathlib import Path
from random import Random

import pytest

from generated.dice import Dice
from generated.programs import clean_program
from generated.world import World
from interlock.run import Machine
from interlock.run.protocol.notes import RouteTaken
from interlock.testing.runner import run_test
from interlock_dsl import check_text
from interlock_dsl.compiler.compile import check
from interlock_dsl.compiler.stages import Lint
from interlock_dsl.diagnostics import Certainty, Diagnostic, Witness
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.model import Program

SEEDS = range(40)
RUNS = 10
ON_ROUTES = frozenset(
    {
        "non-exhaustive-routes", "overlapping-routes", "shadowed-route", "unreachable-otherwise",
        "always-true-condition", "unsatisfiable-condition", "condition-may-error", "gap-before-otherwise",
        "grant-refuses-route", "missing-rows", "overlapping-rows", "shadowed-row", "impossible-row",
    }
)  # fmt: skip
NEVER_TAKEN = {"shadowed-route", "unreachable-otherwise", "unsatisfiable-condition"}


def findings(text: str) -> tuple[Program, list[Diagnostic]]:
    program, found = check(("made.ilk",), {"made.ilk": text}.__getitem__, lint=Lint(strict=True, only=ON_ROUTES))
    assert program is not None
    return program, [each for each in found if each.code in ON_ROUTES]


def replayed(text: str, witness: Witness) -> tuple[tuple[Span, str], ...]:
    """Return what fails in the test that a witness tells."""
    body = "\n".join(f"  {line}" for line in (*witness.story, *witness.expects, "expect never calls no.tool")[:-1])
    told = f'{text}\ntest "a witness" of {witness.workflow} {{\n{body}\n}}\n'
    program, diagnostics = check_text(told, "made.ilk")
    assert program is not None, (told, diagnostics)
    return run_test(program, next(test for test in program.tests if test.title == "a witness")).failures


@pytest.mark.parametrize("seed", SEEDS)
def test_every_witness_does_what_it_says(seed: int) -> None:
    text, _, _ = clean_program(seed)
    for found in findings(text)[1]:
        if found.witness is not None and found.witness.rehearsed:
            assert replayed(text, found.witness) == (), (str(found), found.witness, text)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_route_that_is_never_taken_is_not_taken(seed: int) -> None:
    text, _, _ = clean_program(seed)
    program, found = findings(text)
    certain = [each.span for each in found if each.certainty is Certainty.PROVED and _never_taken(each)]
    never = {route.id for route in program.workflows["w"].routes if any(_within(span, route.span) for span in certain)}
    if not never:
        return
    for number in range(RUNS):
        world = World(Dice(Random(seed * 1000 + number)), program, tame=True)
        machine = Machine(program)
        notes = machine.feed(world.start())
        for _ in range(60):
            machine.commands()
            if machine.status not in ("running", "waiting"):
                break
            notes += machine.feed(world.next(machine))
        taken = {note.route for note in notes if isinstance(note, RouteTaken)}
        assert not taken & never, (taken & never, text)


def _never_taken(found: Diagnostic) -> bool:
    about_a_route = found.code != "unsatisfiable-condition" or found.labels[0].text == "so the route is never taken"
    return found.code in NEVER_TAKEN and about_a_route


def _within(span: Span, route: Span) -> bool:
    return route.start <= span.start and span.end <= route.end


def test_otherwise_limits_what_no_other_route_takes() -> None:
    """A grant below what `otherwise` lets through is no limit that is meant: it is reported by default."""
    page = (Path(__file__).parents[1] / "language" / "lint" / "grant-refuses-route.md").read_text()
    text = page.rpartition("```ilk\n")[2].partition("```")[0]
    assert "otherwise" in text
    _, found = check(("made.ilk",), {"made.ilk": text}.__getitem__, lint=Lint())
    assert [each.code for each in found] == ["grant-refuses-route"] and found[0].witness is not None
