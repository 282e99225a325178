"""Policies over generated tools: every kind of rule with every clause."""

from generated.declarations import Declared, MadeTool
from generated.dice import Dice
from generated.expressions import Expressions, Read, over
from interlock_dsl.cel.types import IntType, StringType

PERIODS = ("1h", "30m", "24h")
BEYOND_RUNS = 0.4
"""How often a limit holds beyond one run."""


def policy_text(dice: Dice, made: Declared) -> str:
    """Return a policy, or nothing."""
    if not dice.often(0.75):
        return ""
    rules = [_rule(dice, made) for _ in range(dice.number(1, 5))]
    return "policy p {\n  " + "\n  ".join(rules) + "\n}"


def _rule(dice: Dice, made: Declared) -> str:
    tools = list(made.tools.values())
    kind = dice.one(("permit", "forbid", "require", "require", "limit"))
    tool = dice.one(tools)
    pattern = tool.name
    if dice.often(0.25):
        pattern = dice.one((*(f"{t.name.split('.')[0]}.*" for t in tools if "." in t.name), "*"))
    elif dice.often(0.15) and len(tools) > 1:
        pattern = ", ".join(one.name for one in dice.some(tools, 2, 2))
    by = f" by {dice.one(list(made.agents))}" if dice.often(0.2) else ""
    # A restriction without a condition stops most runs at their first call.
    often = 0.9 if kind == "forbid" else 0.6
    when = f" when {_condition(dice, made, tool, pattern)}" if dice.often(often) else ""
    unless = f" unless {_condition(dice, made, tool, pattern)}" if dice.often(0.25) else ""
    because = ' because "it is so"' if dice.often(0.4) else ""
    match kind:
        case "require":
            within = f" within {dice.one(('10m', '1h'))}" if dice.often(0.6) else ""
            head = f"require approval by {dice.one(('', '', '2 of '))}{dice.one(made.roles)}{within} for {pattern}"
        case "limit":
            head = f"limit {pattern}{_limited(dice, tool, pattern)}"
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


def _condition(dice: Dice, made: Declared, tool: MadeTool, pattern: str) -> str:
    names = StringType(tuple(made.tools))
    reads: list[Read] = [Read("tool.effect", StringType(("read", "write", "irreversible"))), Read("tool.name", names)]
    if pattern == tool.name:
        reads = [*over(tool.parameters, "args"), *over(tool.parameters, "args"), *reads]
    if dice.often(0.1):
        return f'agent == "{dice.one(list(made.agents))}"'
    return Expressions(dice, reads, tuple(made.tools)).boolean(1)
