"""Runs an example over and over while its commands are killed, and prints how each run ended and what it did.

    python -m examples.killed EXAMPLE FOLDER KILLS SEED

The first run is left alone; the later ones are killed KILLS times altogether, at points drawn with SEED. Each is begun,
approved, signalled and resumed as by a person who finds that the command is gone. What is printed is a list in JSON.
"""

import json
import random
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from examples.lives import Part, live, warm
from examples.stories import copy, rows
from interlock import JournalMissing, RunSummary, SqliteJournal, replay, verify

JOURNAL = ".interlock/journal.sqlite"
PARTS: tuple[Part, ...] = ("all", "effects")
MOST_KILLS = 25
MOST_LIVES = 100


@dataclass(frozen=True)
class Story:
    """How to run an example, and what a run of it may change in the database.

    `role` approves what the run asks for; `event` and its data are what it waits for; `workflow` is which is run.
    """

    input: tuple[str, ...]
    answers: str
    effects: tuple[str, ...]
    role: str = ""
    event: tuple[str, ...] = ()
    workflow: tuple[str, ...] = ()


STORIES = {
    "refund": Story(
        ("order_id=A17", "message=everything arrived damaged"),
        "answers/large.yaml",
        ("SELECT order_id, amount, key, voided FROM refunds", "SELECT * FROM orders WHERE status = 'refunded'"),
        role="supervisor",
    ),
    "order_exception": Story(
        ("order_id=O29", "sku=LAMP-13", "quantity=2"),
        "answers/locked.yaml",
        (
            "SELECT order_id, sku, quantity, released FROM reservations",
            "SELECT * FROM products",
            "SELECT * FROM lines",
            "SELECT * FROM orders",
        ),
        role="account_manager",
    ),
    "incident": Story(
        ("id=INC-1", "service=media", "symptom=errors", "text=500s"),
        "answers/full_disk.yaml",
        (
            "SELECT incident, service, kind, status FROM changes",
            "SELECT host, reverted FROM applied ORDER BY host",
            "SELECT * FROM hosts",
        ),
        role="on_call",
    ),
    "pipeline": Story(
        ("batch=2026-03-01",),
        "answers.yaml",
        (
            "SELECT load, retracted FROM publications ORDER BY load",
            "SELECT dataset, key, cents, row FROM publications JOIN published ON publication = number ORDER BY 1, 2",
            "SELECT id FROM loads ORDER BY id",
            "SELECT * FROM columns ORDER BY dataset, name",
            "SELECT * FROM reports",
        ),
        event=("source.ready", '{"batch": "2026-03-01", "files": 6}', "--key", "night"),
        workflow=("--workflow", "nightly"),
    ),
}


@dataclass(frozen=True)
class Point:
    """Where a command is killed: so far (0..1) into a part of it."""

    part: Part
    share: float

    def of(self, lengths: Mapping[Part, int]) -> tuple[Part, int]:
        return self.part, 1 + int(self.share * lengths[self.part])


@dataclass(frozen=True)
class Fate:
    """How a run ended. `kills` has the entries in the journal after each command that was killed."""

    status: str
    detail: str
    effects: list[list[list[object]]]
    runs: int
    same: bool
    holds: bool
    kills: list[int]


def main(example: str, folder: Path, kills: int, seed: int) -> list[Fate]:
    story, chance = STORIES[example], random.Random(seed)
    warm(starting(story), copy(example, folder / "warm"))
    lengths = measured(story, roomy(example, folder / "measured"))
    fates = [fate(story, roomy(example, folder / "unkilled"), lengths, [])]
    while kills > 0:
        points = [Point(chance.choice(PARTS), chance.random()) for _ in range(min(kills, MOST_KILLS))]
        fates.append(fate(story, roomy(example, folder / str(kills)), lengths, points))
        kills -= max(len(fates[-1].kills), 1)
    return fates


def roomy(example: str, folder: Path) -> Path:
    """Copy an example and give it a budget for many kills: each turn that is lost counts as the dearest possible."""
    project = copy(example, folder)
    source = project / f"{example}.ilk"
    text, found = re.subn(
        r"tokens \S+  cost \S+ usd  time", "tokens 10_000_000  cost 1000.00 usd  time", source.read_text()
    )
    assert found
    source.write_text(re.sub(r"cost <= \S+ usd", "cost <= 1000.00 usd", text))
    return project


def measured(story: Story, project: Path) -> dict[str, dict[Part, int]]:
    """Return how many calls each verb makes when nobody kills it."""
    lengths: dict[str, dict[Part, int]] = {}
    while (arguments := following(story, project)) is not None:
        lengths[arguments[0]] = live(arguments, project) or {}
    lengths["resume"] = lengths["run"]  # it may have nearly all of the run before it
    return lengths


def fate(story: Story, project: Path, lengths: dict[str, dict[Part, int]], points: list[Point]) -> Fate:
    """Bring one run to its end; while there are points, the next command is killed there, if it gets that far."""
    kills: list[int] = []
    for _ in range(MOST_LIVES):
        arguments = following(story, project)
        if arguments is None:
            return ended(story, project, kills)
        kill = points.pop().of(lengths[arguments[0]]) if points else None
        if live(arguments, project, kill) is None:
            runs = recorded(project)
            kills.append(runs[0].entries if runs else 0)
    raise AssertionError(f"after {MOST_LIVES} commands the run has not ended")


def following(story: Story, project: Path) -> list[str] | None:
    """Return what a person would type now, None when the run is over."""
    answers = ["--answers", story.answers]
    runs = recorded(project)
    match runs[0].status if runs else "new":
        case "new":
            return starting(story)
        case "running" | "waiting" if story.event:  # heard before, it is ignored, and the run goes on
            return ["signal", "last", *story.event, *answers]
        case "waiting" if runs[0].detail:  # says whom it waits for; nobody means a timer
            return ["approve", "last", "--as", "maria", "--role", story.role, *answers]
        case "running" | "waiting":
            return resuming(story)
        case _:
            return None


def resuming(story: Story) -> list[str]:
    return ["resume", "last", "--answers", story.answers]


def starting(story: Story) -> list[str]:
    inputs = [word for each in story.input for word in ("--input", each)]
    return ["run", *story.workflow, "--as", "ada", "--answers", story.answers, *inputs]


def recorded(project: Path) -> Sequence[RunSummary]:
    """Return the runs of the journal; none while there is no journal."""
    try:
        return SqliteJournal(project / JOURNAL, readonly=True).runs()
    except JournalMissing:
        return ()


def ended(story: Story, project: Path, kills: list[int]) -> Fate:
    runs = recorded(project)
    journal = SqliteJournal(project / JOURNAL, readonly=True)
    return Fate(
        status=runs[0].status,
        detail=runs[0].detail,
        effects=[rows(project, query) for query in story.effects],
        runs=len(runs),
        same=replay(journal, runs[0].run).same,
        holds=verify(journal).holds,
        kills=kills,
    )


if __name__ == "__main__":
    example, folder, kills, seed = sys.argv[1:]
    print(json.dumps([asdict(each) for each in main(example, Path(folder), int(kills), int(seed))]))
