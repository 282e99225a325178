"""Runs an example over and over while its commands are killed, and prints how each run ended and what it did.

    python -m examples.killed EXAMPLE FOLDER KILLS SEED

The first run is left alone; the later ones are killed KILLS times altogether, at points drawn with SEED. Each is begun,
approved and resumed as by a person who finds that the command is gone. What is printed is a list in JSON.
"""

import json
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from examples.lives import NEVER, live, warm
from examples.stories import copy, rows
from interlock import JournalMissing, RunSummary, SqliteJournal, replay, verify

JOURNAL = ".interlock/journal.sqlite"
MOST_KILLS = 25
MOST_LIVES = 100


@dataclass(frozen=True)
class Story:
    """How to run an example, and what a run of it may change in the database."""

    input: tuple[str, ...]
    answers: str
    role: str
    effects: tuple[str, ...]


STORIES = {
    "refund": Story(
        ("order_id=A17", "message=everything arrived damaged"),
        "answers/large.yaml",
        "supervisor",
        ("SELECT order_id, amount, key, voided FROM refunds", "SELECT * FROM orders WHERE status = 'refunded'"),
    ),
    "order_exception": Story(
        ("order_id=O29", "sku=LAMP-13", "quantity=2"),
        "answers/locked.yaml",
        "account_manager",
        (
            "SELECT order_id, sku, quantity, released FROM reservations",
            "SELECT * FROM products",
            "SELECT * FROM lines",
            "SELECT * FROM orders",
        ),
    ),
}


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
    lengths = measured(story, copy(example, folder / "measured"))
    fates = [fate(story, copy(example, folder / "unkilled"), lengths, [])]
    while kills > 0:
        # Compiling is most of a command and comes first; half of the points are in what follows.
        points = [chance.uniform(chance.choice((0.0, 0.5)), 1.0) for _ in range(min(kills, MOST_KILLS))]
        fates.append(fate(story, copy(example, folder / str(kills)), lengths, points))
        kills -= max(len(fates[-1].kills), 1)
    return fates


def measured(story: Story, project: Path) -> dict[str, int]:
    """Return how many calls each verb makes when nobody kills it."""
    file, lengths = project / "calls", dict[str, int]()
    while (arguments := following(story, project)) is not None:
        live(arguments, project, calls=file)
        lengths[arguments[0]] = int(file.read_text())
    live(resuming(story), project, calls=file)
    return lengths | {"resume": max(int(file.read_text()), lengths["run"])}  # it may have the whole run before it


def fate(story: Story, project: Path, lengths: Mapping[str, int], points: list[float]) -> Fate:
    """Bring one run to its end; while there are points (in parts of the command), the next command is killed there."""
    kills: list[int] = []
    for _ in range(MOST_LIVES):
        arguments = following(story, project)
        if arguments is None:
            return ended(story, project, kills)
        point = max(1, int(points.pop() * lengths[arguments[0]])) if points else NEVER
        if live(arguments, project, point) is None:
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
    return ["run", "--as", "ada", "--answers", story.answers, *inputs]


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
