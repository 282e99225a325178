"""Policies over generated tools: every kind of rule with every clause."""

from collections.abc import Iterator, Sequence

from generated.declarations import Declared, MadeTool
from generated.dice import Dice
from generated.expressions import Expressions, Read, over
from interlock_dsl.cel.types import IntType, ListType, MapType, RecordType, StringType, Type

PERIODS = ("1h", "30m", "24h")
KINDS = ("permit", "forbid", "require", "require", "limit", "redact", "notify")
BEYOND_RUNS = 0.4
"""How often a limit holds beyond one run."""


def policy_text(dice: Dice, made: Declared) -> str:
    """Return a policy, or nothing."""
    if not dice.often(0.75):
        return ""
    rules = [_rule(dice, made, KINDS) for _ in range(dice.number(1, 5))]
    return "policy p {\n  " + "\n  ".join(rules) + "\n}"


def workflow_rules(dice: Dice, made: Declared, outputs: Sequence[Read]) -> list[str]:
    """Return rules that stand in a workflow and read the outputs of its steps, or none."""
    if not dice.often(0.4):
        return []
    return [_rule(dice, made, KINDS[1:], outputs) for _ in range(dice.number(1, 3))]


def _rule(dice: Dice, made: Declared, kinds: Sequence[str], outputs: Sequence[Read] = ()) -> str:
    tools = list(made.tools.values())
    kind = dice.one(kinds)
    tool = dice.one(tools)
    pattern = tool.name
    if dice.often(0.25):
        pattern = dice.one((*(f"{t.name.split('.')[0]}.*" for t in tools if "." in t.name), "*"))
    elif dice.often(0.15) and len(tools) > 1:
        pattern = ", ".join(one.name for one in dice.some(tools, 2, 2))
    by = f" by {dice.one(list(made.agents))}" if dice.often(0.2) else ""
    # A restriction without a condition stops most runs at their first call.
    often = 0.9 if kind == "forbid" else 0.6
    when = f" when {_condition(dice, made, tool, pattern, outputs)}" if dice.often(often) else ""
    unless = f" unless {_condition(dice, made, tool, pattern, outputs)}" if dice.often(0.25) else ""
    because = ' because "it is so"' if dice.often(0.4) else ""
    match kind:
        case "require":
            within = f" within {dice.one(('10m', '1h'))}" if dice.often(0.6) else ""
            head = f"require approval by {dice.one(('', '', '2 of '))}{dice.one(made.roles)}{within} for {pattern}"
        case "limit":
            head = f"limit {pattern}{_limited(dice, tool, pattern)}"
        case "redact":
            fields = list(_fields(tool)) if pattern == tool.name else ["args"]
            if dice.often(0.5):
                fields = [field for field in fields if field.startswith("result")] or fields
            head = f"redact {', '.join(dice.some(fields, 1, 3))} for {pattern}"
        case "notify":
            head = f"notify {dice.one(made.roles)} for {pattern}"
        case _:
            head = f"{kind} {pattern}"
    return head + by + when + unless + because


def _limited(dice: Dice, tool: MadeTool, pattern: str) -> str:
    """Return what a limit says after its pattern: mostly of calls in each run, at times of a sum or beyond runs."""
    known = [] if pattern != tool.name else [read for read in over(tool.parameters, "args") if not read.guards]
    numbers = [read.path for read in known if isinstance(read.type, IntType)]
    keys = ["principal", "agent", "principal, agent"]
    keys += [read.path for read in known if isinstance(read.type, IntType | StringType)]
    owner = dice.one(("overall", f"for each {dice.one(keys)}")) if dice.often(BEYOND_RUNS) else "for each run"
    period = dice.one(PERIODS)
    if numbers and dice.often(0.5):
        amount = f"{dice.one(numbers)}{dice.one(('', ' * 2', ' - 1'))}"
        return f" of {amount} to {dice.one((3, 20, 5_000))} per {period} {owner}"
    return f" to {dice.number(1, 3)} per {period} {owner}"


def _fields(tool: MadeTool) -> Iterator[str]:
    """Yield what of a call may be hidden: fields of its arguments and result, also within lists and maps."""
    yield "args"
    yield from (f"args.{path}" for path in _paths(tool.parameters))
    if tool.result is not None:
        yield "result"
        yield from (f"result.{path}" for path in _paths(tool.result))


def _paths(type: Type) -> Iterator[str]:
    match type:
        case RecordType(fields=fields):
            for name, held in fields.items():
                yield name
                yield from (f"{name}.{path}" for path in _paths(held.type))
        case ListType(element=inner) | MapType(value=inner):
            yield from _paths(inner)
        case _:
            pass


def _condition(dice: Dice, made: Declared, tool: MadeTool, pattern: str, outputs: Sequence[Read]) -> str:
    names = StringType(tuple(made.tools))
    reads: list[Read] = [Read("tool.effect", StringType(("read", "write", "irreversible"))), Read("tool.name", names)]
    if pattern == tool.name:
        reads = [*over(tool.parameters, "args"), *over(tool.parameters, "args"), *reads]
    if outputs and dice.often(0.5):
        reads = list(outputs)
    if dice.often(0.2):
        reads = made.reads() or reads
    if dice.often(0.1):
        return f'agent == "{dice.one(list(made.agents))}"'
    return Expressions(dice, reads, tuple(made.tools)).boolean(1)
