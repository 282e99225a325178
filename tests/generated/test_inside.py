"""A workflow inside does what it does on its own: every generated program is run once alone and once by a step.

Both are told the same. What is noted of the inside differs only by the path before the names of steps; and where the
workflow alone is given up, the one inside is undone alike, and its step fails.
"""

import re
from dataclasses import replace
from functools import cache
from random import Random

import pytest

from checker.examining import examined
from generated.dice import Dice
from generated.programs import checked, clean_program
from generated.world import World
from interlock.run import Machine
from interlock.run.audit.outcome import compared
from interlock.run.protocol.commands import AskApproval
from interlock.run.protocol.events import ApprovalGiven, Event, RunCancelled, RunStarted, SignalReceived
from interlock.run.protocol.notes import Note, RunEnded, StepBegan, StepDone, StepFailed
from interlock_dsl.analysis.knowledge.bounds import bounds
from interlock_dsl.analysis.knowledge.consumption import Usage
from interlock_dsl.program.model import Program
from interlock_dsl.syntax.parser import parse
from interlock_dsl.syntax.tree import WorkflowDecl

SEEDS = range(60)
RUNS = 4
AROUND = """
workflow w({parameters}) {{
  step s runs v({arguments})
  end done {{ how: s.end }}
  end failed
  start -> s {grant}
  s -> done
  s -> failed on failure
}}
"""


@cache
def inside(seed: int) -> tuple[Program, Program, Usage] | None:
    """Return a program, and the one in which its workflow is run by a step; None where that does not check."""
    text, alone, _ = clean_program(seed)
    declared = [each for each in parse(text, "w.ilk").declarations if isinstance(each, WorkflowDecl)]
    (decl,) = [each for each in declared if each.name.text == "w"]
    scopes = sorted({s for route in alone.workflows["w"].routes for g in _granted(route) for s in g})
    around = AROUND.format(
        parameters=", ".join(text[node.span.start : node.span.end] for node in decl.parameters),
        arguments=", ".join(f"{node.name.text}: {node.name.text}" for node in decl.parameters),
        grant=f"grant {', '.join(scopes)}" if scopes else "",
    )
    renamed = re.sub(r"\bworkflow w\(", "workflow v(", text)
    whole = re.sub(r'^(test "[^"]*") \{', r"\1 of v {", renamed, flags=re.MULTILINE) + around
    nested = checked(whole)
    if nested is None:
        return None
    facts = examined(whole).facts
    return alone, nested, bounds(facts.workflows["w"], facts).worst


def _granted(route: object) -> list[frozenset[str]]:
    out = getattr(route, "out", None)
    grants = [*getattr(route, "grants", ()), *(getattr(out, "grants", ()) if out is not None else ())]
    return [grant.scopes for grant in grants]


def said(notes: tuple[Note, ...]) -> list[object]:
    """Return what is noted of the workflow, whichever it is in."""
    around = {"s": "step", "start->s#1": "route", "s->done#1": "route", "s->failed#1": "route"}
    own = [
        note
        for note in notes
        if not isinstance(note, RunEnded)
        and not any(getattr(note, field, "") == name for name, field in around.items())
    ]
    return [_plain(each) for each in compared(own)]


def _plain(value: object) -> object:
    match value:
        case str():
            text = re.sub(r"\b[0-9a-f]{64}\b", "#", value)
            return re.sub(r"(^|\[)v/", r"\1w/", re.sub(r"(^|`)s/", r"\1", text))
        case list() | tuple():
            found: list[object] = []
            for each in map(_plain, value):
                if each not in found or not isinstance(each, list):
                    found.append(each)
            return found
        case dict():
            return {_plain(key): _plain(each) for key, each in value.items()}
        case _:
            return value


def told(event: Event, alone: Machine, nested: Machine) -> Event:
    """Return an event about the workflow alone as one about that inside: an approval there has another subject."""
    if isinstance(event, ApprovalGiven):
        asked = {each.id: each.digest for each in alone.pending() if isinstance(each, AskApproval)}
        other = {each.id: each.digest for each in nested.pending() if isinstance(each, AskApproval)}
        if asked.get(event.approval) == event.digest:
            return replace(event, digest=other[event.approval])
    return event


@pytest.mark.parametrize("seed", SEEDS)
def test_a_workflow_inside_does_what_it_does_alone(seed: int) -> None:
    found = inside(seed)
    if found is None:
        pytest.skip("the workflow cannot be run by a step as it is")
    programs, worst, notes = found[:2], found[2], 0
    for number in range(RUNS):
        world = World(Dice(Random(seed * 100 + number)), programs[0])
        alone, nested = Machine(programs[0]), Machine(programs[1])
        start = world.start()
        one, other = alone.feed(start), nested.feed(replace(start, program=programs[1].digest))
        for _ in range(60):
            assert said(one) == said(other), (one, other)
            notes += len(one)
            if alone.status in ("ended", "failed", "cancelled"):
                break
            event = world.next(alone)
            if isinstance(event, RunCancelled | RunStarted):
                continue
            if isinstance(event, SignalReceived) and alone._run.phase != "running":
                continue
            mapped = told(event, alone, nested)
            one, other = alone.feed(event), nested.feed(mapped)
        if nested._run.phase == "new":
            continue
        _ended(alone, nested, [*other])
        spent = nested._run.root.spent
        assert worst.steps is not None and spent.steps <= worst.steps
        assert worst.calls is None or spent.tool_calls <= worst.calls
    assert notes > RUNS


def _ended(alone: Machine, nested: Machine, last: list[Note]) -> None:
    over = alone._run.ending if alone._run.phase == "over" else None
    if over is None:
        assert nested._run.phase != "over"
        return
    assert nested.status == "ended"
    done = [note for note in last if isinstance(note, StepDone | StepFailed | StepBegan) and note.step == "s"]
    if over.status == "ended":
        assert nested._run.root.values["s"] == {"end": over.end, **nested._run.root.values["s"]}
        assert nested._run.root.shown["s"] == {"end": over.end, **over.output}
    else:
        assert isinstance(done[-1], StepFailed)
        assert nested._run.ending is not None
        assert nested._run.ending.end == "failed"


def test_most_of_what_is_tried_can_be_run_by_a_step() -> None:
    assert sum(inside(seed) is not None for seed in SEEDS) > len(SEEDS) // 3
