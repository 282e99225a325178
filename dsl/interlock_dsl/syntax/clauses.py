"""Where the clauses of declarations stand: the tree itself keeps the place of whole nodes only."""

from collections.abc import Mapping

from interlock_dsl.diagnostics.source import Span
from interlock_dsl.syntax.tree import Node


class Clauses:
    """Where the clauses of a node stand, by their first word."""

    def __init__(self) -> None:
        self._places: dict[str, Mapping[tuple[int, int], Mapping[str, Span]]] = {}

    def note(self, file: str, places: Mapping[tuple[int, int], Mapping[str, Span]]) -> None:
        """Keep the places of a file."""
        self._places[file] = places

    def of(self, node: Node, word: str) -> Span:
        """Return the place of a clause, or that of the whole node if it has none such."""
        span = node.span
        return self._places.get(span.source.name, {}).get((span.start, span.end), {}).get(word, span)
