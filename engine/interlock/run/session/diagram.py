"""The table of transitions of sessions as diagrams (Mermaid)."""

from collections.abc import Mapping
from typing import Final

from interlock.run.audit.diagram import diagram
from interlock.run.session.transitions import FIRST, TRANSITIONS, Kind

_TITLES: Final[Mapping[Kind, str]] = {
    "session": "A session",
    "call": "A call in a session",
    "approval": "An approval in a session",
}


def diagrams() -> str:
    """Return the section of the documentation with one diagram for each kind of thing that has phases."""
    return "\n".join(diagram(title, kind, FIRST[kind], TRANSITIONS.items()) for kind, title in _TITLES.items())
