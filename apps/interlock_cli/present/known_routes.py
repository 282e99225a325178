"""The routes of a run by their paths, those of workflows inside too, for telling which were taken."""

from interlock_cli.present.quantity import count
from interlock_dsl.program.model import Program, Route, Workflow
from interlock_dsl.program.paths import workflow_at


class KnownRoutes:
    """Finds routes by their paths. Without the `program` nothing is known of workflows that steps run.

    `used_up` says, by a route's id, after how many times a route is taken that follows on a bound.
    """

    def __init__(self, workflow: Workflow | None, program: Program | None) -> None:
        self.used_up: dict[str, str] = {}
        self._workflow, self._program = workflow, program
        self._routes: dict[str, Route] = {}
        self._known: set[str] = set()

    def get(self, path: str) -> Route | None:
        """Return the route at a path, None where none is known."""
        self._learn(path[: path.rfind("/") + 1])
        return self._routes.get(path)

    def _learn(self, front: str) -> None:
        """Get to know the routes of the workflow whose paths begin so."""
        if front in self._known or self._workflow is None:
            return
        self._known.add(front)
        inside = self._program if front else None
        found = self._workflow if inside is None else workflow_at(inside, self._workflow.name, front.rstrip("/"))
        for route in () if found is None else found.routes:
            self._routes |= {front + way.id: way for way in (route, route.out) if way is not None}
            if route.out is not None and route.bound is not None:
                self.used_up[route.out.id] = f"after {count(route.bound.times, 'time')}"
