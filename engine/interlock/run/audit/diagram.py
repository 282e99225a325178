"""The table of transitions as diagrams (Mermaid): the machine changes phases by the same table."""

from collections.abc import Iterable

from interlock.run.transitions import CONSEQUENCE, FIRST, TRANSITIONS, Cause, Kind

_TITLES: dict[Kind, str] = {
    "run": "A run",
    "visit": "A visit to a step",
    "call": "A tool call",
    "approval": "An approval",
}


def diagrams() -> str:
    """Return the section of the documentation with one diagram for each kind of thing that has phases."""
    return "\n".join(diagram(title, kind, FIRST[kind], TRANSITIONS.items()) for kind, title in _TITLES.items())


def diagram(title: str, kind: str, first: str, table: Iterable[tuple[tuple[str, str, Cause], tuple[str, ...]]]) -> str:
    """Return the diagram of a kind of thing in a table of transitions, `first` being the phase it begins in."""
    lines = [f"### {title}", "", "```mermaid", "stateDiagram-v2", "    direction LR"]
    lines.append(f"    [*] --> {_name(first)}")
    arrows: dict[tuple[str, str], list[str]] = {}
    for (about, phase, cause), targets in table:
        if about == kind:
            for to in targets:
                causes = arrows.setdefault((phase, to), [])
                causes.append(cause if isinstance(cause, str) else cause.__name__)
    for (before, after), causes in arrows.items():
        alone = causes == [CONSEQUENCE]
        lines.append(f"    {_name(before)} --> {_name(after)}" + ("" if alone else f": {', '.join(causes)}"))
    return "\n".join([*lines, f"    {_name('over')} --> [*]", "```", ""])


def _name(phase: str) -> str:
    return phase.replace(" ", "_")
