"""Where the boxes and lines of a picture go: a layered layout, as Sugiyama's, from top to bottom.

1. Each vertex gets a layer below everything that leads to it; layers are spaced so that between any two there is
   a layer for the words on lines.
2. A line that passes layers gets a bend in each; its words are a box in the first layer it passes. So words take part
   in all that follows as boxes do, and nothing ever lies on top of anything else.
3. Layers are put in order, again and again, by the average place of what each vertex is connected with; the order with
   the fewest crossings is kept.
4. Vertices move towards the average of their neighbours as far as the order and the widths allow: for one layer that is
   a regression with a constraint on the order, which pooling neighbours solves exactly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

GAP_X = 26.0
GAP_BEND = 14.0
GAP_Y = 20.0
SWEEPS = 24
STRAIGHT = 8.0


@dataclass(frozen=True, slots=True)
class Vertex:
    """A box of a size in pixels; `right` is further room on its right-hand side."""

    id: str
    width: float
    height: float
    right: float = 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """A line between two vertices, with a box of words on it (no words: a size of zero)."""

    id: str
    source: str
    target: str
    width: float = 0.0
    height: float = 0.0


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a box is: the middle of it, in pixels from the top left."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Places of vertices, of the words on lines, and the bends of each line from its source to its target."""

    vertices: Mapping[str, Placed]
    words: Mapping[str, Placed]
    bends: Mapping[str, tuple[tuple[float, float, float], ...]]
    """For each line: x, and the top and the bottom y, of every layer it passes."""
    width: float
    height: float


@dataclass(slots=True)
class _Cell:
    """A box in a layer: a vertex, the words of a line, or a bend of one."""

    left: float
    right: float
    height: float
    x: float = 0.0
    up: list[int] = field(default_factory=list)
    down: list[int] = field(default_factory=list)
    bend: bool = False


def lay_out(vertices: Sequence[Vertex], lines: Sequence[Line]) -> Layout:
    """Return a layout of an acyclic picture; every line leads from an earlier to a later vertex of the order given."""
    cells: list[_Cell] = []
    layers: list[list[int]] = []
    layer = _layers(vertices, lines)
    place: dict[str, int] = {}
    for vertex in vertices:
        place[vertex.id] = _add(
            cells, layers, layer[vertex.id], _Cell(vertex.width / 2, vertex.width / 2 + vertex.right, vertex.height)
        )
    chains = {line.id: _chain(line, place, layer, cells, layers) for line in lines}
    _order(layers, cells)
    _settle(layers, cells)
    for chain in chains.values():
        _straighten(chain, layers, cells)
    return _result(vertices, lines, layers, cells, place, chains, layer)


def _layers(vertices: Sequence[Vertex], lines: Sequence[Line]) -> dict[str, int]:
    found = {vertex.id: 0 for vertex in vertices}
    for vertex in vertices:
        for line in lines:
            if line.source == vertex.id:
                found[line.target] = max(found[line.target], found[vertex.id] + 2)
    return found


def _add(cells: list[_Cell], layers: list[list[int]], layer: int, cell: _Cell) -> int:
    while len(layers) <= layer:
        layers.append([])
    layers[layer].append(len(cells))
    cells.append(cell)
    return len(cells) - 1


def _chain(
    line: Line, place: Mapping[str, int], layer: Mapping[str, int], cells: list[_Cell], layers: list[list[int]]
) -> list[int]:
    """Add the words and bends of a line, and connect them."""
    chain: list[int] = []
    previous = place[line.source]
    for between in range(layer[line.source] + 1, layer[line.target]):
        first = between == layer[line.source] + 1
        half, height = (line.width / 2, line.height) if first else (0.0, 0.0)
        number = _add(cells, layers, between, _Cell(half, half, height, bend=not (first and line.width)))
        _connect(cells, previous, number)
        chain.append(number)
        previous = number
    _connect(cells, previous, place[line.target])
    return chain


def _connect(cells: list[_Cell], upper: int, lower: int) -> None:
    cells[upper].down.append(lower)
    cells[lower].up.append(upper)


def _order(layers: list[list[int]], cells: list[_Cell]) -> None:
    _start(layers, cells)
    best, least = [list(layer) for layer in layers], _crossings(layers, cells)
    for sweep in range(SWEEPS):
        downward = sweep % 2 == 0
        for layer in layers if downward else reversed(layers):
            at = {cell: position for row in layers for position, cell in enumerate(row)}
            layer.sort(key=lambda cell: _average(cells[cell].up if downward else cells[cell].down, at, at[cell]))
        crossed = _crossings(layers, cells)
        if crossed < least:
            best, least = [list(layer) for layer in layers], crossed
        if least == 0:
            break
    for layer, row in zip(layers, best, strict=True):
        layer[:] = row


def _start(layers: list[list[int]], cells: list[_Cell]) -> None:
    """Begin with the order in which a walk from the top meets the cells."""
    met: dict[int, int] = {}
    waiting = [cell for layer in reversed(layers) for cell in reversed(layer) if not cells[cell].up]
    while waiting:
        cell = waiting.pop()
        if cell not in met:
            met[cell] = len(met)
            waiting.extend(reversed(cells[cell].down))
    for layer in layers:
        layer.sort(key=met.__getitem__)


def _average(neighbours: list[int], at: Mapping[int, int], otherwise: float) -> float:
    return sum(at[n] for n in neighbours) / len(neighbours) if neighbours else otherwise


