import re
from copy import copy
from dataclasses import FrozenInstanceError, replace
from itertools import combinations, pairwise
from xml.etree import ElementTree

import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.programs import EXAMPLES, GUIDE
from interlock.run.plan import plan_of
from interlock_cli.drawing import to_dot, to_json, to_mermaid, to_svg
from interlock_cli.drawing.drawing import draw
from interlock_cli.drawing.layout import Line, Vertex, lay_out, spread
from interlock_dsl import check_text, compile_text
from interlock_dsl.program.graph import build, kinds
from interlock_dsl.program.model import Route, Workflow

WORKFLOWS = {name: next(iter(compile_text(text).workflows.values())) for name, text in EXAMPLES.items()}
EVERY = pytest.mark.parametrize("workflow", WORKFLOWS.values(), ids=list(WORKFLOWS))
SVG = "{http://www.w3.org/2000/svg}"


def agree(workflow: Workflow) -> None:
    """The graph is what the routes say, and a library that knows nothing of the compiler finds no cycle in it."""
    graph, network = workflow.graph, workflow.network
    assert graph is workflow.graph
    assert networkx.is_frozen(graph)
    assert networkx.is_frozen(network)
    assert networkx.is_directed_acyclic_graph(graph)
    assert set(graph) == set(network) == {"start", *workflow.steps, *workflow.ends}
    assert set(network.edges) == {edge for route in workflow.routes for edge in (*edges(route), *edges(route.out))}
    assert set(graph.edges) == {edge for route in workflow.routes for edge in ahead(route)}
    for route in workflow.routes:
        assert all(network.edges[edge]["route"] is route for edge in edges(route))
        assert all(network.edges[edge]["route"] is route.out for edge in edges(route.out))
        assert (route.out is None) == (route.bound is None or route.bound.then is None)
    reduced = networkx.DiGraph(graph)
    for route in workflow.routes:
        if route.bound is not None:
            assert all(route.sources[0] in leads(reduced, target) for target in route.targets)


def edges(route: Route | None) -> list[tuple[str, str, str]]:
    return [] if route is None else [(s, t, route.id) for s in route.sources for t in route.targets]


def leads(graph: "networkx.DiGraph[str]", node: str) -> set[str]:
    return {node, *networkx.descendants(graph, node)}


def ahead(route: Route) -> list[tuple[str, str, str]]:
    return edges(route) if route.bound is None else edges(route.out)


@EVERY
def test_the_graph_is_acyclic_and_whole(workflow: Workflow) -> None:
    agree(workflow)
    assert networkx.descendants(workflow.graph, "start") | {"start"} == set(workflow.graph)


def test_the_graphs_of_the_guide_are_acyclic_and_whole() -> None:
    programs = [check_text(text)[0] for text in GUIDE]
    workflows = [workflow for program in programs if program is not None for workflow in program.workflows.values()]
    assert len(workflows) >= 8
    for workflow in workflows:
        agree(workflow)


STEPS, ENDS = ("a", "b", "c", "d"), ("x", "y")
STEPWISE = st.tuples(
    st.sampled_from(["start", *STEPS]), st.sampled_from([*STEPS, *ENDS]), st.sampled_from(["", "", " at most 2 times"])
)


@given(st.lists(STEPWISE, max_size=8))
def test_what_compiles_is_acyclic_and_what_goes_round_does_not_compile(routes: list[tuple[str, str, str]]) -> None:
    # A way from end to end, so that most of what is generated compiles but for what is drawn here.
    chain = list(pairwise(("start", *STEPS, *ENDS[:1])))
    lines = [f"step {name} sets {{ n: n }}" for name in STEPS] + [f"end {name}" for name in ENDS]
    lines += [f"{source} -> {target}" for source, target in chain] + ["d -> y when n == 2"]
    lines += [f"{source} -> {target} when n > {at}{bound}" for at, (source, target, bound) in enumerate(routes)]
    program, diagnostics = check_text("workflow w(n: int) {\n" + "\n".join(lines) + "\n}")
    unbounded: networkx.DiGraph[str] = networkx.DiGraph(chain)
    unbounded.add_edges_from((source, target) for source, target, bound in routes if not bound)
    if not networkx.is_directed_acyclic_graph(unbounded):
        assert "unbounded-loop" in {found.code for found in diagnostics}
        assert program is None
    if program is not None:
        agree(program.workflows["w"])


def test_a_graph_is_no_part_of_what_a_workflow_is() -> None:
    refund = WORKFLOWS["refund"]
    edges = set(refund.graph.edges)
    renamed = replace(refund, network=build(kinds(refund.network), refund.routes[:1]))
    assert set(renamed.graph.edges) == {("start", "classify", "start->classify#1")} < edges
    assert renamed.routes == refund.routes[:1]
    assert copy(refund) == refund != renamed
    assert "graph" not in repr(refund)
    with pytest.raises(FrozenInstanceError):
        refund.graph = renamed.graph


def test_routes_between_the_same_steps_are_told_apart() -> None:
    refund = WORKFLOWS["refund"]
    routes = [data["route"] for data in refund.graph["assess"]["pay"].values()]
    assert [route.id for route in routes] == list(refund.graph["assess"]["pay"]) == ["assess->pay#1", "assess->pay#2"]
    assert routes == [route for route in refund.routes if route.id.startswith("assess->pay")]
    joins = WORKFLOWS["procurement"].graph
    for name in ("policy", "vendor", "finance"):
        assert list(joins[name]["decide"]) == ["policy,vendor,finance->decide#1"]


