"""Tests: a line for each thing given, done or expected."""

from interlock_dsl.cel.format import CONDITIONAL, is_plain, quoted, written
from interlock_dsl.cel.library.instants import timestamp_text
from interlock_dsl.cel.tree import Expression, Literal, MapEntry, MapOf
from interlock_dsl.cel.values import Timestamp
from interlock_dsl.formatter.page import Line, indented
from interlock_dsl.formatter.pieces import begin, duration, end, fits, names
from interlock_dsl.syntax.tree import (
    AgentScript,
    Asker,
    EventComes,
    Expect,
    Given,
    GivenContext,
    GivenNow,
    Ident,
    PersonDecides,
    PersonScript,
    Proposes,
    Starts,
    TestDecl,
    TestItem,
    TimePasses,
    ToolScript,
)


def case(node: TestDecl) -> list[Line]:
    """Return a test."""
    of = f" of {node.workflow.text}" if node.workflow is not None else ""
    head = Line(f"test {quoted(node.title)}{of} {{", begin(node))
    asker = [] if node.asker is None else _with_value(_asker(node.asker), node.asker, None)
    lines = [*asker, *(line for item in node.items for line in _item(item))]
    return [head, *indented(lines), Line("}", end(node), closes=True)]


def _asker(node: Asker) -> str:
    by = [] if node.agent is None else [f"by {node.agent.text}"]
    behalf = [] if node.principal is None else [f"for {quoted(node.principal)}{_roles(node.roles)}"]
    return " ".join(by + behalf)


def _roles(roles: tuple[str, ...]) -> str:
    return f" roles [{', '.join(map(quoted, roles))}]" if roles else ""


def _item(node: TestItem) -> list[Line]:
    match node:
        case Given(parameter=parameter, value=value):
            return _with_value(f"given {parameter.text}", node, value)
        case GivenNow(micros=micros):
            return _with_value(f"given now {timestamp_text(Timestamp(micros * 1_000))}", node, None)
        case GivenContext(value=value):
            return _with_value("given context", node, value)
        case Starts(principal=principal, roles=roles):
            return _with_value(f"started by {quoted(principal)}{_roles(roles)}", node, None)
        case Proposes(tool=tool, arguments=arguments, agent=agent):
            return _with_value(f"call {tool.text}", node, arguments, "" if agent is None else f" by {agent.text}")
        case AgentScript(step=step, value=None, failure=failure):
            return _with_value(f"agent {step.text} {_failing(failure)}", node, None)
        case AgentScript(step=step, tool=None, value=value):
            return _with_value(f"agent {step.text} answers", node, value)
        case AgentScript(step=step, tool=tool, value=value):
            assert tool is not None
            return _with_value(f"agent {step.text} calls {tool.text}", node, value)
        case PersonScript(step=step, value=value):
            return _with_value(f"person {step.text} answers", node, value)
        case ToolScript(tool=tool, value=None, failure=failure, step=step):
            return _with_value(f"tool {tool.text}{_at(step)} {_failing(failure)}", node, None)
        case ToolScript(tool=tool, value=value, step=step):
            return _with_value(f"tool {tool.text}{_at(step)} returns", node, value)
        case PersonDecides(role=role, approves=approves):
            return _with_value(f"then {role.text} {'approves' if approves else 'denies'}", node, None)
        case TimePasses(duration=passed):
            return _with_value(f"then {duration(passed)} pass", node, None)
        case EventComes(event=event, value=value):
            return _with_value(f"then event {quoted(event)}", node, value)
        case Expect(kind="awaits", event=event):
            return _with_value(f"expect waits for event {quoted(event)}", node, None)
        case Expect():
            return _with_value(_expectation(node), node, node.value)


def _at(step: Ident | None) -> str:
    return "" if step is None else f" at {step.text}"


def _expectation(node: Expect) -> str:
    if node.kind in ("redacts", "never redacts") and node.name is not None:
        return f"expect {node.kind} {names(node.fields)} of {node.name.text}"
    words = {"waits": "waits for approval by", "escalates": "escalates to", "backtracks": "backtracks to"}.get(
        node.kind, node.kind
    )
    why = f" because {quoted(node.because)}" if node.because is not None else ""
    by = "" if node.rule is None else f" by {node.rule if node.kind == 'withheld' else quoted(node.rule)}"
    count = f" {node.count} of" if node.count > 1 else ""
    return f"expect {words}{count}" + (f" {node.name.text}" if node.name is not None else "") + why + by


def _failing(failure: str | None) -> str:
    return "times out" if failure is None else f"fails {quoted(failure)}"


def _with_value(head: str, node: TestItem | Asker, value: Expression | None, tail: str = "") -> list[Line]:
    line = (head if value is None else f"{head} {written(value, records=True)}") + tail
    if fits(line, 1) or not isinstance(value, MapOf) or not value.entries:
        return [Line(line, begin(node), loose=True)]
    entries = [_entry(entry) + ("," if entry is not value.entries[-1] else "") for entry in value.entries]
    lines = [
        Line(text, entry.value.span.start if entry.value.span.end else None)
        for text, entry in zip(entries, value.entries, strict=True)
    ]
    return [Line(f"{head} {{", begin(node), loose=True), *indented(lines), Line(f"}}{tail}", end(node), closes=True)]


def _entry(entry: MapEntry) -> str:
    value = written(entry.value, records=True)
    mark = "?" if entry.optional else ""
    match entry.key:
        case Literal(value=str() as key) if is_plain(key):
            return f"{mark}{key}: {value}"
        case key:
            return f"{mark}{written(key, CONDITIONAL)}: {value}"
