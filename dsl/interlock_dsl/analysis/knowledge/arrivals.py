"""What is certain where a run arrives: at each step, at each end, before and after each route.

A dataflow over the whole graph, routes back included. What is known at a place is a list of arrivals, and one of them
is true of every run that comes there: each stands for some ways that lead there, with the conditions that were true or
false on them, what steps that compute have set, and the steps that have and have not given an output. A place has up to
`MOST` arrivals; where there would be more, they become one that knows what all of them know.

- A route that is taken tells of all conditions of its group (see `groups`), but nothing of the output of its source if
  it is taken on a trigger.
- A step that runs again makes void what was known of its output. So does a step that runs at the same time.
- Where branches meet, `merge all` unites what they know; a join that does not wait for all keeps what all sources know.
  After a race, the outputs of the steps in the branches that have lost are not known to be there.
- A route that backtracks leaves nothing of what it discards, and a way with one is not exact: undoing may fail.
- What reads the time or the history of calls holds where it was asked, and is not carried on.
"""

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from heapq import heapify, heappop, heappush
from itertools import combinations, product
from math import comb, prod
from operator import or_
from typing import Final, TypeAlias

from interlock_dsl.analysis.facts import Facts, RouteFacts, WorkflowFacts
from interlock_dsl.analysis.knowledge.beside import beside
from interlock_dsl.analysis.knowledge.computed import cases
from interlock_dsl.analysis.knowledge.groups import Group, groups
from interlock_dsl.analysis.knowledge.known import Key, State, Way, meet
from interlock_dsl.analysis.knowledge.losing import lost, racing
from interlock_dsl.analysis.knowledge.statements import CHANGING, Interned, mentioned, parts
from interlock_dsl.analysis.knowledge.step_set import StepSet
from interlock_dsl.analysis.knowledge.totality import affordable, total
from interlock_dsl.analysis.values.problem import Claim, Outcome, Statement
from interlock_dsl.analysis.workflows.flow import flow
from interlock_dsl.program.graph import START

MOST: Final = 16
"""Arrivals that are told apart at one place."""
MOST_IN_ALL: Final = 1_500
"""Arrivals in a workflow: where it has many steps, fewer are told apart at each."""


@dataclass(frozen=True, slots=True, eq=False)
class Arrival:
    """What is known of some runs that come to a place.

    `claims` hold together; `written` and `absent` are the steps that certainly have, and have not, given an output.
    `exact`: it stands for one way (`routes`), of which nothing was forgotten; else `routes` is one of several ways.
    """

    claims: tuple[Statement, ...]
    written: Set[str]
    absent: Set[str]
    ways: tuple[Way, ...] = ()
    exact: bool = True

    @property
    def routes(self) -> tuple[RouteFacts, ...]:
        """The routes of one way that leads here, each after those that lead to it."""
        found: dict[int, RouteFacts] = {}
        waiting = [(way, False) for way in reversed(self.ways)]
        while waiting:
            way, done = waiting.pop()
            if done:
                found.setdefault(id(way), way.last)
            elif id(way) not in found:
                waiting.append((way, True))
                waiting.extend((each, False) for each in reversed(way.before))
        return tuple(found.values())


_Place: TypeAlias = tuple[str | int, ...]


