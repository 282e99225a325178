"""What has been written where, against an oracle that walks every path of small workflows."""

from itertools import combinations, pairwise, product

from hypothesis import given, settings
from hypothesis import strategies as st

from interlock_dsl.analysis.dataflow import START, Flow, flow, reachable
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


def forward(found: Flow) -> list[tuple[str, str, int]]:
    return [
        (source, target, arrival.route)
        for target, arrivals in found.arrivals.items()
        for arrival in arrivals
        if not arrival.back
        for source in found.sources(arrival.route)
    ]


def paths(edges: list[tuple[str, str, int]], node: str) -> list[list[tuple[str, str, int]]]:
    """Every way from `start` to a node along forward edges."""
    if node == START:
        return [[]]
    return [[*way, edge] for edge in edges if edge[1] == node for way in paths(edges, edge[0])]


@given(SEQUENTIAL)
def test_forward_routes_form_no_circle(routes: list[RouteDecl]) -> None:
    found, _ = flow(tuple(routes), STEPS, ENDS)
    at = {node: position for position, node in enumerate(found.order)}
    assert sorted(at) == sorted([START, *STEPS, *ENDS])
    assert all(at[source] < at[target] for source, target, _ in forward(found))


@given(SEQUENTIAL)
def test_a_route_without_a_bound_goes_back_only_if_it_is_reported(routes: list[RouteDecl]) -> None:
    found, circles = flow(tuple(routes), STEPS, ENDS)
    for arrivals in found.arrivals.values():
        for arrival in arrivals:
            if arrival.back and routes[arrival.route].bound is None:
                assert arrival.route in circles


def walked(found: Flow) -> list[tuple[str, str, int]]:
    """Every edge that a run can walk, back ones as well."""
    return [
        (source, target, arrival.route)
        for target, arrivals in found.arrivals.items()
        for arrival in arrivals
        for source in found.sources(arrival.route)
        if source in found.reached
    ]


@given(SEQUENTIAL)
def test_definite_is_what_no_walk_can_do_without(routes: list[RouteDecl]) -> None:
    found, _ = flow(tuple(routes), STEPS, ENDS)
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
            assert (step in found.definite[node]) == (node not in reachable(START, without))


@given(SEQUENTIAL)
def test_possible_is_what_some_walk_has_written(routes: list[RouteDecl]) -> None:
    found, _ = flow(tuple(routes), STEPS, ENDS)
    every = walked(found)
    ordinary = [(s, t) for s, t, r in every if routes[r].trigger is None]
    onward: dict[str, list[str]] = {}
    for source, target, _ in every:
        onward.setdefault(source, []).append(target)
    for node in (*STEPS, *ENDS):
        expected = {s for s, t in ordinary if s != START and node in reachable(t, onward)}
        if node in found.reached:
            assert found.possible[node] == expected


@given(st.integers(2, 4), st.data())
def test_after_a_join_of_some_what_any_so_many_share_is_definite(width: int, data: st.DataObject) -> None:
    """A fork of chains, some with a common detour, merged by `k`: against every choice of `k` chains."""
    lengths = data.draw(st.lists(st.integers(1, 3), min_size=width, max_size=width))
    count = data.draw(st.integers(1, width))
    chains = [[f"s{i}_{j}" for j in range(length)] for i, length in enumerate(lengths)]
    routes = [route((START,), tuple(chain[0] for chain in chains))]
    routes += [route((a,), (b,)) for chain in chains for a, b in pairwise(chain)]
    join = RouteDecl(tuple(Ident(chain[-1]) for chain in chains), (Ident("x"),), merge=Merge(count, width))
    found, _ = flow((*routes, join), [step for chain in chains for step in chain], ENDS)
    choices = [frozenset(s for chain in some for s in chain) for some in combinations(chains, count)]
    assert found.definite["x"] == frozenset.intersection(*choices)
    assert found.possible["x"] == frozenset().union(*choices)
    for (i, one), (j, other) in product(enumerate(chains), repeat=2):
        assert all(found.at_once(a, b) == (i != j) for a in one for b in other)
    assert found.branches["x"] == frozenset()


@given(SEQUENTIAL, st.permutations(range(9)))
@settings(max_examples=60)
def test_order_of_routes_does_not_matter(routes: list[RouteDecl], order: list[int]) -> None:
    shuffled = [routes[number] for number in order if number < len(routes)]
    one, circles = flow(tuple(routes), STEPS, ENDS)
    other, others = flow(tuple(shuffled), STEPS, ENDS)
    assert bool(circles) == bool(others)
    if not circles:
        assert one.definite == other.definite
        assert one.possible == other.possible
