"""The text of a first policy: every tool declared, nothing permitted, suggestions in comments, and a test."""

from collections.abc import Sequence

from interlock_cli.starting.found import FoundTool
from interlock_cli.starting.names import distinct, dotted
from interlock_cli.starting.types import Types, quoted


def policy_text(name: str, tools: Sequence[FoundTool], source: str, effect: str = "write") -> str:
    """Return a file of the language that declares `tools`, found in `source`, for the agent `name`."""
    from interlock_dsl.formatter.format import format

    names = distinct(dotted(tool.name) for tool in tools)
    declared = [_declaration(tool, shown, effect) for tool, shown in zip(tools, names, strict=True)]
    scopes = list(dict.fromkeys(map(scope_of, names)))
    parts = [
        _comment(f"The tools of {source}, and what the agent `{name}` may do with them: nothing, until you permit it."),
        f"agent {name} {{ may {', '.join(scopes)} }}\n",
        *declared,
        _policy(name, names),
        _test(name, names[0]),
    ]
    return format("\n".join(parts), f"{name}.ilk")


def scope_of(tool: str) -> str:
    """Return the scope that a tool needs: one for its family, or for the tool where it is in none."""
    family, _, _ = tool.rpartition(".")
    return f"{family}.use" if family else f"{tool}.use"


def _declaration(tool: FoundTool, name: str, effect: str) -> str:
    types = Types(tool.parameters)
    fields = types.fields(tool.parameters)
    result = ""
    if tool.result is not None:
        gives = Types(tool.result)
        written, _ = gives.type(tool.result, "result", 0)
        if not gives.notes:
            result = f" -> {written}"
    notes = [] if name == tool.name else [f"{name} stands for {tool.name!r}, which is no name here"]
    notes += types.notes
    notes += [f"its server says {hint}: a claim, not a fact" for hint in tool.hints]
    notes += ["what it gives is not known: declare it with `-> TYPE`"] if not result else []
    comments = "".join(map(_comment, notes))
    described = f"  description {quoted(tool.description.strip()[:1_000])}\n" if tool.description.strip() else ""
    body = f"{described}  needs {scope_of(name)}\n  effect {effect}\n"
    return f"{comments}tool {name}({', '.join(fields)}){result} {{\n{body}}}\n"


def _policy(agent: str, names: Sequence[str]) -> str:
    hints = [
        "No rule permits anything, so every call is denied. Permit what is safe, for instance:",
        f"  permit {names[0]} by {agent}",
        f'  permit {names[-1]} by {agent} when "clerk" in principal.roles',
        f"  forbid {names[0]} when ...",
        f"  require approval by ROLE within 30m for {names[-1]}",
        f"  limit {names[0]} to 10 per 1h for each principal",
        "Say `effect read` for what changes nothing, and `effect irreversible` for what cannot be undone.",
    ]
    return f"policy {agent} {{\n" + "".join(f"  {_comment(each)}" for each in hints) + "}\n"


def _test(agent: str, name: str) -> str:
    return f'test "nothing is permitted yet" {{\n  by {agent} for "ann"\n  call {name} {{ }}\n  expect denies\n}}\n'


def _comment(text: str) -> str:
    from interlock_dsl.diagnostics.escape import escape

    return f"// {escape(' '.join(text.split()))}\n"
