"""A workflow as Mermaid, as DOT, and as JSON for whoever draws it differently."""

from collections.abc import Iterator, Mapping

from interlock_cli.drawing.words import duration, merge_words, node_detail, route_lines, source_text, title, unfolded
from interlock_dsl.diagnostics.escape import escape
from interlock_dsl.program.graph import kinds
from interlock_dsl.program.model import Program, Route, Workflow

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


def to_mermaid(workflow: Workflow, program: Program | None = None, *, titled: bool = False) -> str:
    """Return a Mermaid flowchart, `titled` with its name. Given the program, workflows that steps run are subgraphs."""
    title = [f'---\ntitle: "{workflow.name}"\n---'] if titled else []
    return "\n".join([*title, "flowchart TD", *_mermaid(workflow, program, "n_", "  ")]) + "\n"


def _mermaid(workflow: Workflow, program: Program | None, front: str, indent: str) -> Iterator[str]:
    runs = {name: run for name in workflow.steps if (run := unfolded(workflow, name, program)) is not None}
    for name, kind in kinds(workflow.network):
        opening, closing = _MERMAID[kind]
        label = "<br>".join(_mermaid_text(line) for line in _node_words(workflow, name))
        if name in runs:
            yield f'{indent}subgraph {front}{name}["{label}"]'
            # No name has a hyphen, so that no two nodes are called alike.
            yield from _mermaid(runs[name], program, f"{front}{name}-", indent + "  ")
            yield f"{indent}end"
        else:
            yield f'{indent}{front}{name}{opening}"{label}"{closing}'
    for route in workflow.routes:
        label = "<br>".join(_mermaid_text(line) for line in _route_words(route))
        arrow = "-.->" if route.trigger is not None or route.bound is not None else "-->"
        arrow = "==>" if _backtracks(route) else arrow
        said = f'|"{label}"|' if label else ""
        sources = " & ".join(f"{front}{source}" for source in route.sources)
        yield f"{indent}{sources} {arrow}{said} " + " & ".join(f"{front}{target}" for target in route.targets)
        if route.out is not None:
            label = "<br>".join(_mermaid_text(line) for line in ("used up", *_route_words(route.out)))
            yield f'{indent}{sources} -.->|"{label}"| {front}{route.out.targets[0]}'


def _mermaid_text(text: str) -> str:
    text = escape(text)
    for char, code in (("#", "#35;"), ("&", "#amp;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;"), ("|", "#124;")):
        text = text.replace(char, code)
    return text


def to_dot(workflow: Workflow, program: Program | None = None) -> str:
    """Return a graph for Graphviz. Given the program, workflows that steps run are clusters."""
    lines = [
        f"digraph {_quoted(workflow.name)} {{",
        *(["  compound=true;"] if program is not None else ()),
        f"  label={_quoted(title(workflow))}; node [fontname=sans]; edge [fontname=sans, fontsize=10];",
        *_dot(workflow, program, "", "  "),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _dot(workflow: Workflow, program: Program | None, front: str, indent: str) -> Iterator[str]:
    runs = {name: run for name in workflow.steps if (run := unfolded(workflow, name, program)) is not None}
    for name, kind in kinds(workflow.network):
        label = _quoted(chr(10).join(_node_words(workflow, name)))
        if name in runs:
            yield f"{indent}subgraph {_quoted(f'cluster {front}{name}')} {{"
            yield f"{indent}  label={label}; style=rounded;"
            yield from _dot(runs[name], program, f"{front}{name}/", indent + "  ")
            yield f"{indent}}}"
        else:
            yield f"{indent}{_quoted(front + name)} [shape={_DOT[kind]}, label={label}];"
    for route in workflow.routes:
        label = _quoted("\n".join(_route_words(route)))
        style = ", style=dashed" if route.trigger is not None or route.bound is not None else ""
        used = None if route.out is None else _quoted("\n".join(("used up", *_route_words(route.out))))
        style = ", style=bold, arrowhead=normalnormal" if _backtracks(route) else style
        for source in route.sources:
            for target in route.targets:
                yield f"{indent}{_dot_line(runs, front, source, target, program)}[label={label}{style}];"
            if route.out is not None:
                line = _dot_line(runs, front, source, route.out.targets[0], program)
                yield f"{indent}{line}[label={used}, style=dashed];"


def _dot_line(runs: Mapping[str, Workflow], front: str, source: str, target: str, program: Program | None) -> str:
    """Return a line up to its attributes. One from or to a cluster is one of a node in it, cut at the cluster."""
    tail, head = _in_cluster(runs, source, program, "end"), _in_cluster(runs, target, program, "start")
    cut = [f"ltail={_quoted(f'cluster {front}{source}')}"] if tail != source else []
    cut += [f"lhead={_quoted(f'cluster {front}{target}')}"] if head != target else []
    return f"{_quoted(front + tail)} -> {_quoted(front + head)} " + (f"[{', '.join(cut)}] " if cut else "")


def _in_cluster(runs: Mapping[str, Workflow], name: str, program: Program | None, kind: str) -> str:
    """Return the path of a node itself, or of a start or an end in the cluster that it is."""
    run = runs.get(name)
    if run is None:
        return name
    node = next(inner for inner, each in kinds(run.network) if each == kind)
    return f"{name}/{node}"


def _backtracks(route: Route) -> bool:
    return route.bound is not None and bool(route.bound.discards)


def _quoted(text: str) -> str:
    return '"' + escape(text, keep="\n").replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _node_words(workflow: Workflow, name: str) -> list[str]:
    return list(filter(None, (name, node_detail(workflow, name))))


def _route_words(route: Route) -> list[str]:
    words = [_PREFIX.get(line.mark, "") + line.text for line in route_lines(route)]
    return [f"merge {merge_words(route)}", *words] if len(route.sources) > 1 else words


_PREFIX: Mapping[str, str] = {"grant": "grant ", "approval": "after approval by ", "escalation": "escalate to "}


def to_json(workflow: Workflow, program: Program | None = None) -> dict[str, object]:
    """Return nodes and routes as JSON values; durations are written as in a file.

    Given the program, a node of a step that runs a workflow has `inside`, which is that one in the same form.
    """
    runs = {name: run for name in workflow.steps if (run := unfolded(workflow, name, program)) is not None}
    return {
        "workflow": workflow.name,
        "goal": workflow.goal,
        "nodes": [
            {"id": name, "kind": kind, "detail": _detail(workflow, name)}
            | ({"inside": to_json(runs[name], program)} if name in runs else {})
            for name, kind in kinds(workflow.network)
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
        if route.bound.discards:
            found["discards"] = list(route.bound.discards)
    if route.out is not None:
        found["out"] = _route_json(route.out)
    return found
