"""Many programs, each run several times in both machines: what agreed, what did not, which constructs took part.

`examine` does one program; the tests take some hundreds, `fuzz/programs.py` takes as many as it is told.
"""

import re
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from generated.constructs import constructs
from generated.dice import Dice
from generated.programs import checked, clean_program
from generated.world import World
from interlock.run.protocol.events import Event, RunStarted
from interlock.run.protocol.notes import RunEnded
from interlock_dsl.program.model import Program
from reference import alone
from reference.compare import Difference, Pair
from reference.kept import Watch
from reference.promises import broken_promises
from reference.soundness import sound
from reference.values import LACKING

OVER = ("ended", "failed", "cancelled")
LENGTH = 40
NO_CONTEXT = ": `context` has no value"
QUESTIONS = 6


@dataclass
class Finding:
    """Something that is not as it should be: `kind` is difference, error, unsound or broken promise."""

    kind: str
    seed: int
    number: int
    what: str
    text: str
    events: list[Event]

    def __str__(self) -> str:
        said = "\n".join(f"    {event!r}," for event in self.events)
        head = f"{self.kind} at --seed {self.seed} --run {self.number}\n{self.what}"
        return f"{head}\n\n{self.text}\nevents = [\n{said}\n]\n"

    @property
    def signature(self) -> str:
        """What two findings of one cause have in common, roughly."""
        return re.sub(r"[\d'\"]+|<[^>]*>", "", f"{self.kind} {self.what}")[: 36 if "states differ" in self.what else 70]


@dataclass
class Tally:
    """What a campaign has seen."""

    programs: int = 0
    refused: int = 0
    sequences: int = 0
    events: int = 0
    decisions: int = 0
    alone: int = 0
    """Decisions under policies alone."""
    constructs: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    endings: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        for name in ("programs", "refused", "sequences", "events", "decisions", "alone"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("constructs", "notes", "endings", "causes"):
            getattr(self, name).update(getattr(other, name))
        self.findings += other.findings


def examine(seed: int, runs: int) -> Tally:
    """Take the first clean program of a seed through some runs, every second one in a tame world."""
    text, program, refused = clean_program(seed)
    tally = Tally(programs=1, refused=refused)
    tally.constructs.update(constructs(program, text))
    tally.findings += [Finding("unsound", seed, -1, said, text, []) for said in broken_promises(program, text)]
    for number in range(runs):
        found = run(tally, text, program, seed, number)
        if found is not None:
            tally.findings.append(found)
    tally.findings += _alone(tally, text, program, seed)
    return tally


def _alone(tally: Tally, text: str, program: Program, seed: int) -> list[Finding]:
    """Ask for decisions under the program's policies alone; once more with approvals where they are asked for."""
    dice, found = Dice(Random(seed + 0.5)), []
    for _ in range(QUESTIONS):
        asked = alone.question(program, dice)
        decision = alone.decided(program, asked)
        several = [asked]
        if decision.answer == "ask":
            several.append(alone.with_approvals(asked, decision, dice))
        for one in several:
            tally.alone += 1
            said = alone.disagreement(program, one, decision.subject)
            found += [Finding("difference", seed, -1, said, text, [])] if said else []
    return found


def run(tally: Tally, text: str, program: Program, seed: int, number: int) -> Finding | None:
    """Let one run happen in both machines; return the first thing that is wrong with it."""
    tame = number % 2 == 1
    world = World(Dice(Random(seed * 1_000 + number)), program, tame)
    pair = Pair(program)
    events: list[Event] = []
    watch = Watch(program, 0)
    LACKING.clear()
    tally.sequences += 1
    try:
        for event in happening(world, pair):
            events.append(event)
            notes = pair.feed(event)
            assert pair.machine.outcome, "what a journal keeps of an event can be written"
            if isinstance(event, RunStarted):
                watch.started = event.at
            broken = watch.after(notes, pair.machine)
            if broken:
                return Finding("broken promise", seed, number, "; ".join(broken), text, events)
            tally.events += 1
            tally.notes.update(note.__class__.__name__ for note in notes)
            tally.endings.update(f"{note.status} {note.code or ''}" for note in notes if isinstance(note, RunEnded))
    except Difference as difference:
        return Finding("difference", seed, number, str(difference), text, events)
    except Exception:
        return Finding("error", seed, number, traceback.format_exc(), text, events)
    finally:
        tally.decisions = tally.notes["CallDecided"]
    given = "context" in pair.reference.run.values
    for lack in LACKING:
        cause = sound(lack) if given or not lack[2].endswith(NO_CONTEXT) else "no context was given"
        tally.causes[cause or "none of the closed list"] += 1
        if not cause:
            return Finding("unsound", seed, number, f"{lack[0]}: {lack[2]}", text, events)
    return None


def happening(world: World, pair: Pair) -> Iterator[Event]:
    """Yield what happens until the run is over, and in a wild world a little longer."""
    yield world.start()
    after = 0 if world.tame else 2
    for _ in range(LENGTH):
        if pair.machine.status in OVER:
            after -= 1
            if after < 0:
                return
        yield world.next(pair.machine)


def reduced(finding: Finding, patience: int = 400) -> Finding:
    """Return a finding of the same signature in a program with fewer lines."""
    best, again = finding, True
    while again and patience > 0:
        again = False
        blocks = _blocks(best.text)
        for place in reversed(range(len(blocks))):
            patience -= 1
            text = "\n".join(blocks[:place] + blocks[place + 1 :])
            try:
                program = checked(text)
            except Exception:
                continue
            same = None if program is None else _same(text, program, best)
            if same is not None:
                best, again = same, True
                break
            if patience <= 0:
                break
    return best


def _blocks(text: str) -> list[str]:
    """Return a program as pieces that may be left out: declarations, items of the workflow, clauses, rules."""
    blocks: list[str] = []
    for line in text.splitlines():
        closes = line.strip() in ("}", "")
        if blocks and closes and blocks[-1].count("{") > blocks[-1].count("}"):
            blocks[-1] += "\n" + line
        elif line.strip():
            blocks.append(line)
    return blocks


def _same(text: str, program: Program, finding: Finding) -> Finding | None:
    if "w" not in program.workflows:
        return None
    for number in range(finding.number % 2, 12, 2):
        found = run(Tally(), text, program, finding.seed, number)
        if found is not None and found.signature == finding.signature:
            return found
    return None
