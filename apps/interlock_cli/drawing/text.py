"""A workflow as Mermaid, as DOT, and as JSON for whoever draws it differently."""

from collections.abc import Iterator, Mapping

from interlock_cli.drawing.words import duration, merge_words, node_detail, route_lines, source_text, title
from interlock_dsl.diagnostics.escape import escape
from interlock_dsl.program.graph import kinds
from interlock_dsl.program.model import Route, Workflow

_MERMAID: Mapping[str, tuple[str, str]] = {
    "start": ("((", "))"),
    "agent": ("(", ")"),
    "call": ("[", "]"),
    "ask": ("{{", "}}"),
    "event": (">", "]"),
    "time": ("{", "}"),
    "table": ("[[", "]]"),
    "set": ("[/", "/]"),
    "run": ("(((", ")))"),
    "end": ("([", "])"),
}
_DOT: Mapping[str, str] = {
    "start": "circle",
    "agent": "box, style=rounded",
    "call": "box",
    "ask": "hexagon",
    "event": "cds",
    "time": "box, style=dashed",
    "table": "box, peripheries=2",
    "set": "parallelogram",
    "run": "box, style=rounded, peripheries=2",
    "end": "oval, peripheries=2",
}


def to_mermaid(workflow: Workflow) -> str:
    """Return a Mermaid flowchart."""
    return "\n".join(_mermaid(workflow)) + "\n"


def _mermaid(workflow: Workflow) -> Iterator[str]:
    yield "flowchart TD"
    for name, kind in kinds(workflow.network):
        opening, closing = _MERMAID[kind]
        label = "<br>".join(_mermaid_text(line) for line in _node_words(workflow, name))
        yield f'  n_{name}{opening}"{label}"{closing}'
    for route in workflow.routes:
        label = "<br>".join(_mermaid_text(line) for line in _route_words(route))
        arrow = "-.->" if route.trigger is not None or route.bound is not None else "-->"
        said = f'|"{label}"|' if label else ""
        sources = " & ".join(f"n_{source}" for source in route.sources)
        yield f"  {sources} {arrow}{said} " + " & ".join(f"n_{target}" for target in route.targets)
        if route.out is not None:
            label = "<br>".join(_mermaid_text(line) for line in ("used up", *_route_words(route.out)))
            yield f'  {sources} -.->|"{label}"| n_{route.out.targets[0]}'


def _mermaid_text(text: str) -> str:
    text = escape(text)
    for char, code in (("#", "#35;"), ("&", "#amp;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;"), ("|", "#124;")):
        text = text.replace(char, code)
    return text


def to_dot(workflow: Workflow) -> str:
    """Return a graph for Graphviz."""
    return "\n".join(_dot(workflow)) + "\n"


def _dot(workflow: Workflow) -> Iterator[str]:
    yield f"digraph {_quoted(workflow.name)} {{"
    yield f"  label={_quoted(title(workflow))}; node [fontname=sans]; edge [fontname=sans, fontsize=10];"
    for name, kind in kinds(workflow.network):
        yield f"  {_quoted(name)} [shape={_DOT[kind]}, label={_quoted(chr(10).join(_node_words(workflow, name)))}];"
    for route in workflow.routes:
        label = _quoted("\n".join(_route_words(route)))
        style = ", style=dashed" if route.trigger is not None or route.bound is not None else ""
        for source in route.sources:
            for target in route.targets:
                yield f"  {_quoted(source)} -> {_quoted(target)} [label={label}{style}];"
            if route.out is not None:
                used = _quoted("\n".join(("used up", *_route_words(route.out))))
                yield f"  {_quoted(source)} -> {_quoted(route.out.targets[0])} [label={used}, style=dashed];"
    yield "}"


def _quoted(text: str) -> str:
    return '"' + escape(text, keep="\n").replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _node_words(workflow: Workflow, name: str) -> list[str]:
    return list(filter(None, (name, node_detail(workflow, name))))


def _route_words(route: Route) -> list[str]:
    words = [_PREFIX.get(line.mark, "") + line.text for line in route_lines(route)]
    return [f"merge {merge_words(route)}", *words] if len(route.sources) > 1 else words


_PREFIX: Mapping[str, str] = {"grant": "grant ", "approval": "after approval by ", "escalation": "escalate to "}


def to_json(workflow: Workflow) -> dict[str, object]:
    """Return nodes and routes as JSON values; durations are written as in a file."""
    return {
        "workflow": workflow.name,
        "goal": workflow.goal,
        "nodes": [
            {"id": name, "kind": kind, "detail": _detail(workflow, name)} for name, kind in kinds(workflow.network)
        ],
        "routes": [_route_json(route) for route in workflow.routes],
    }


def _detail(workflow: Workflow, name: str) -> str:
    end = workflow.ends.get(name)
    return ", ".join(end.values) if end is not None and not end.gives_up else node_detail(workflow, name)


def _route_json(route: Route) -> dict[str, object]:
    found: dict[str, object] = {"id": route.id, "sources": list(route.sources), "targets": list(route.targets)}
    if len(route.sources) > 1:
        found["merge"] = merge_words(route)
    if route.trigger is not None:
        found["on"] = route.trigger
    if route.when is not None:
        found["when"] = source_text(route.when)
    if route.otherwise:
        found["otherwise"] = True
    if route.grants:
        found["grants"] = [
            {"scopes": sorted(grant.scopes)} | ({} if grant.where is None else {"where": source_text(grant.where)})
            for grant in route.grants
        ]
    if route.passes:
        found["passes"] = [".".join(passed.path) for passed in route.passes]
    if route.approval is not None:
        within = {} if route.approval.within is None else {"within": duration(route.approval.within)}
        found["approval"] = {"role": route.approval.role, "count": route.approval.count, **within}
    if route.escalations:
        found["escalations"] = [
            {"role": told.role, "because": told.because}
            | ({"on": "expiry"} if told.on_expiry else {})
            | ({} if told.when is None else {"when": source_text(told.when)})
            for told in route.escalations
        ]
    if route.bound is not None:
        found["back"] = {"at_most": route.bound.times, "then": route.bound.then}
    if route.out is not None:
        found["out"] = _route_json(route.out)
    return found
