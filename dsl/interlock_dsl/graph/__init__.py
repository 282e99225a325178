"""The graph of a workflow, for those who walk it and those who look at it."""

from interlock_dsl.graph.build import workflow_graph

__all__ = ["workflow_graph"]
