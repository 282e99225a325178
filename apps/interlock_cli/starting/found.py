"""A tool as it was found: in a Python module, or behind a server."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class FoundTool:
    """A tool's name, what it is said to do, and the JSON Schema of its parameters.

    `result` is the schema of what it gives, None where that is unknown. `hints` are what its server claims of it.
    """

    name: str
    description: str
    parameters: Mapping[str, object]
    result: Mapping[str, object] | None = None
    hints: tuple[str, ...] = ()
