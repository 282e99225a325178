"""What a workflow is made of: types, tools, agents, roles, tables."""

from dataclasses import dataclass, field

from generated.dice import Dice
from generated.expressions import Expressions, Read, over, reads_of
from generated.typed import any_type, fields_text, record, scalar
from interlock_dsl.cel.types import BOOL, INT, STRING, Field, IntType, ListType, RecordType, StringType, Type

SCOPES = ("desk.read", "desk.write", "money.pay", "mail.send")
TOOLS = ("desk.get", "desk.put", "money.pay", "money.list", "mail.send", "note")
UNDOS = ("take.back", "desk.void", "money.refund", "revoke", "mail.recall")
AGENTS = ("clerk", "buyer", "scribe")
ROLES = ("boss", "deputy", "chief")
FORBIDDEN = 0.01
"""How often something is written that `check` must refuse: no program with it may come through."""
TIMES = ("5s", "1m", "30m", "4h")


@dataclass
class MadeTool:
    """A tool: its type, what it does, and its text."""

    name: str
    parameters: RecordType
    result: Type | None
    needs: tuple[str, ...]
    effect: str
    text: str = ""


@dataclass
class MadeAgent:
    """An agent: what it may ever hold, and its text."""

    name: str
    may: tuple[str, ...]
    text: str = ""


@dataclass
class MadeTable:
    """A decision table: its parameters, the type of what it gives, and its text."""

    name: str
    parameters: RecordType
    output: Type
    text: str = ""


@dataclass
class Declared:
    """Everything declared before the workflow."""

    types: list[str] = field(default_factory=list)
    named: list[RecordType] = field(default_factory=list)
    tools: dict[str, MadeTool] = field(default_factory=dict)
    agents: dict[str, MadeAgent] = field(default_factory=dict)
    roles: list[str] = field(default_factory=list)
    role_texts: list[str] = field(default_factory=list)
    tables: dict[str, MadeTable] = field(default_factory=dict)
    context: RecordType | None = None
    context_text: str = ""

    def text(self) -> str:
        made = [*self.tools.values(), *self.agents.values(), *self.tables.values()]
        context = [self.context_text] if self.context_text else []
        return "\n".join([*self.types, *context, *self.role_texts, *(one.text for one in made)])

    def reads(self) -> list[Read]:
        """Return what conditions read of the circumstances of a run."""
        return [] if self.context is None else over(self.context, "context")


def declare(dice: Dice) -> Declared:
    """Return a set of declarations."""
    made = Declared()
    for number in range(dice.number(1, 3)):
        type = record(dice, made.named, 1, f"T{number}")
        made.types.append(f"type {type.name} {{ {fields_text(type, dice)} }}")
        made.named.append(type)
    if dice.often(0.3):
        made.types.append(f"type Small = {dice.one((IntType(0, 3), StringType(max=5), ListType(INT, 3)))}")
    if dice.often(0.35):
        made.context = record(dice, made.named, 1)
        made.context_text = f"context {{ {fields_text(made.context, dice)} }}"
    for name in dice.some(ROLES, 2, 3):
        made.roles.append(name)
        made.role_texts.append(f"role {name}" + dice.one((' { reach "desk" }', "")))
    for name in dice.some(TOOLS, 3, 5):
        made.tools[name] = _tool(dice, made, name)
    for number, tool in enumerate(list(made.tools.values())):
        _undo(dice, made, tool, number)
    for tool in list(made.tools.values()):
        _fallback(dice, made, tool)
    for name in dice.some(AGENTS, 2, 3):
        made.agents[name] = _agent(dice, made, name)
    for number in range(dice.number(1, 2)):
        made.tables[f"t{number}"] = _table(dice, f"t{number}")
    return made


def _tool(dice: Dice, made: Declared, name: str) -> MadeTool:
    parameters = record(dice, made.named, 1)
    result = dice.one((None, scalar(dice), *[record(dice, made.named, 1) for _ in range(3)]))
    if made.named and dice.often(0.3):
        result = dice.one(made.named)
    effect = dice.one(("read", "write", "irreversible", "read", "write"))
    least = 0 if effect == "read" else 1
    needs = tuple(dice.some(SCOPES, least, 2))
    if dice.often(FORBIDDEN):
        needs = ()
    lines = [f"effect {effect}"]
    if needs:
        lines.append("needs " + ", ".join(needs))
    repeatable = effect == "read"
    if dice.often(0.5 if effect != "read" else 0.2):
        key = Expressions(dice, over(parameters), everywhere=False).of(dice.one((STRING, INT)), 1)
        lines.append(f"idempotent by {key}")
        repeatable = True
    timed = dice.often(0.4)
    if timed:
        lines.append(f"timeout {dice.one(TIMES)}")
    if dice.often(0.07):
        lines.append(f"rate {dice.number(2, 9)} per {dice.one(('10s', '1m'))}")
    if dice.often(0.15 if timed else FORBIDDEN / 4):
        lines.append(f"breaker opens after {dice.number(1, 2)} failures within 1m for {dice.one(('5s', '30s'))}")
    if dice.often(0.6 if repeatable else FORBIDDEN):
        backoff = dice.one(("", " backoff 2s", " backoff 1s..1m"))
        lines.append(f"retry {dice.number(1, 2)} times{backoff}")
    if dice.often(0.4):
        lines.append(f"cost {dice.one(('0.01', '0.50'))} usd")
    if dice.often(0.1):
        lines.append('description "does something"')
    return MadeTool(name, parameters, result, needs, effect, _tool_text(dice, name, parameters, result, lines))


