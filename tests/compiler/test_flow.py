"""What has been written where, against an oracle that walks every path of small workflows."""

from collections.abc import Iterable, Mapping
from itertools import combinations, pairwise, product

from hypothesis import given, settings
from hypothesis import strategies as st

from interlock_dsl.analysis.links import links
from interlock_dsl.analysis.workflows.assignment import at_least
from interlock_dsl.analysis.workflows.flow import Flow, flow
from interlock_dsl.program.graph import START, build
from interlock_dsl.syntax.tree import Bound, Ident, Merge, RouteDecl

STEPS = ("a", "b", "c", "d", "e")
ENDS = ("x", "y")
TRIGGERS = st.sampled_from([None, None, None, "failure"])


def route(
    sources: tuple[str, ...], targets: tuple[str, ...], trigger: str | None = None, bound: Bound | None = None
) -> RouteDecl:
    return RouteDecl(tuple(map(Ident, sources)), tuple(map(Ident, targets)), trigger, bound=bound)  # type: ignore[arg-type]


SEQUENTIAL = st.lists(
    st.builds(
        route,
        st.sampled_from([START, *STEPS]).map(lambda s: (s,)),
        st.sampled_from([*STEPS, *ENDS]).map(lambda s: (s,)),
        TRIGGERS,
        st.sampled_from([None, None, Bound(2), Bound(1, Ident("x"))]),
    ).filter(lambda r: r.trigger is None or r.sources[0].text != START),
    max_size=9,
)


def shape(routes: Iterable[RouteDecl], steps: Iterable[str] = STEPS) -> Flow:
    nodes = [(START, "start"), *((name, "set") for name in steps), *((name, "end") for name in ENDS)]
    return flow(build(nodes, links(routes)))


def names(found: Flow, bits: int) -> set[str]:
    return {name for name, bit in found.assigned.bits.items() if bits & bit}


def forward(found: Flow) -> list[tuple[str, str, int]]:
    return [(source, target, data["number"]) for source, target, data in found.forward.edges(data=True)]


