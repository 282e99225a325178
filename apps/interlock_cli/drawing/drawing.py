"""What a picture of a workflow consists of: boxes with their words, lines with theirs, before anything has a place.

A route to several targets goes through a bar, and so does a join: there the lines part and meet.
"""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from networkx import DiGraph, lexicographical_topological_sort

from interlock_cli.drawing.words import Line, merge_words, node_detail, route_lines, times, unfolded
from interlock_dsl.program.graph import kinds
from interlock_dsl.program.model import Program, Route, Workflow

Style: TypeAlias = Literal["plain", "failure", "back", "backtrack"]


@dataclass(frozen=True, slots=True)
class Box:
    """A vertex of the picture. `kind` is that of the graph's node, or `bar`.

    `inside` is the drawing of the workflow that a step runs, where it is unfolded.
    """

    id: str
    kind: str
    name: str = ""
    detail: str = ""
    inside: "Drawing | None" = None


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line from a box to another with words; one that is `upward` leads back to an earlier box."""

    id: str
    source: str
    target: str
    words: tuple[Line, ...] = ()
    style: Style = "plain"
    arrow: bool = True
    upward: bool = False
    tip: str = ""


@dataclass
class Drawing:
    """Boxes in an order in which each comes after what leads to it, lines, and loops from a box to itself."""

    boxes: list[Box] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    loops: dict[str, list[Stroke]] = field(default_factory=dict)


def draw(workflow: Workflow, program: Program | None = None) -> Drawing:
    """Return the drawing of a workflow; given its program, those that its steps run are drawn inside them."""
    drawing = Drawing()
    for name, kind in kinds(workflow.network):
        run = unfolded(workflow, name, program)
        inside = None if run is None else draw(run, program)
        drawing.boxes.append(Box(name, kind, "" if kind == "start" else name, node_detail(workflow, name), inside))
    joins: dict[tuple[frozenset[str], int], str] = {}
    for route in workflow.routes:
        _route(drawing, route, _source(drawing, route, joins))
    drawing.boxes = _ordered(drawing)
    return drawing


def _source(drawing: Drawing, route: Route, joins: dict[tuple[frozenset[str], int], str]) -> str:
    """Return where a route begins: its source, or the bar at which its sources meet."""
    if len(route.sources) == 1:
        return route.sources[0]
    key = frozenset(route.sources), route.merge
    if key not in joins:
        joins[key] = f"join {len(joins) + 1}"
        drawing.boxes.append(Box(joins[key], "bar", detail=merge_words(route)))
        for source in route.sources:
            drawing.strokes.append(Stroke(f"{source} {joins[key]}", source, joins[key]))
    return joins[key]


def _route(drawing: Drawing, route: Route, source: str) -> None:
    words, tip = route_lines(route), _tip(route)
    if route.bound is not None:
        style: Style = "backtrack" if route.bound.discards else "back"
        back = Stroke(route.id, source, route.targets[0], words, style, upward=True, tip=tip)
        if source == route.targets[0]:
            drawing.loops.setdefault(source, []).append(back)
        else:
            drawing.strokes.append(back)
        if route.out is not None:
            used = (Line("bound", f"after {times(route.bound.times)}"), *route_lines(route.out))
            drawing.strokes.append(
                Stroke(route.out.id, source, route.out.targets[0], used, "back", tip=_tip(route.out))
            )
        return
    style = "plain" if route.trigger is None else "failure"
    if len(route.targets) == 1:
        drawing.strokes.append(Stroke(route.id, source, route.targets[0], words, style, tip=tip))
        return
    bar = f"fork {route.id}"
    drawing.boxes.append(Box(bar, "bar"))
    drawing.strokes.append(Stroke(route.id, source, bar, words, style, arrow=False, tip=tip))
    drawing.strokes.extend(Stroke(f"{bar} {target}", bar, target, (), style) for target in route.targets)


def _tip(route: Route) -> str:
    """Return what is shown when one points at a line: what is passed, and why somebody is told."""
    shown = [f"shows {', '.join('.'.join(passed.path) for passed in route.passes)}"] if route.passes else []
    if route.bound is not None and route.bound.discards:
        shown.append(f"undoes {', '.join(route.bound.discards)}")
    return "\n".join([*shown, *(told.because for told in route.escalations if told.because)])


def _ordered(drawing: Drawing) -> list[Box]:
    """Return the boxes, each after what leads to it and otherwise in the order they were drawn."""
    boxes = {box.id: box for box in drawing.boxes}
    place = {id: at for at, id in enumerate(boxes)}
    downward: DiGraph[str] = DiGraph()
    downward.add_nodes_from(boxes)
    ends = [(s.target, s.source) if s.upward else (s.source, s.target) for s in drawing.strokes]
    downward.add_edges_from(ends)
    return [boxes[id] for id in lexicographical_topological_sort(downward, key=place.__getitem__)]
