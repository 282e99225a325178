"""The ledger of a journal from its runs: what they reserved and did not give back, and whether the ledger says so too.

A run's entries say when it reserved; what, its program says, folded over them. So the ledger is no second truth: where
it is lost or damaged, it is made again. Only the moments of runs whose clocks disagreed may differ then: an account
counts each reservation at the latest moment it knew, and the entries hold the runs' own. So it is with breakers, whose
states are made again from what was let through and what came of it, in the order of the entries' moments.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from interlock.decide.decision import Claim
from interlock.journal.codec import decode
from interlock.journal.journal import Journal
from interlock.run.breakers import CLOSED, BreakerState, Came, came_of, rate_of, told
from interlock.run.fold import fold_of, start_of
from interlock.run.ledger import Held, Ledger, releases_of, reservation_of, taken
from interlock.run.protocol.commands import Admit, Reserve
from interlock.run.protocol.events import Admitted, Reserved
from interlock.runtime.programs import program_of
from interlock_dsl.program.model import Program

_Key = tuple[str, str, str]
_GRANTED = (b'"type":"reserved"', b'"type":"admitted"')


@dataclass(slots=True)
class OfRuns:
    """What the runs of a journal hold: reservations, and the states of breakers in the order of the entries' moments.

    `failed` are the attempts that failed, with their moments, and `trials` those that were trials, by tool.
    """

    held: list[Held] = field(default_factory=list)
    breakers: dict[str, BreakerState] = field(default_factory=dict)
    failed: dict[str, dict[str, int]] = field(default_factory=dict)
    trials: dict[str, set[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Trial:
    """A trial that a breaker let through."""

    tool: str
    attempt: str
    lapse: int
    at: int


def rebuild_ledger(journal: Journal, programs: Mapping[str, Program] | None = None) -> Sequence[Held]:
    """Replace the ledger of a journal by what its runs hold, and return that. Nobody may drive runs meanwhile.

    `programs` are those at hand, by digest. Raises what reading and folding a run raises; nothing was changed then.
    """
    found = of_runs(journal, programs or {})
    journal.replace_ledger(found.held, found.breakers)
    return journal.held()


def of_runs(journal: Journal, programs: Mapping[str, Program]) -> OfRuns:
    """Return what the runs of a journal hold, at the moments of their events."""
    found, facts = OfRuns(), list[Came | _Trial]()
    for summary in reversed(journal.runs()):
        entries = list(journal.read(summary.run))
        if any(granted in entry.event for entry in entries for granted in _GRANTED):
            found.held += _held_by(journal, summary.run, [entry.event for entry in entries], programs, facts)
    for fact in sorted(facts, key=lambda one: one.at):
        state = found.breakers.get(fact.tool, CLOSED)
        if isinstance(fact, Came):
            after = told(state, fact)
            if fact.came == "failed":
                found.failed.setdefault(fact.tool, {})[fact.attempt] = fact.at
        else:
            at = max(fact.at, state.latest)
            found.trials.setdefault(fact.tool, set()).add(fact.attempt)
            after = replace(state, trial=fact.attempt, lapses=at + fact.lapse, latest=at)
        if after != state:
            found.breakers[fact.tool] = after
    return found


def _held_by(
    journal: Journal, run: str, events: Iterable[bytes], programs: Mapping[str, Program], facts: list[Came | _Trial]
) -> Iterator[Held]:
    machine = None
    asked: dict[str, Reserve | Admit] = {}
    held: dict[str, list[Held]] = {}
    for sequence, data in enumerate(events, 1):
        event = decode(data, run, sequence)
        if machine is None:
            first = start_of(event, run)
            if first is None:
                return
            machine = fold_of(program_of(journal, run, first.program, programs), first)
        machine.feed(event)
        commands = machine.commands()
        if isinstance(event, Reserved | Admitted) and event.command in asked:
            name, wanted = reservation_of(run, event.command), asked.pop(event.command)
            held[name] = [Held(name, claim, event.at) for claim in _claims(wanted)]
            if isinstance(wanted, Admit) and isinstance(event, Admitted) and event.trial:
                facts.append(_Trial(wanted.tool, name, wanted.lapse, event.at))
        facts += came_of(run, event, commands)
        for released in releases_of(run, event, commands):
            held.pop(released, None)
        asked |= {command.id: command for command in commands if isinstance(command, Reserve | Admit)}
    for several in held.values():
        yield from several


def _claims(asked: Reserve | Admit) -> Iterable[Claim]:
    if isinstance(asked, Reserve):
        return taken(asked.claims).values()
    claim = rate_of(asked)
    return () if claim is None else (claim,)


def ledger_problems(journal: Journal, programs: Mapping[str, Program] | None = None) -> tuple[str, ...]:
    """Return where the ledger of a journal and its runs differ, in sentences. What was pruned is no difference.

    Runs may go on meanwhile. Raises what reading and folding a run raises.
    """
    before, before_breakers = _by_account(journal.held()), journal.breakers()
    runs = of_runs(journal, programs or {})
    expected = _by_account(runs.held)
    after = _by_account(journal.held())
    latest: dict[tuple[str, str], tuple[int, int]] = {}
    for (_, limit, key), each in after.items():
        known = latest.get((limit, key), (each.at, 0))
        latest[limit, key] = max(known[0], each.at), max(known[1], each.claim.period)
    problems = _breaker_problems(before_breakers, journal.breakers(), runs)
    for place in [*expected, *(place for place in before if place in after and place not in expected)]:
        said, found = expected.get(place), after.get(place) or before.get(place)
        moment, period = latest.get(place[1:], (0, 0))
        if said is not None and found is None and (place[1:] not in latest or said.at > moment - period):
            problems.append(f"{_named(said)} is missing from the ledger")
        elif said is None and found is not None:
            problems.append(f"{_named(found)} is in the ledger, and no run holds it")
        elif said is not None and found is not None:
            problems += _differences(said, found)
    return tuple(problems)


def _breaker_problems(found: Mapping[str, BreakerState], later: Mapping[str, BreakerState], runs: OfRuns) -> list[str]:
    """Return what breakers hold that no run says, and which are missing. In which order processes wrote what they say
    is not known from their runs, so that states are not compared.
    """
    problems = [
        f"the breaker of {tool} is missing from the ledger" for tool in sorted(runs.failed) if tool not in found
    ]
    for tool, state in sorted(found.items()):
        failed = runs.failed.get(tool, {})
        unknown = [attempt for _, attempt in state.failures if attempt not in failed]
        unknown += [state.trial] if state.trial and state.trial not in runs.trials.get(tool, ()) else []
        problems += [f"attempt {attempt} is in the breaker of {tool}, and no run holds it" for attempt in unknown]
        if state.opened is not None and not any(at <= state.opened for at in failed.values()):
            problems.append(f"the breaker of {tool} is open, and no run holds a failure")
    return problems


def _differences(said: Held, found: Held) -> list[str]:
    if said.claim.amount != found.claim.amount:
        return [f"{_named(said)} is {found.claim.amount} in the ledger"]
    return [f"{_named(said)} is counted before it was reserved"] if found.at < said.at else []


def _named(held: Held) -> str:
    return f"reservation {held.reservation}: {held.claim.amount} of {held.claim.rule} for {held.claim.key}"


def _by_account(held: Iterable[Held]) -> dict[_Key, Held]:
    return {(each.reservation, each.claim.limit, each.claim.key): each for each in held}


def used(held: Sequence[Held], now: int) -> list[tuple[Claim, int, int]]:
    """Return, for each account, its claim with the longest window asked for, what is used of it, since when.

    The moment is that of the first reservation within the window; accounts of which nothing is used are left out.
    """
    ledger = Ledger()
    ledger.replace(held)
    accounts: dict[tuple[str, str], list[Held]] = {}
    for each in held:
        accounts.setdefault((each.claim.limit, each.claim.key), []).append(each)
    found: list[tuple[Claim, int, int]] = []
    for several in accounts.values():
        claim = several[-1].claim
        (sum_,) = ledger.standings((claim,), now)
        begun = max(now, several[-1].at) - claim.period
        within = [each.at for each in several if each.at > begun]
        if within:
            found.append((claim, sum_, min(within)))
    return sorted(found, key=lambda one: (one[0].rule, one[0].key))
