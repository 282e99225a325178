"""The ledger of a journal from its runs: what they reserved and did not give back, and whether the ledger says so too.

A run's entries say when it reserved; what, its program says, folded over them. So the ledger is no second truth: where
it is lost or damaged, it is made again. Only the moments of runs whose clocks disagreed may differ then: an account
counts each reservation at the latest moment it knew, and the entries hold the runs' own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from interlock.decide.decision import Claim
from interlock.journal.codec import decode
from interlock.journal.journal import Journal
from interlock.run.fold import fold_of, start_of
from interlock.run.ledger import Held, Ledger, releases_of, reservation_of, taken
from interlock.run.protocol.commands import Reserve
from interlock.run.protocol.events import Reserved
from interlock.runtime.programs import program_of
from interlock_dsl.program.model import Program

_Key = tuple[str, str, str]
_RESERVED = b'"type":"reserved"'


def rebuild_ledger(journal: Journal, programs: Mapping[str, Program] | None = None) -> Sequence[Held]:
    """Replace the ledger of a journal by what its runs hold, and return that. Nobody may drive runs meanwhile.

    `programs` are those at hand, by digest. Raises what reading and folding a run raises; nothing was changed then.
    """
    found = tuple(held_by_runs(journal, programs or {}))
    journal.replace_ledger(found)
    return journal.held()


def held_by_runs(journal: Journal, programs: Mapping[str, Program]) -> Iterator[Held]:
    """Yield what each run of a journal reserved and did not give back, at the moments of its events."""
    for summary in reversed(journal.runs()):
        entries = list(journal.read(summary.run))
        if any(_RESERVED in entry.event for entry in entries):
            yield from _held_by(journal, summary.run, [entry.event for entry in entries], programs)


def _held_by(journal: Journal, run: str, events: Iterable[bytes], programs: Mapping[str, Program]) -> Iterator[Held]:
    machine = None
    asked: dict[str, Reserve] = {}
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
        if isinstance(event, Reserved) and event.command in asked:
            name = reservation_of(run, event.command)
            claims = taken(asked.pop(event.command).claims).values()
            held[name] = [Held(name, claim, event.at) for claim in claims]
        for released in releases_of(run, event, commands):
            held.pop(released, None)
        asked |= {command.id: command for command in commands if isinstance(command, Reserve)}
    for several in held.values():
        yield from several


def ledger_problems(journal: Journal, programs: Mapping[str, Program] | None = None) -> tuple[str, ...]:
    """Return where the ledger of a journal and its runs differ, in sentences. What was pruned is no difference.

    Runs may go on meanwhile. Raises what reading and folding a run raises.
    """
    before = _by_account(journal.held())
    expected = _by_account(held_by_runs(journal, programs or {}))
    after = _by_account(journal.held())
    latest: dict[tuple[str, str], tuple[int, int]] = {}
    for (_, limit, key), each in after.items():
        known = latest.get((limit, key), (each.at, 0))
        latest[limit, key] = max(known[0], each.at), max(known[1], each.claim.period)
    problems: list[str] = []
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
