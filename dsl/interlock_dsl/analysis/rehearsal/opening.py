"""How a rehearsed run starts: its input, who starts it, and when."""

from collections.abc import Mapping
from typing import Final

from interlock_dsl.analysis.facts import WorkflowFacts
from interlock_dsl.analysis.rehearsal.script import Unrehearsed, shown, written
from interlock_dsl.cel.types import DYN
from interlock_dsl.cel.values import Timestamp
from interlock_dsl.schema import encode, sample

STARTED: Final = 1_767_225_600_000_000
"""When a test starts that does not say (microseconds since 1970)."""

LATEST: Final = 253_402_300_800_000_000
"""The moment (microseconds since 1970) before which every test starts."""


def opening(workflow: WorkflowFacts, bindings: Mapping[str, object]) -> tuple[dict[str, object], list[str]]:
    """Return the values that a run starts with, and the lines of a test that say so.

    Of what is not bound a smallest value is given. Raises `Unrehearsed` where no test can start so.
    """
    values: dict[str, object] = {step: {} for step in workflow.steps}
    lines: list[str] = []
    for name, field in workflow.parameters.fields.items():
        values[name] = {}
        if name in bindings or not field.optional:
            value = values[name] = bindings[name] if name in bindings else sample(field.type)
            lines.append(f"given {name} {written(field.type, value)}")
    moment = _moment(bindings)
    micros = STARTED if moment is None else moment.nanoseconds // 1000
    if moment is not None:
        if moment.nanoseconds % 1000 or not 0 <= micros < LATEST:
            raise Unrehearsed("a test cannot start at that moment")
        lines.append(f"given now {encode(DYN, moment)}")
    started = Timestamp(micros * 1000)
    values["now"] = started
    values["run"] = {"id": "test", "workflow": workflow.decl.name.text, "started": started}
    values["principal"] = _principal(bindings.get("principal"), lines)
    return values, lines


def _moment(bindings: Mapping[str, object]) -> Timestamp | None:
    run = bindings.get("run")
    for moment in (bindings.get("now"), run.get("started") if isinstance(run, Mapping) else None):
        if isinstance(moment, Timestamp):
            return moment
    return None


def _principal(principal: object, lines: list[str]) -> dict[str, object]:
    name, roles = "", list[object]()
    if isinstance(principal, Mapping):
        name, roles = str(principal.get("name", "")), list(principal.get("roles", ()))
    if name or roles:
        name = name if name and name == name.strip().casefold() else "somebody"
        lines.append(f"started by {shown(name)}" + (f" roles {shown(roles)}" if roles else ""))
    return {"name": name, "roles": roles}
