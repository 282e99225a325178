"""The graph of a workflow, for those who walk it and those who look at it.

`workflow.graph` is an immutable networkx graph; here it becomes Mermaid, DOT, JSON and a picture.
"""

from interlock_dsl.graph.build import workflow_graph
from interlock_dsl.graph.svg import to_svg
from interlock_dsl.graph.text import to_dot, to_json, to_mermaid

__all__ = ["to_dot", "to_json", "to_mermaid", "to_svg", "workflow_graph"]