def _tool_text(dice: Dice, name: str, parameters: RecordType, result: Type | None, lines: list[str]) -> str:
    gives = "" if result is None else f" -> {result}"
    return f"tool {name}({fields_text(parameters, dice)}){gives} {{\n  " + "\n  ".join(lines) + "\n}"


def _fallback(dice: Dice, made: Declared, tool: MadeTool) -> None:
    """Give a tool that only reads another one that is called where it has failed."""
    if tool.effect != "read" or not dice.often(0.3) or any(held.optional for held in tool.parameters.fields.values()):
        return
    name = f"{tool.name.split('.')[0]}.spare"
    if name in made.tools:
        return
    lines = ["effect read", *(["needs " + ", ".join(tool.needs)] if tool.needs else [])]
    if dice.often(0.5):
        lines.append("retry 1 times backoff 1s")
    given = ", ".join(f"{each}: {each}" for each in tool.parameters.fields)
    tool.text = tool.text[:-2] + f"\n  fallback {name}({given})\n}}"
    text = _tool_text(dice, name, tool.parameters, tool.result, lines)
    made.tools[name] = MadeTool(name, tool.parameters, tool.result, tool.needs, "read", text)


def _undo(dice: Dice, made: Declared, tool: MadeTool, number: int) -> None:
    """Give a tool that changes something an undo: one that is declared, or one that this declares."""
    if not dice.often(FORBIDDEN if tool.effect == "read" else 0.6):
        return
    reads = over(tool.parameters)
    if tool.result is not None:
        reads += reads_of("result", tool.result, (), 2)
    reads = [read for read in reads if not read.guards and not isinstance(read.type, RecordType)]
    if not reads:
        return
    read: Read = dice.one(reads)
    name = UNDOS[number]
    value = f"10 / {read.path}" if read.type == INT and dice.often(0.2) else read.path
    tool.text = tool.text[:-2] + f"\n  undo {name}(x: {value})\n}}"
    if dice.often(0.5):
        lines = [
            f"effect {dice.one(('write', 'irreversible'))}",
            *(["needs " + ", ".join(tool.needs)] if tool.needs else []),
        ]
        if dice.often(0.5):
            lines.append("idempotent by 1")
            lines.append("retry 1 times backoff 1s")
        parameters = RecordType("", {"x": Field(read.type)})
        made.tools[name] = MadeTool(
            name, parameters, None, tool.needs, "write", _tool_text(dice, name, parameters, None, lines)
        )


def _agent(dice: Dice, made: Declared, name: str) -> MadeAgent:
    needed = sorted({scope for tool in made.tools.values() for scope in tool.needs})
    may = tuple(dice.some(needed, 1, len(needed))) if needed and dice.often(0.85) else ()
    lines = [f'model "{dice.one(("small", "large"))}"']
    if may:
        lines.append("may " + ", ".join(may))
    if dice.often(0.2):
        lines.append('instructions "be brief"')
    if dice.often(0.5):
        lines.append(f"tokens {dice.one((400, 2_000))}")
    if dice.often(0.6):
        lines.append(f"turns {dice.number(1, 4)}")
    if dice.often(0.4):
        lines.append(f"cost {dice.one(('0.10', '1.00'))} usd")
    if dice.often(0.3):
        lines.append(f"timeout {dice.one(TIMES)}")
    if dice.often(0.4):
        lines.append(f"retry {dice.number(1, 2)} times{dice.one(('', ' backoff 1s..10s'))}")
    if dice.often(0.2):
        lines.append('fallback "spare"')
    return MadeAgent(name, may, f"agent {name} {{\n  " + "\n  ".join(lines) + "\n}")


def _table(dice: Dice, name: str) -> MadeTable:
    hit = dice.one(("unique", "first", "collect"))
    numbers = dice.one(("n", "m"))
    parameters = RecordType("", {numbers: Field(IntType(0, 10)), "kind": Field(StringType(("red", "green")))})
    gives = RecordType("", {"word": Field(StringType(max=20)), "n": Field(dice.one((INT, IntType(0, 5), BOOL)))})
    reads = Expressions(dice, over(parameters), everywhere=False)
    rows: list[str] = []

    def outputs() -> str:
        return " | ".join(reads.of(held.type, 1) for held in gives.fields.values())

    if hit == "unique" and dice.often(0.8):
        cut = dice.number(1, 8)
        cells = [f"0..{cut} | -", f'> {cut} | "red"', f'> {cut} | "green"']
    else:
        cells = [f"{_number_cell(dice, numbers)} | {_word_cell(dice)}" for _ in range(dice.number(1, 3))]
    rows += [f"when {cell} then {outputs()}" for cell in cells]
    if dice.often(0.7):
        rows.append(f"otherwise then {outputs()}")
    text = f"table {name}({fields_text(parameters, dice)}) -> {gives} {{\n  hit {hit}\n  " + "\n  ".join(rows) + "\n}"
    return MadeTable(name, parameters, ListType(gives) if hit == "collect" else gives, text)


def _number_cell(dice: Dice, name: str) -> str:
    if dice.often(0.15):
        return f"10 / {name}"
    return dice.one(("-", f"< {dice.number(1, 9)}", "0..3", "4..10", ">= 5", "1, 2, 3", "!= 0"))


def _word_cell(dice: Dice) -> str:
    return dice.one(("-", '"red"', '"green"', '!= "red"', '"red", "green"'))


def fallback_type(dice: Dice, made: Declared) -> RecordType:
    """Return what a model or a person answers with."""
    if made.named and dice.often(0.15):
        return dice.one(made.named)
    return record(dice, made.named, 1)


__all__ = ["Declared", "MadeAgent", "MadeTable", "MadeTool", "any_type", "declare", "fallback_type"]
