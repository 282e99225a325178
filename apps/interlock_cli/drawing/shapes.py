"""How things look: outlines of boxes, small marks, colours, and how wide text is without asking a font."""

from collections.abc import Mapping

ICONS: Mapping[str, str] = {
    # 14 by 14: a spark, a bolt, a person, an envelope, an hourglass, a grid, an equals sign, a box in a box; a shield,
    # a person, a bell, an arrow that turns back.
    "agent": "M7 0 C7.6 4.2 9.8 6.4 14 7 C9.8 7.6 7.6 9.8 7 14 C6.4 9.8 4.2 7.6 0 7 C4.2 6.4 6.4 4.2 7 0 Z",
    "call": "M8.5 0 L2 8 L6.4 8 L5.2 14 L12 5.6 L7.4 5.6 Z",
    "ask": "M7 0.6 A3 3 0 1 1 7 6.6 A3 3 0 1 1 7 0.6 Z M1.2 13.6 C1.2 9.8 3.6 7.8 7 7.8 C10.4 7.8 12.8 9.8 12.8 13.6 Z",
    "event": "M0.5 2.5 H13.5 L7 7.6 Z M0.5 4 L7 9 L13.5 4 V11.5 H0.5 Z",
    "time": "M2 0.5 H12 V2 L8 7 L12 12 V13.5 H2 V12 L6 7 L2 2 Z",
    "table": "M0.5 1.5 H13.5 V4.5 H0.5 Z M0.5 5.5 H4.3 V8.5 H0.5 Z M5.3 5.5 H13.5 V8.5 H5.3 Z M0.5 9.5 H4.3 V12.5 "
    "H0.5 Z M5.3 9.5 H13.5 V12.5 H5.3 Z",
    "set": "M1 3.6 H13 V5.8 H1 Z M1 8.2 H13 V10.4 H1 Z",
    "run": "M0.5 1 H13.5 V13 H0.5 Z M2.3 2.8 V11.2 H11.7 V2.8 Z M4.6 5 H9.4 V9 H4.6 Z",
    "grant": "M6 0.4 L11 2.2 V5.8 C11 9 8.8 10.9 6 12 C3.2 10.9 1 9 1 5.8 V2.2 Z",
    "approval": "M5.6 0.6 A2.5 2.5 0 1 1 5.6 5.6 A2.5 2.5 0 1 1 5.6 0.6 Z M0.8 12 C0.8 8.6 2.6 6.8 5.6 6.8 C8.6 "
    "6.8 10.4 8.6 10.4 12 Z",
    "escalation": "M6 0.4 C8.4 0.8 9.4 2.6 9.4 5 V7.6 L10.8 9.6 H1.2 L2.6 7.6 V5 C2.6 2.6 3.6 0.8 6 0.4 Z "
    "M4.6 10.4 H7.4 "
    "C7.2 11.6 4.8 11.6 4.6 10.4 Z",
    "bound": "M6 1.4 A4.6 4.6 0 1 1 1.6 7.4 L3.2 6.9 A3 3 0 1 0 6 3 V5.2 L2 2.4 L6 -0.4 Z",
}
"""Paths of small marks by what they stand for."""

