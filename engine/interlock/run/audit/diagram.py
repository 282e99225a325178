"""The transitions as a diagram (Mermaid), drawn from the table: it cannot say anything else than the machine does."""

from interlock.run.transitions import TRANSITIONS

_KINDS = {"run": "A run", "visit": "A visit to a step", "call": "A tool call", "approval": "An approval"}
_FIRST = {"run": "new", "visit": "entered", "call": "deciding", "approval": "open"}
_WITHOUT_EVENT = {
    "run": (("running", "ending"), ("running", "undoing"), ("ending", "over"), ("undoing", "over")),
    "visit": (
        ("entered", "gated"),
        ("entered", "asking"),
        ("entered", "calling"),
        ("entered", "questioning"),
        ("entered", "over"),
        ("gated", "asking"),
        ("gated", "questioning"),
        ("gated", "over"),
        ("acting", "asking"),
        ("calling", "over"),
    ),
    "call": (
        ("deciding", "in flight"),
        ("deciding", "in approval"),
        ("deciding", "over"),
        ("in approval", "in flight"),
        ("in approval", "over"),
    ),
}
"""Changes that follow from the event of something else: a call that comes back lets its step go on."""


def diagrams() -> str:
    """Return the section of the documentation with one diagram for each kind of thing that has phases."""
    return "\n".join(_diagram(kind) for kind in _KINDS)


def _diagram(kind: str) -> str:
    lines = [f"### {_KINDS[kind]}", "", "```mermaid", "stateDiagram-v2", "    direction LR"]
    lines.append(f"    [*] --> {_name(_FIRST[kind])}")
    arrows: dict[tuple[str, str], list[str]] = {pair: [] for pair in _WITHOUT_EVENT.get(kind, ())}
    for (about, phase, event), transition in TRANSITIONS.items():
        if about == kind:
            for to in transition.to:
                arrows.setdefault((phase, to), []).append(event.__name__)
    for (phase, to), events in arrows.items():
        lines.append(f"    {_name(phase)} --> {_name(to)}" + (f": {', '.join(events)}" if events else ""))
    return "\n".join([*lines, f"    {_name('over')} --> [*]", "```", ""])


def _name(phase: str) -> str:
    return phase.replace(" ", "_")