def reachable(start: str, edges: Mapping[str, Iterable[str]]) -> set[str]:
    seen, waiting = {start}, [start]
    while waiting:
        for target in edges.get(waiting.pop(), ()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen


def paths(edges: list[tuple[str, str, int]], node: str) -> list[list[tuple[str, str, int]]]:
    """Every way from `start` to a node along forward edges."""
    if node == START:
        return [[]]
    return [[*way, edge] for edge in edges if edge[1] == node for way in paths(edges, edge[0])]


@given(SEQUENTIAL)
def test_forward_routes_form_no_cycle(routes: list[RouteDecl]) -> None:
    found = shape(routes)
    at = {node: position for position, node in enumerate(found.order)}
    assert sorted(at) == sorted([START, *STEPS, *ENDS])
    assert all(at[source] < at[target] for source, target, _ in forward(found))


@given(SEQUENTIAL)
def test_a_route_without_a_bound_goes_back_only_if_it_is_reported(routes: list[RouteDecl]) -> None:
    found = shape(routes)
    for edge in found.back:
        data = found.graph.edges[edge]
        if data["way"] == "forward":
            assert data["route"] in found.unbounded


def walked(found: Flow) -> list[tuple[str, str, int]]:
    """Every edge that a run can walk, back ones as well."""
    every = found.graph.edges(data=True)
    return [(source, target, data["number"]) for source, target, data in every if source in found.reached]


@given(SEQUENTIAL)
def test_definite_is_what_no_walk_can_do_without(routes: list[RouteDecl]) -> None:
    found = shape(routes)
    edges = walked(found)
    for node in (*STEPS, *ENDS):
        assert (node in found.reached) == bool(paths(forward(found), node))
        if node not in found.reached:
            continue
        for step in STEPS:
            without: dict[str, list[str]] = {}
            for source, target, number in edges:
                if source != step or routes[number].trigger is not None:
                    without.setdefault(source, []).append(target)
            assert (step in names(found, found.assigned.definite[node])) == (node not in reachable(START, without))


@given(SEQUENTIAL)
def test_possible_is_what_some_walk_has_written(routes: list[RouteDecl]) -> None:
    found = shape(routes)
    every = walked(found)
    ordinary = [(s, t) for s, t, r in every if routes[r].trigger is None]
    onward: dict[str, list[str]] = {}
    for source, target, _ in every:
        onward.setdefault(source, []).append(target)
    for node in (*STEPS, *ENDS):
        expected = {s for s, t in ordinary if s != START and node in reachable(t, onward)}
        if node in found.reached:
            assert names(found, found.assigned.possible[node]) == expected


@given(st.integers(2, 4), st.data())
def test_after_a_join_of_some_what_any_so_many_share_is_definite(width: int, data: st.DataObject) -> None:
    """A fork of chains, some with a common detour, merged by `k`: against every choice of `k` chains."""
    lengths = data.draw(st.lists(st.integers(1, 3), min_size=width, max_size=width))
    count = data.draw(st.integers(1, width))
    chains = [[f"s{i}_{j}" for j in range(length)] for i, length in enumerate(lengths)]
    routes = [route((START,), tuple(chain[0] for chain in chains))]
    routes += [route((a,), (b,)) for chain in chains for a, b in pairwise(chain)]
    join = RouteDecl(tuple(Ident(chain[-1]) for chain in chains), (Ident("x"),), merge=Merge(count, width))
    found = shape((*routes, join), [step for chain in chains for step in chain])
    choices = [frozenset(s for chain in some for s in chain) for some in combinations(chains, count)]
    assert names(found, found.assigned.definite["x"]) == frozenset.intersection(*choices)
    assert names(found, found.assigned.possible["x"]) == frozenset().union(*choices)
    for (i, one), (j, other) in product(enumerate(chains), repeat=2):
        assert all(found.branches.at_once(a, b) == (i != j) for a in one for b in other)
    assert found.branches.of["x"] == 0


@given(SEQUENTIAL, st.permutations(range(9)))
@settings(max_examples=60)
def test_order_of_routes_does_not_matter(routes: list[RouteDecl], order: list[int]) -> None:
    shuffled = [routes[number] for number in order if number < len(routes)]
    one, other = shape(routes), shape(shuffled)
    assert bool(one.unbounded) == bool(other.unbounded)
    if not one.unbounded:
        assert one.assigned == other.assigned


@given(st.lists(st.integers(0, 63), min_size=1, max_size=12), st.data())
def test_bits_in_at_least_so_many_sets_are_counted(sets: list[int], data: st.DataObject) -> None:
    count = data.draw(st.integers(1, len(sets)))
    expected = sum(1 << bit for bit in range(6) if sum(several >> bit & 1 for several in sets) >= count)
    assert at_least(count, sets) == expected


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2)), min_size=2, max_size=14))
def test_what_runs_at_once_is_found_without_comparing_all(nested: list[tuple[int, int]]) -> None:
    """Sources in the branches of forks within forks: a set is apart from another by any fork both are in."""
    inner = [route((START,), tuple(f"a{n}" for n in range(3)))]
    inner += [route((f"a{n}",), tuple(f"b{n}{m}" for m in range(3))) for n in range(2)]
    steps = [f"a{n}" for n in range(3)] + [f"b{n}{m}" for n in range(2) for m in range(3)]
    found = shape(inner, steps)
    several = [
        found.branches.of[steps[(n + m) % len(steps)]] | found.branches.of[steps[m]] * (n > 7) for n, m in nested
    ]
    pairs = [found.branches.apart(one, other) for one, other in combinations(several, 2)]
    assert found.branches.all_apart(several) == all(pairs)
    assert found.branches.some_apart(several) == any(pairs)