STYLE = """<style>
.paper { fill: #ffffff }
text { font-family: "Inter", "Segoe UI", "Helvetica Neue", "DejaVu Sans", sans-serif; font-size: 11.5px; fill: #334155 }
.heading { font-size: 15px; font-weight: 600; fill: #0f172a }
.name { font-size: 14px; font-weight: 600; fill: #0f172a }
.detail { font-size: 11.5px; fill: #475569 }
.merge { font-size: 11px; font-style: italic; fill: #475569 }
.line { fill: none; stroke: #64748b; stroke-width: 1.5 }
.line.failure { stroke: #dc2626; stroke-dasharray: 5 4 }
.line.back { stroke: #7c3aed; stroke-dasharray: 2 3 }
.line.backtrack { stroke: #c026d3; stroke-width: 2.5; stroke-dasharray: 8 3 }
.box path, .box rect { stroke-width: 1.5 }
.box.start circle { fill: #334155 }
.box.bar rect { fill: #334155 }
.box.agent > .shape { fill: #eef2ff; stroke: #6366f1 } .box.agent .icon { fill: #6366f1 }
.box.call > .shape { fill: #ecfdf5; stroke: #059669 } .box.call .icon { fill: #059669 }
.box.ask > .shape { fill: #fffbeb; stroke: #d97706 } .box.ask .icon { fill: #d97706 }
.box.event > .shape { fill: #fdf2f8; stroke: #db2777 } .box.event .icon { fill: #db2777 }
.box.run > .shape, .box.run > .within { fill: #f5f3ff; stroke: #7c3aed }
.box.run .icon { fill: #7c3aed; fill-rule: evenodd }
.box.time > .shape { fill: #fdf2f8; stroke: #db2777 } .box.time .icon { fill: #db2777 }
.box.table > .shape { fill: #f0f9ff; stroke: #0284c7 } .box.table .icon { fill: #0284c7 }
.box.set > .shape { fill: #f8fafc; stroke: #64748b } .box.set .icon { fill: #64748b }
.box.end > .shape { fill: #f1f5f9; stroke: #334155 } .box.end > .inner { fill: none; stroke: #334155; stroke-width: 1 }
.words rect { fill: #ffffff; stroke: #e2e8f0 }
.words .when { font-family: "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 11px }
.words .otherwise { font-style: italic }
.words .trigger { fill: #b91c1c } .words .bound { fill: #6d28d9 } .words .icon.bound { fill: #7c3aed }
.words .icon.grant { fill: #059669 } .words .icon.approval { fill: #d97706 } .words .icon.escalation { fill: #dc2626 }
@media (prefers-color-scheme: dark) {
.paper { fill: #0f172a } text { fill: #cbd5e1 } .heading, .name { fill: #f1f5f9 } .detail, .merge { fill: #94a3b8 }
.line { stroke: #94a3b8 } .box.start circle, .box.bar rect { fill: #cbd5e1 }
.box.agent > .shape { fill: #1e1b4b } .box.call > .shape { fill: #022c22 } .box.ask > .shape { fill: #2a1c03 }
.box.table > .shape { fill: #082f49 } .box.set > .shape, .box.end > .shape { fill: #1e293b }
.box.end > .shape, .box.end > .inner { stroke: #cbd5e1 }
.words rect { fill: #0f172a; stroke: #334155 } .words .trigger { fill: #f87171 } .words .bound { fill: #a78bfa }
}
</style>"""

_NARROW = frozenset("fijlrtI.,:;'|!()[] -\"")
_WIDE = frozenset("mwMW@%&")


def width_of(text: str, size: float, *, mono: bool = False, bold: bool = False) -> float:
    """Return about how wide a text is, in pixels; rather too wide than too narrow."""
    if mono:
        return len(text) * size * 0.605
    units = sum(
        0.36 if char in _NARROW else 0.95 if char in _WIDE else 0.7 if char.isupper() else 0.615 for char in text
    )
    return units * size * (1.1 if bold else 1.0)


def outline(kind: str, left: float, top: float, width: float, height: float) -> str:
    """Return the outline of a box: what kind of step it is can be told by its form alone."""
    right, bottom, middle = left + width, top + height, top + height / 2
    at = f'x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"'
    match kind:
        case "start":
            return f'<circle cx="{left + width / 2:.1f}" cy="{middle:.1f}" r="{width / 2:.1f}"/>'
        case "bar":
            return f'<rect {at} rx="4"/>'
        case "agent":
            return f'<rect class="shape" {at} rx="14"/>'
        case "call":
            cut = 9
            return (
                f'<path class="shape" d="M{left + cut:.1f} {top:.1f} H{right:.1f} V{bottom - cut:.1f} '
                f'L{right - cut:.1f} {bottom:.1f} H{left:.1f} V{top + cut:.1f} Z"/>'
            )
        case "ask":
            cut = 14
            return (
                f'<path class="shape" d="M{left + cut:.1f} {top:.1f} H{right - cut:.1f} L{right:.1f} {middle:.1f} '
                f'L{right - cut:.1f} {bottom:.1f} H{left + cut:.1f} L{left:.1f} {middle:.1f} Z"/>'
            )
        case "event":
            cut = 10
            return (
                f'<path class="shape" d="M{left:.1f} {top:.1f} H{right:.1f} V{bottom:.1f} H{left:.1f} '
                f'L{left + cut:.1f} {middle:.1f} Z"/>'
            )
        case "time":
            return f'<rect class="shape" {at} rx="3" stroke-dasharray="6 3"/>'
        case "run":
            small = f'x="{left + 4:.1f}" y="{top + 4:.1f}" width="{width - 8:.1f}" height="{height - 8:.1f}"'
            return f'<rect class="shape" {at} rx="5"/><rect class="within" {small} rx="3"/>'
        case "table":
            inner = f"M{left + 6:.1f} {top:.1f} V{bottom:.1f} M{right - 6:.1f} {top:.1f} V{bottom:.1f}"
            return f'<rect class="shape" {at}/><path class="shape" d="{inner}"/>'
        case "end":
            small = (
                f'x="{left + 3:.1f}" y="{top + 3:.1f}" width="{width - 6:.1f}" height="{height - 6:.1f}" '
                f'rx="{height / 2 - 3:.1f}"'
            )
            return f'<rect class="shape" {at} rx="{height / 2:.1f}"/><rect class="inner" {small}/>'
        case _:
            return f'<rect class="shape" {at} rx="3"/>'