def test_what_the_graph_lacks_the_run_does_not_take() -> None:
    refund = WORKFLOWS["refund"]
    program = compile_text(EXAMPLES["refund"])

    def taken(network: "networkx.MultiDiGraph[str]") -> list[str]:
        workflow = replace(refund, network=network)
        group = plan_of(replace(program, workflows={"refund": workflow})).workflows["refund"].leaving.get("assess")
        return [] if group is None else [planned.id for planned in group.routes]

    every = taken(refund.network)
    assert len(every) >= 3
    for source, target, key in refund.network.out_edges("assess", keys=True):
        smaller = networkx.MultiDiGraph(refund.network)
        smaller.remove_edge(source, target, key)
        assert taken(smaller) == [id for id in every if id != key]
    forked = compile_text(
        "workflow w(n: int) { step a sets { n: 1 } step b sets { n: 2 } end x  start -> a, b  a -> x  b -> x }"
    )
    smaller = networkx.MultiDiGraph(forked.workflows["w"].network)
    smaller.remove_edge("start", "b", "start->a,b#1")
    less = replace(forked, workflows={"w": replace(forked.workflows["w"], network=smaller)})
    (planned,) = plan_of(less).workflows["w"].leaving["start"].routes
    assert planned.route.targets == ("a",)


@EVERY
def test_the_picture_is_well_formed_and_says_everything(workflow: Workflow) -> None:
    picture = to_svg(workflow)
    root = ElementTree.fromstring(picture)
    said = " ".join(text for element in root.iter(f"{SVG}text") for text in [element.text or ""])
    for name in (*workflow.steps, *workflow.ends):
        assert name in said
    for route in workflow.routes:
        for grant in route.grants:
            assert all(scope in said for scope in grant.scopes)
        if route.approval is not None:
            assert route.approval.role in said
    assert picture == to_svg(workflow)
    assert not re.search(r"<script|href=|@import|url\((?!#)", picture)


@EVERY
def test_nothing_lies_on_top_of_anything_else(workflow: Workflow) -> None:
    root = ElementTree.fromstring(to_svg(workflow))
    boxes = [
        (float(r.get("x", 0)), float(r.get("y", 0)), float(r.get("width", 0)), float(r.get("height", 0)))
        for group in root.iter(f"{SVG}g")
        if group.get("class", "").startswith(("words", "box agent", "box end", "box table", "box bar"))
        for r in group.iter(f"{SVG}rect")
        if r.get("class") != "inner"
    ]
    assert len(boxes) > 5
    for (x, y, w, h), (a, b, c, d) in combinations(boxes, 2):
        assert x + w <= a + 0.1 or a + c <= x + 0.1 or y + h <= b + 0.1 or b + d <= y + 0.1


def test_text_in_a_picture_cannot_become_markup() -> None:
    text = (
        'workflow w(a: string) { goal "<script>&"  end done  start -> done when a < "<b>&"  start -> done otherwise }'
    )
    picture = to_svg(compile_text(text).workflows["w"])
    ElementTree.fromstring(picture)
    assert "<script" not in picture
    assert "<b>" not in picture


def test_large_pictures_lead_downward() -> None:
    vertices = [Vertex(str(n), 60, 30) for n in range(120)]
    lines = [Line(f"{a}-{b}", str(a), str(b), 30, 12) for a in range(120) for b in (a + 1, a + 7) if b < 120]
    layout = lay_out(vertices, lines)
    assert all(layout.vertices[line.source].y < layout.vertices[line.target].y for line in lines)


def test_spread_keeps_order_and_gaps_and_moves_no_more_than_needed() -> None:
    assert spread([0.0, 100.0], [(5, 5), (5, 5)], [10]) == [0.0, 100.0]
    assert spread([50.0, 50.0], [(5, 5), (5, 5)], [10]) == [40.0, 60.0]
    assert spread([100.0, 0.0, 50.0], [(0, 0)] * 3, [10, 10]) == [40.0, 50.0, 60.0]


@EVERY
def test_mermaid_and_dot_name_every_node_and_route(workflow: Workflow) -> None:
    mermaid, dot = to_mermaid(workflow), to_dot(workflow)
    for name in workflow.graph:
        assert f"n_{name}" in mermaid
        assert f'"{name}"' in dot
    assert mermaid.count("->") >= len(workflow.routes)
    assert dot.count(" -> ") >= len(workflow.routes)


@EVERY
def test_json_holds_every_route(workflow: Workflow) -> None:
    found = to_json(workflow)
    assert [route["id"] for route in found["routes"]] == [route.id for route in workflow.routes]  # type: ignore[attr-defined, index]
    assert {node["id"] for node in found["nodes"]} == set(workflow.graph)  # type: ignore[attr-defined, index]


@EVERY
def test_a_drawing_lists_boxes_after_what_leads_to_them(workflow: Workflow) -> None:
    drawing = draw(workflow)
    at = {box.id: number for number, box in enumerate(drawing.boxes)}
    assert all((at[s.source] < at[s.target]) is not s.upward for s in drawing.strokes)
