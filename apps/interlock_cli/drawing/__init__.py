"""The graph of a workflow, for those who walk it and those who look at it.

`workflow.graph` is an immutable networkx graph; here it becomes Mermaid, DOT, JSON and a picture. How to draw is loaded
when first used: compiling needs none of it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from interlock_cli.drawing.svg import to_svg
    from interlock_cli.drawing.text import to_dot, to_json, to_mermaid

__all__ = ["to_dot", "to_json", "to_mermaid", "to_svg"]

_HOMES = {"to_dot": "text", "to_json": "text", "to_mermaid": "text", "to_svg": "svg"}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"interlock_cli.drawing.{_HOMES[name]}"), name)
    raise AttributeError(f"module `interlock_cli.drawing` has no `{name}`")
