"""What the checker claims of a program, held against the evaluator: witnesses are replayed, all else is sampled.

`examine` does one generated program; the tests take a few, `fuzz/claims.py` takes as many as it is told.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from random import Random

from checker.examining import examined
from checker.promising import broken_by, promising
from checker.sampling import Sampling
from generated.dice import Dice
from generated.world import World
from interlock.run import Machine
from interlock.run.protocol.notes import CallDecided, Note, NotTaken, RouteTaken
from interlock.testing.runner import run_test
from interlock_dsl import check_text
from interlock_dsl.analysis.examination.examined import Examined
from interlock_dsl.analysis.lint import lint
from interlock_dsl.analysis.promises import State
from interlock_dsl.analysis.reasoning.reasoner import Reasoner, meaning
from interlock_dsl.analysis.values.problem import Answer, Impossible, Problem
from interlock_dsl.diagnostics import Certainty, Diagnostic, Witness
from interlock_dsl.diagnostics.source import Span
from interlock_dsl.program.model import Program

OVER = ("ended", "failed", "cancelled")
EVENTS = 60
NEVER_TAKEN = {"shadowed-route", "unreachable-otherwise", "unsatisfiable-condition"}


@dataclass
class Tally:
    """What was held against the evaluator, by its kind, and what was wrong."""

    programs: int = 0
    held: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.programs += other.programs
        self.held.update(other.held)
        self.wrong += other.wrong


class Recording(Reasoner):
    """A reasoner that keeps the questions that it calls impossible."""

    def __init__(self) -> None:
        super().__init__()
        self.impossible: dict[object, Problem] = {}

    def ask(self, problem: Problem) -> Answer:
        answer = super().ask(problem)
        if isinstance(answer, Impossible):
            without = tuple((tuple(map(meaning, each.statements)), each.present) for each in problem.without)
            variables = frozenset(problem.variables.items())
            self.impossible[tuple(map(meaning, problem.statements)), variables, without, problem.absent] = problem
        return answer


@dataclass(frozen=True)
class Never:
    """What is claimed to happen in no run: `by` says of a note whether it tells that it does."""

    claim: str
    by: Callable[[Note], bool]


def examine(seed: int, runs: int, samples: int) -> Tally:
    """Check a generated program with promises: replay its witnesses, and sample what is claimed without one.

    `runs` are made of each program for what is claimed of runs, `samples` of the values of each question ruled out.
    """
    text, program = promising(seed)
    reasoner = Recording()
    made = replace(examined(text), reasoner=reasoner)
    found = list(lint(made, strict=True))
    tally = Tally(1)

    def wrong(said: str) -> None:
        tally.wrong.append(f"--seed {seed}: {said}\n\n{text}")

    for witness in _witnesses(made, found):
        tally.held["witnesses replayed"] += 1
        failures = replayed(text, witness)
        if failures:
            wrong(f"{[said for _, said in failures]}\n{witness}")
    sampling = Sampling(Dice(Random(seed)), samples, tuple(program.tools))
    for problem in reasoner.impossible.values():
        tally.held["questions ruled out"] += 1
        tally.held["samples"] += samples
        met = sampling.met(problem)
        if met is not None:
            wrong(f"ruled out, but so for {met}\n{written(problem)}")
    claims = list(_never(program, made, found))
    tally.held["claims about runs"] += len(claims)
    for number in range(runs if claims else 0):
        tally.held["runs"] += 1
        for note in _run(seed, number, program):
            broken = [never.claim for never in claims if never.by(note)]
            if broken:
                wrong(f"run {number}: {broken}\n{note}")
                return tally
    return tally


def replayed(text: str, witness: Witness) -> tuple[tuple[Span, str], ...]:
    """Return what fails in the test that a witness tells."""
    body = "\n".join(f"  {line}" for line in (*witness.story, *(witness.expects or ("expect never calls no.tool",))))
    told = f'{text}\ntest "a witness" of {witness.workflow} {{\n{body}\n}}\n'
    program, diagnostics = check_text(told, "made.ilk")
    assert program is not None, (told, diagnostics)
    return run_test(program, next(test for test in program.tests if test.title == "a witness")).failures


def written(problem: Problem) -> str:
    """Return a question as one reads it."""
    said = [str(each) for each in problem.statements]
    return "\n".join((*said, str(problem.absent), str(problem.without)))


def _witnesses(made: Examined, found: list[Diagnostic]) -> Iterator[Witness]:
    shown = (each.witness for each in (*found, *made.judgements))
    return (each for each in shown if each is not None and each.rehearsed)


def _run(seed: int, number: int, program: Program) -> Iterator[Note]:
    """Yield what happens in a run; three of four worlds answer within the types, the other anything."""
    world = World(Dice(Random(seed * 100_000 + number)), program, tame=number % 4 != 3)
    machine = Machine(program)
    event = world.start()
    for _ in range(EVENTS):
        yield from machine.feed(event)
        machine.commands()
        if machine.status in OVER:
            return
        event = world.next(machine)


def _never(program: Program, made: Examined, found: list[Diagnostic]) -> Iterator[Never]:
    """Yield what is claimed to happen in no run."""
    for judged in made.judgements:
        if judged.state is State.PROVED:
            yield Never(f"proved: {judged.stated}", lambda note, id=judged.id: id in broken_by(note))
    routes = [route for workflow in program.workflows.values() for route in workflow.routes]
    for each in found:
        if each.certainty is not Certainty.PROVED:
            continue
        claim, ids = f"{each.code} in line {each.span.line}", {r.id for r in routes if _within(each.span, r.span)}
        rules = {rule.id for p in program.policies.values() for rule in p.rules if _within(each.span, rule.span)}
        whole = each.code != "unsatisfiable-condition" or each.labels[0].text == "so the route is never taken"
        if each.code in NEVER_TAKEN and whole:
            yield Never(claim, lambda note, ids=ids: isinstance(note, RouteTaken) and note.route in ids)
        ids = {r.id for r in routes if r.when is not None and r.when.expression.span == each.span}
        if each.code == "always-true-condition":
            yield Never(claim, lambda note, ids=ids: _false(note, ids))
        if each.code == "rule-never-applies":
            yield Never(claim, lambda note, rules=rules: not rules.isdisjoint(_applied(note)))


def _false(note: Note, routes: set[str]) -> bool:
    others: tuple[NotTaken, ...] = note.others if isinstance(note, RouteTaken) else ()
    return any(other.route in routes and other.code == "false" for other in others)


def _applied(note: Note) -> set[str]:
    return {reason.rule for reason in note.decision.reasons} if isinstance(note, CallDecided) else set()


def _within(span: Span, route: Span) -> bool:
    return route.start <= span.start and span.end <= route.end