class Arrivals:
    """The arrivals at every place of one workflow."""

    def __init__(self, workflow: WorkflowFacts, facts: Facts) -> None:
        self.workflow = workflow
        self.groups = groups(workflow)
        self._facts = facts
        self._flow = flow(workflow.graph)
        self._most = max(1, min(MOST, MOST_IN_ALL // (len(workflow.steps) + 1)))
        self._bits = {name: 1 << at for at, name in enumerate(workflow.steps)}
        self._changing = 1 << len(self._bits)
        """A bit beside those of the steps, for all that differs from one place of a run to the next."""
        self._interned = Interned()
        self._about: dict[int, int] = {}
        self._known: dict[tuple[int, bool], tuple[Statement, ...]] = {}
        self._outputs: dict[str, tuple[tuple[Statement, ...], ...]] = {}
        self.parts = self._flow.parts
        """What routes discard that backtrack, by their ids."""
        self._gone = {id: (part.bits(self._bits), part.whole) for id, part in self.parts.items()}
        self._beside = beside(workflow, self._flow, self._bits, self.groups)
        self._own = {group.sources[0]: (group,) for group in self.groups if not group.joins and group.trigger is None}
        self.joining = frozenset(source for group in self.groups if group.joins for source in group.sources)
        """The steps that lead to a join."""
        self._of_route = {
            id(each): group for group in self.groups for route in group.routes for each in (route, route.out or route)
        }
        self.anywhere = Arrival((), frozenset(), frozenset())
        """What is known at every place: nothing."""
        self._asked: dict[_Place, tuple[Arrival, ...]] = {}
        self._left_with: dict[int, tuple[State, ...]] = {}
        self._states: dict[str, dict[Key, State]] = {}
        self._merged: set[str] = set()
        self._settle()

    # --- what is asked -----------------------------------------------------------------------------------------------

    def at(self, node: str) -> tuple[Arrival, ...]:
        """Return the arrivals where a step or an end begins; none where nothing arrives."""
        return self._shown(("at", node), lambda: self._states.get(node, {}).values())

    def before(self, group: Group) -> tuple[Arrival, ...]:
        """Return the arrivals where a group of routes is considered."""
        return self._shown(("before", id(group)), lambda: self._settled(group))

    def taken(self, route: RouteFacts) -> tuple[Arrival, ...]:
        """Return the arrivals where a route is taken, in the moment of its conditions; its way leads up to it."""
        group, written = self.group(route), self._written_as(route)
        return self._shown(
            ("taken", id(route)), lambda: (self._after(group, written, state) for state in self._settled(group))
        )

    def entering(self, route: RouteFacts, target: str, *, out: bool = False) -> tuple[Arrival, ...]:
        """Return the arrivals where a target begins by a route, or (`out`) by its way out."""
        taken = route.out if out and route.out is not None else route
        return self._shown(
            ("entering", id(taken), target),
            lambda: (
                self._entered(target, self._kept_by(taken, replace(after, ways=(Way(taken, after.ways),))))
                for state in self._settled(self.group(route))
                for after in [self._after(self.group(route), route, state)]
            ),
        )

    def done(self, step: str) -> tuple[Arrival, ...]:
        """Return the arrivals where a step has just given its output."""
        states = self._states.get(step, {}).values()
        return self._shown(("done", step), lambda: (after for state in states for after in self._done(step, state)))

    def group(self, route: RouteFacts) -> Group:
        """Return the group that a route of the workflow belongs to."""
        return self._of_route[id(route)]

    def own(self, source: str) -> tuple[Group, ...]:
        """Return the group of the ordinary routes that leave a step or `start` alone, if it has any."""
        return self._own.get(source, ())

    def _written_as(self, route: RouteFacts) -> RouteFacts:
        """Return the route that a way out belongs to, or the route itself."""
        if not route.link.way_out:
            return route
        return next(each for each in self._of_route[id(route)].routes if each.out is route)

    def _shown(self, place: _Place, states: Callable[[], Iterable[State]]) -> tuple[Arrival, ...]:
        """Return the arrivals of a place, the same ones whenever they are asked for."""
        known = self._asked.get(place)
        if known is None:
            every = self._bits
            found = [
                Arrival(s.claims, StepSet(s.written, every), StepSet(s.absent, every), s.ways, s.exact)
                for s in states()
            ]
            known = self._asked[place] = tuple(sorted(found, key=lambda arrival: not arrival.exact))
        return known

    def _settled(self, group: Group) -> tuple[State, ...]:
        """Return what is known where a group is considered, once nothing new arrives anywhere."""
        if id(group) not in self._left_with:
            self._left_with[id(group)] = tuple(self._considered(group))
        return self._left_with[id(group)]

    @cached_property
    def discarded(self) -> Set[str]:
        """The steps whose outputs may be discarded, since their branches race or routes backtrack over them."""
        races = [racing(self._flow.branches, group.sources, self._bits) for group in self.groups if group.race]
        return StepSet(reduce(or_, (steps for steps, _ in self._gone.values()), reduce(or_, races, 0)), self._bits)

    @cached_property
    def _affordable(self) -> bool:
        return affordable(self._facts)

    # --- the dataflow ------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Hand arrivals on until there are no new ones: round after round in the order of the graph, so that all that
        routes back bring to a step is there when the next round comes to it.
        """
        order = {name: at for at, name in enumerate(self._flow.order)}
        turns = [max(order[source] for source in group.sources) for group in self.groups]
        leaving: dict[str, list[int]] = {}
        for number, group in enumerate(self.groups):
            for source in group.sources:
                leaving.setdefault(source, []).append(number)
        nothing = State((), 0, (1 << len(self._bits)) - 1)
        self._states[START] = {nothing.key(): nothing}
        waiting = [(0, turns[number], number) for number in leaving.get(START, ())]
        heapify(waiting)
        queued = set(waiting)
        while waiting:
            turn = heappop(waiting)
            queued.discard(turn)
            round, at, number = turn
            for target in self._hand_on(self.groups[number]):
                for later in leaving.get(target, ()):
                    turn = (round + (turns[later] <= at), turns[later], later)
                    if turn not in queued:
                        queued.add(turn)
                        heappush(waiting, turn)

    def _hand_on(self, group: Group) -> Iterator[str]:
        """Take the routes of a group; yield the targets at which something new arrives."""
        considered = list(self._considered(group))
        for route in group.routes:
            for taken in (route, route.out):
                if taken is None:
                    continue
                for state in considered:
                    after = self._after(group, route, state)
                    gone = State(after.claims, after.written, after.absent, (Way(taken, after.ways),), after.exact)
                    gone = self._kept_by(taken, gone)
                    for target in taken.link.targets:
                        if self._add(target, self._entered(target, gone)):
                            yield target

    def _add(self, node: str, state: State) -> bool:
        """Add an arrival at a node; say whether it says something new."""
        known = self._states.setdefault(node, {})
        if node in self._merged:
            (one,) = known.values()
            both = meet(one, state)
            known.clear()
            known[both.key()] = both
            return both.key() != one.key()
        key = state.key()
        if key in known:
            return False
        known[key] = state
        if len(known) > self._most:
            one = reduce(meet, known.values())
            known.clear()
            known[one.key()] = one
            self._merged.add(node)
        return True

    # --- places ------------------------------------------------------------------------------------------------------

    def _considered(self, group: Group) -> Iterator[State]:
        """Yield what is known where a group of routes is considered."""
        if not group.joins:
            yield from self._left(group.sources[0], group)
            return
        # Sources are done at different moments: what held of the time when one was need not hold when the last is.
        branches = {
            source: [replace(s, claims=self._without(s.claims, self._changing)) for s in self._left(source, group)]
            for source in group.sources
        }
        arriving = [source for source in group.sources if branches[source]]
        if comb(len(arriving), group.needed) > self._most:
            met = reduce(meet, (state for source in arriving for state in branches[source]))
            gone = racing(self._flow.branches, group.sources, self._bits) if group.race else 0
            yield replace(met, written=met.written & ~gone, exact=False)
            return
        for sources in combinations(arriving, group.needed):
            there = [branches[source] for source in sources]
            while prod(map(len, there)) > self._most:
                longest = max(range(len(there)), key=lambda at: len(there[at]))
                there[longest] = [reduce(meet, there[longest])]
            for states in product(*there):
                united = self._united(sources, states)
                if group.race:
                    gone = lost(self._flow.branches, group.sources, sources[0], self._bits)
                    united = replace(united, written=united.written & ~gone)
                # Which branches are first is a matter of time.
                yield united if len(sources) == len(group.sources) else replace(united, exact=False)

    def _left(self, source: str, group: Group) -> Iterator[State]:
        """Yield what is known once a source of a group is done, or has failed as its trigger says."""
        own = self.own(source)
        conditions = [route.when for each in own for route in each.conditional if route.when is not None]
        for state in tuple(self._states.get(source, {}).values()):
            if group.trigger is not None:  # another failure than the one that the step may have been entered on
                state = replace(state, claims=self._without(state.claims, self._changing))
            if source == START or group.trigger is not None:
                yield state
            # A step that is done takes its `on failure` route where a condition of its own routes has no value.
            sure = group.trigger == "failure" and all(map(total, conditions))
            if group.trigger is None or (group.trigger == "failure" and bool(own) and not (sure and self._affordable)):
                state = replace(state, exact=state.exact and not sure)
                for done in self._done(source, state):
                    if group.trigger is not None:
                        done = replace(done, claims=self._without(done.claims, self._changing))
                    yield (
                        done
                        if not group.joins
                        else done.knowing(
                            claim
                            for each in own
                            for route in each.conditional
                            for claim in self._when(each, route, False)
                        )
                    )

    def _done(self, step: str, state: State) -> Iterator[State]:
        """Yield what is known once a step has given its output: what was known of an earlier one is void."""
        bit = self._bits.get(step, 0)
        if not bit:
            return
        claims, absent = self._without(state.claims, bit), state.absent & ~bit
        kept = State(claims, state.written | bit, absent, state.ways, state.exact)
        for case in self._set_by(step):
            yield kept.knowing(case)

    def _after(self, group: Group, route: RouteFacts, state: State) -> State:
        """Return what is known once a route is taken."""
        return state.knowing(self._when(group, route, True))

    def _kept_by(self, route: RouteFacts, state: State) -> State:
        """Return what is still known once a route has discarded what it backtracks over."""
        found = self._gone.get(route.link.id)
        if found is None:
            return state
        steps, whole = found
        surely = steps if whole else 0
        claims = self._without(state.claims, steps)
        return State(claims, state.written & ~steps, state.absent | surely, state.ways, exact=False)

    def _entered(self, target: str, state: State) -> State:
        """Return what is known when the target of a route begins."""
        beside = self._beside.get(target, 0)
        claims = self._without(state.claims, beside | self._changing)
        return State(claims, state.written, state.absent & ~beside, state.ways, state.exact)

    def _united(self, sources: tuple[str, ...], states: tuple[State, ...]) -> State:
        """Return what is known where the branches of some sources have arrived."""
        absent, seen = (1 << len(self._bits)) - 1, 0
        for source, state in zip(sources, states, strict=True):
            # A branch knows nothing of the steps of the others.
            others = self._beside.get(source, 0)
            absent &= state.absent | others
            seen |= ~others
        written = reduce(or_, (state.written for state in states))
        ways = tuple(way for state in states for way in state.ways)
        exact = all(state.exact for state in states)
        nothing = State((), written, absent & seen & ~written, ways, exact)
        return nothing.knowing(claim for state in states for claim in state.claims)

    # --- pieces ------------------------------------------------------------------------------------------------------

    def _when(self, group: Group, route: RouteFacts, taken: bool) -> tuple[Statement, ...]:
        """Return what is known of the conditions of a group where a route is taken, or that one is not, in parts."""
        key = id(route), taken
        if key not in self._known:
            refused = () if route.when is None else (Claim(route.when, Outcome.FALSE),)
            claims = group.taken(route) if taken else refused
            self._known[key] = self._kept(part for claim in claims for part in parts(claim))
        return self._known[key]

    def _set_by(self, step: str) -> tuple[tuple[Statement, ...], ...]:
        """Return what the output of a step that computes may be, case by case."""
        if step not in self._outputs:
            self._outputs[step] = tuple(map(self._kept, cases(step, self.workflow, self._facts)))
        return self._outputs[step]

    def _kept(self, statements: Iterable[Statement]) -> tuple[Statement, ...]:
        return tuple(map(self._interned.of, statements))

    def _without(self, claims: tuple[Statement, ...], steps: int) -> tuple[Statement, ...]:
        """Return the claims that are about none of some steps."""
        known = self._about.get
        return tuple([claim for claim in claims if not (known(id(claim)) or self._steps_of(claim)) & steps])

    def _steps_of(self, claim: Statement) -> int:
        """Return the steps that a claim is about, and `_changing` if it is about what changes."""
        if id(claim) not in self._about:  # claims are interned, so none has the id of another
            names = mentioned(claim)
            changing = 0 if names.isdisjoint(CHANGING) else self._changing
            self._about[id(claim)] = sum(self._bits.get(name, 0) for name in names) | changing
        return self._about[id(claim)]