def _crossings(layers: list[list[int]], cells: list[_Cell]) -> int:
    total = 0
    for upper, lower in pairwise(layers):
        at = {cell: position for position, cell in enumerate(lower)}
        ends = [at[below] for cell in upper for below in sorted(cells[cell].down, key=at.__getitem__)]
        total += sum(a > b for i, a in enumerate(ends) for b in ends[i + 1 :])
    return total


def _settle(layers: list[list[int]], cells: list[_Cell]) -> None:
    for layer in layers:
        x = 0.0
        for cell in layer:
            cells[cell].x = x + cells[cell].left
            x = cells[cell].x + cells[cell].right + GAP_X
    for sweep in range(6 * SWEEPS):
        both = sweep >= 2 * SWEEPS
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            wanted = [_wanted(cells, cell, "both" if both else "up" if sweep % 2 == 0 else "down") for cell in layer]
            gaps = [GAP_BEND if cells[left].bend and cells[right].bend else GAP_X for left, right in pairwise(layer)]
            rooms = [(cells[cell].left, cells[cell].right) for cell in layer]
            weights = [4.0 if cells[cell].bend else 1.0 for cell in layer]
            for cell, x in zip(layer, spread(wanted, rooms, gaps, weights), strict=True):
                cells[cell].x = x


def _wanted(cells: list[_Cell], cell: int, way: str) -> float:
    """Return where a box would like to be: amid its neighbours, and bends of one line above each other."""
    near = [*(cells[cell].up if way != "down" else ()), *(cells[cell].down if way != "up" else ())]
    pulls = [STRAIGHT if cells[cell].bend and cells[n].bend else 1.0 for n in near]
    if not near:
        return cells[cell].x
    pulled: list[float] = [cells[n].x * pull for n, pull in zip(near, pulls, strict=True)]
    return sum(pulled) / sum(pulls)


def _straighten(chain: list[int], layers: list[list[int]], cells: list[_Cell]) -> None:
    """Put as many successive bends of a line as there is room for exactly above each other."""
    run: list[int] = []
    least, most = float("-inf"), float("inf")
    for cell in chain:
        low, high = _room(cell, layers, cells)
        if not cells[cell].bend or max(least, low) > min(most, high):
            _align(run, least, most, cells)
            run, least, most = [], float("-inf"), float("inf")
        if cells[cell].bend:
            run.append(cell)
            least, most = max(least, low), min(most, high)
    _align(run, least, most, cells)


def _room(cell: int, layers: list[list[int]], cells: list[_Cell]) -> tuple[float, float]:
    """Return from where to where a bend can move without touching its neighbours."""
    row = next(layer for layer in layers if cell in layer)
    at = row.index(cell)
    low, high = float("-inf"), float("inf")
    if at > 0:
        left = cells[row[at - 1]]
        low = left.x + left.right + (GAP_BEND if left.bend else GAP_X / 2)
    if at + 1 < len(row):
        right = cells[row[at + 1]]
        high = right.x - right.left - (GAP_BEND if right.bend else GAP_X / 2)
    return min(low, cells[cell].x), max(high, cells[cell].x)


def _align(run: list[int], least: float, most: float, cells: list[_Cell]) -> None:
    if run:
        x = min(max(sum(cells[cell].x for cell in run) / len(run), least), most)
        for cell in run:
            cells[cell].x = x


def spread(
    wanted: Sequence[float],
    rooms: Sequence[tuple[float, float]],
    gaps: Sequence[float],
    weights: Sequence[float] | None = None,
) -> list[float]:
    """Return the places nearest to the wanted ones at which boxes, in this order, keep their gaps.

    `rooms` are what each box needs to the left and to the right of its place, `gaps` what lies between it and the next.
    """
    shifts = [0.0]
    for (left, right), gap in zip(pairwise(rooms), gaps, strict=True):
        shifts.append(shifts[-1] + left[1] + gap + right[0])
    pools: list[tuple[float, float, int]] = []
    for number, (x, moved) in enumerate(zip(wanted, shifts, strict=True)):
        weight = 1.0 if weights is None else weights[number]
        total, size = (x - moved) * weight, 1
        while pools and pools[-1][0] / pools[-1][1] > total / weight:
            before = pools.pop()
            total, weight, size = total + before[0], weight + before[1], size + before[2]
        pools.append((total, weight, size))
    places = [total / weight for total, weight, size in pools for _ in range(size)]
    return [x + moved for x, moved in zip(places, shifts, strict=True)]


def _result(
    vertices: Sequence[Vertex],
    lines: Sequence[Line],
    layers: list[list[int]],
    cells: list[_Cell],
    place: Mapping[str, int],
    chains: Mapping[str, list[int]],
    layer: Mapping[str, int],
) -> Layout:
    leftmost = min(cell.x - cell.left for cell in cells)
    tops, y = [], 0.0
    for row in layers:
        height = max((cells[cell].height for cell in row), default=0.0)
        tops.append((y, y + height))
        y += height + GAP_Y
    bends: dict[str, tuple[tuple[float, float, float], ...]] = {}
    words: dict[str, Placed] = {}
    for line in lines:
        passed = list(zip(chains[line.id], range(layer[line.source] + 1, layer[line.target]), strict=True))
        bends[line.id] = tuple((cells[cell].x - leftmost, *tops[row]) for cell, row in passed)
        words[line.id] = Placed(cells[passed[0][0]].x - leftmost, sum(tops[passed[0][1]]) / 2)
    return Layout(
        vertices={
            vertex.id: Placed(cells[place[vertex.id]].x - leftmost, sum(tops[layer[vertex.id]]) / 2)
            for vertex in vertices
        },
        words=words,
        bends=bends,
        width=max(cell.x + cell.right for cell in cells) - leftmost,
        height=y - GAP_Y,
    )
