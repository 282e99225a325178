"""A workflow as a picture: SVG without scripts, fonts or files, readable on light and dark paper."""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from interlock_cli.drawing.drawing import Box, Drawing, Stroke, draw
from interlock_cli.drawing.layout import Line, Placed, Vertex, lay_out, spread
from interlock_cli.drawing.shapes import ICONS, STYLE, outline, width_of
from interlock_cli.drawing.words import Line as Words
from interlock_cli.drawing.words import title
from interlock_dsl.diagnostics.escape import escape
from interlock_dsl.program.model import Program, Workflow

MARGIN = 28.0
HEADING = 44.0
ROW = 15.0
PADDING = 7.0
ICON = 16.0
INSET = 24.0
"""What lies between the outline of a box and the picture inside it."""
WRAP = 42
HEADS: Mapping[str, str] = {"plain": "#64748b", "failure": "#dc2626", "back": "#7c3aed", "backtrack": "#c026d3"}


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of words on a line: what it looks like, and whether it begins what it says."""

    mark: str
    text: str
    first: bool


def to_svg(workflow: Workflow, program: Program | None = None) -> str:
    """Return a picture of a workflow, the same for the same workflow on every machine.

    Given the program, workflows that steps run are drawn inside them.
    """
    picture = _Picture(draw(workflow, program))
    layout, heading = picture.layout, title(workflow)
    width = max(layout.width + 2 * MARGIN, min(width_of(heading, 15, bold=True) + 2 * MARGIN, 900.0))
    shift = (width - layout.width) / 2
    height = layout.height + 2 * MARGIN + HEADING
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" aria-label="{_xml(heading)}">',
        STYLE,
        "<defs>" + "".join(_head(style, color) for style, color in HEADS.items()) + "</defs>",
        '<rect class="paper" width="100%" height="100%"/>',
        f'<text class="heading" x="{MARGIN:.0f}" y="{MARGIN + 8:.0f}">{_xml(heading)}</text>',
        f'<g transform="translate({shift:.1f} {MARGIN + HEADING:.1f})">',
        *picture.parts(),
        "</g>",
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


class _Picture:
    """A drawing with places for everything in it, and the pictures inside its boxes."""

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        self.inside = {box.id: _Picture(box.inside) for box in drawing.boxes if box.inside is not None}
        vertices = [_vertex(box, drawing, self.size(box)) for box in drawing.boxes]
        self.layout = lay_out(vertices, [_line(stroke) for stroke in drawing.strokes])

    def size(self, box: Box) -> tuple[float, float]:
        """Return the width and height of a box."""
        width, height = _size(box)
        inside = self.inside.get(box.id)
        if inside is None:
            return width, height
        return max(width, inside.layout.width + 2 * INSET), height + inside.layout.height + 2 * INSET

    def parts(self) -> Iterator[str]:
        """Yield the lines, then the boxes over them, each with what is inside."""
        drawing, layout = self.drawing, self.layout
        yield from _strokes(self)
        for box in drawing.boxes:
            yield _box(box, layout.vertices[box.id], self.size(box), unfolded=box.id in self.inside)
            yield from self._within(box)
        for id, loops in drawing.loops.items():
            box = _find(drawing, id)
            yield from _loops(layout.vertices[id], self.size(box), loops)

    def _within(self, box: Box) -> Iterator[str]:
        inside = self.inside.get(box.id)
        if inside is None:
            return
        at, (_, height) = self.layout.vertices[box.id], self.size(box)
        left, top = at.x - inside.layout.width / 2, at.y + height / 2 - INSET - inside.layout.height
        yield f'<g transform="translate({left:.1f} {top:.1f})">'
        yield from inside.parts()
        yield "</g>"


def _find(drawing: Drawing, id: str) -> Box:
    return next(box for box in drawing.boxes if box.id == id)


def _size(box: Box) -> tuple[float, float]:
    match box.kind:
        case "start":
            return 22.0, 22.0
        case "bar":
            return 120.0, 8.0
        case "end":
            return max(width_of(box.name, 14, bold=True), width_of(box.detail, 11.5)) + 44, 50.0 if box.detail else 36.0
        case _:
            words = max(width_of(box.name, 14, bold=True), width_of(box.detail, 11.5))
            return max(words + 66, 120.0), 50.0


def _vertex(box: Box, drawing: Drawing, size: tuple[float, float]) -> Vertex:
    width, height = size
    sizes = [_words_size(loop.words) for loop in drawing.loops.get(box.id, ())]
    right = 44 + max(size[0] for size in sizes) if sizes else 0.0
    beside = sum(size[1] + 8 for size in sizes)
    if box.kind == "bar" and box.detail:
        right = max(right, width_of(box.detail, 11) + 8)
    return Vertex(box.id, width, max(height, beside), right)


def _line(stroke: Stroke) -> Line:
    width, height = _words_size(stroke.words)
    above, below = (stroke.target, stroke.source) if stroke.upward else (stroke.source, stroke.target)
    return Line(stroke.id, above, below, width, height)


def _rows(words: tuple[Words, ...]) -> list[_Row]:
    return [_Row(line.mark, text, not n) for line in words for n, text in enumerate(_wrapped(line.text))]


def _wrapped(text: str) -> list[str]:
    """Break text that is too long where it reads best: before an operator or `where`, else at a space."""
    if len(text) <= WRAP:
        return [text]
    rows: list[str] = []
    for part in re.split(r" (?=(?:&&|\|\||where|when) )", text):
        row = ""
        for word in part.split(" "):
            if row and len(row) + 1 + len(word) > WRAP:
                rows.append(row)
                row = word
            else:
                row = f"{row} {word}" if row else word
        rows.append(row)
    return rows


def _words_size(words: tuple[Words, ...]) -> tuple[float, float]:
    rows = _rows(words)
    if not rows:
        return 0.0, 0.0
    width = max(_row_width(row) for row in rows)
    return width + 2 * PADDING, len(rows) * ROW + 2 * PADDING - 3


def _row_width(row: _Row) -> float:
    text = width_of(row.text, 11, mono=True) if row.mark == "when" else width_of(row.text, 11.5)
    return text + (ICON if row.mark in ICONS else 0.0)


def _words(words: tuple[Words, ...], at: Placed, tip: str) -> str:
    width, height = _words_size(words)
    if not words:
        return ""
    left, top = at.x - width / 2, at.y - height / 2
    parts = [f'<g class="words"><rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" rx="6"/>']
    if tip:
        parts.append(f"<title>{_xml(tip)}</title>")
    for number, row in enumerate(_rows(words)):
        y = top + PADDING + number * ROW
        x = left + PADDING
        if row.mark in ICONS:
            if row.first:
                parts.append(
                    f'<path class="icon {row.mark}" transform="translate({x:.1f} {y:.1f})" d="{ICONS[row.mark]}"/>'
                )
            x += ICON
        parts.append(f'<text class="{row.mark}" x="{x:.1f}" y="{y + 10:.1f}">{_xml(row.text)}</text>')
    return "".join([*parts, "</g>"])


def _strokes(picture: _Picture) -> Iterator[str]:
    drawing, layout, ports = picture.drawing, picture.layout, _ports(picture)
    words: list[str] = []
    for stroke in drawing.strokes:
        above, below = (stroke.target, stroke.source) if stroke.upward else (stroke.source, stroke.target)
        upper, lower = layout.vertices[above], layout.vertices[below]
        top = (ports[stroke.id, above], upper.y + picture.size(_find(drawing, above))[1] / 2)
        bottom = (ports[stroke.id, below], lower.y - picture.size(_find(drawing, below))[1] / 2)
        points = [top, *((x, y) for x, start, end in layout.bends[stroke.id] for y in (start, end)), bottom]
        yield _curve(points[::-1] if stroke.upward else points, stroke)
        words.append(_words(stroke.words, layout.words[stroke.id], stroke.tip))
    yield from filter(None, words)


def _ports(picture: _Picture) -> dict[tuple[str, str], float]:
    """Return where on a box each line begins or ends: side by side, in the order of where they come from."""
    drawing, layout = picture.drawing, picture.layout
    sides: dict[tuple[str, bool], list[tuple[float, str]]] = {}
    for stroke in drawing.strokes:
        above, below = (stroke.target, stroke.source) if stroke.upward else (stroke.source, stroke.target)
        bends = layout.bends[stroke.id]
        sides.setdefault((above, True), []).append((bends[0][0], stroke.id))
        sides.setdefault((below, False), []).append((bends[-1][0], stroke.id))
    found: dict[tuple[str, str], float] = {}
    for (id, _), lines in sides.items():
        box = _find(drawing, id)
        middle, reach = layout.vertices[id].x, 0.0 if box.kind == "start" else picture.size(box)[0] * 0.36
        lines.sort()
        step = min(22.0, 2 * reach / max(1, len(lines) - 1))
        places = spread([x for x, _ in lines], [(0.0, 0.0)] * len(lines), [step] * (len(lines) - 1))
        most = step * (len(lines) - 1)
        for number, ((_, line), x) in enumerate(zip(lines, places, strict=True)):
            least = middle - reach + number * step
            found[line, id] = min(max(x, least), middle + reach - most + number * step)
    return found


def _curve(points: list[tuple[float, float]], stroke: Stroke) -> str:
    path = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for (x0, y0), (x1, y1) in pairwise(points):
        if abs(x0 - x1) < 0.5:
            path.append(f"L{x1:.1f} {y1:.1f}")
        else:
            middle = (y0 + y1) / 2
            path.append(f"C{x0:.1f} {middle:.1f} {x1:.1f} {middle:.1f} {x1:.1f} {y1:.1f}")
    head = f' marker-end="url(#head-{stroke.style})"' if stroke.arrow else ""
    return f'<path class="line {stroke.style}" d="{" ".join(path)}"{head}/>'


def _loops(at: Placed, size: tuple[float, float], loops: list[Stroke]) -> Iterator[str]:
    width, height = size
    right = at.x + width / 2
    for number, loop in enumerate(loops):
        reach = right + 26 + 8 * number
        high, low = at.y - height * 0.25, at.y + height * 0.25
        path = f"M{right:.1f} {low:.1f} C{reach:.1f} {low:.1f} {reach:.1f} {high:.1f} {right:.1f} {high:.1f}"
        yield f'<path class="line back" d="{path}" marker-end="url(#head-back)"/>'
        room = _words_size(loop.words)
        offset = (number - (len(loops) - 1) / 2) * (room[1] + 8)
        yield _words(loop.words, Placed(reach + 4 + room[0] / 2, at.y + offset), loop.tip)


def _box(box: Box, at: Placed, size: tuple[float, float], *, unfolded: bool = False) -> str:
    width, height = size
    left, top = at.x - width / 2, at.y - height / 2
    shape = outline(box.kind, left, top, width, height)
    if box.kind == "start":
        return f'<g class="box start">{shape}<title>start</title></g>'
    if box.kind == "bar":
        said = f'<text class="merge" x="{left + width + 6:.1f}" y="{at.y + 4:.1f}">{_xml(box.detail)}</text>'
        return f'<g class="box bar">{shape}{said if box.detail else ""}</g>'
    if box.kind == "end" and box.detail:
        # An end that gives the run up: its outline is broken, as are the lines of failures.
        return (
            f'<g class="box end" stroke-dasharray="5 4">{shape}'
            f'<text class="name" text-anchor="middle" x="{at.x:.1f}" y="{at.y - 2:.1f}">{_xml(box.name)}</text>'
            f'<text class="detail" text-anchor="middle" x="{at.x:.1f}" y="{at.y + 14:.1f}">{_xml(box.detail)}</text>'
            "</g>"
        )
    if box.kind == "end":
        name = f'<text class="name" text-anchor="middle" x="{at.x:.1f}" y="{at.y + 5:.1f}">{_xml(box.name)}</text>'
        return f'<g class="box end">{shape}{name}</g>'
    middle = top + _size(box)[1] / 2 if unfolded else at.y
    place = f"translate({left + 14:.1f} {middle - 11:.1f}) scale(1.6)"
    icon = f'<path class="icon" transform="{place}" d="{ICONS[box.kind]}"/>'
    return (
        f'<g class="box {box.kind}">{shape}{icon}'
        f'<text class="name" x="{left + 46:.1f}" y="{middle - 3:.1f}">{_xml(box.name)}</text>'
        f'<text class="detail" x="{left + 46:.1f}" y="{middle + 13:.1f}">{_xml(box.detail)}</text></g>'
    )


def _head(style: str, color: str) -> str:
    return (
        f'<marker id="head-{style}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
        f'orient="auto"><path d="M0 1 L9 5 L0 9 z" fill="{color}"/></marker>'
    )


def _xml(text: str) -> str:
    """Return a text as SVG holds it, with what cannot be seen made visible."""
    return html.escape(escape(text))
