"""The steps and ends of a generated workflow, as text."""

from dataclasses import dataclass

from generated.contents import Contents, Stuff
from generated.declarations import MadeAgent
from generated.expressions import Expressions, Read, reads_of
from generated.typed import fields_text
from interlock_dsl.cel.types import BOOL, TIMESTAMP, IntType, RecordType, StringType, Type

DEADLINES = ("2s", "30s", "10m", "1h")
WITHIN = ("10m", "1h", "4h")
EVENTS = ("paid", "moved")


@dataclass
class StepTexts:
    """Writes what the contents say about steps and ends."""

    contents: Contents

    def step_text(self, name: str) -> str:
        stuff, dice = self.contents.stuff[name], self.contents.dice
        here = self.contents.expressions(self.contents.reach.always[name], self.contents.reach.sometimes[name], name)
        rows = self._rows(stuff, here)
        match stuff.kind:
            case "agent":
                assert stuff.agent is not None
                tools = self._shown(name, stuff.agent)
                shown = f"\n    tools {', '.join(tools)}" if tools else ""
                returns = self._returns(stuff.one)
                within = f"\n    within {dice.one(DEADLINES)}" if dice.often(0.2) else ""
                return f'step {name} by {stuff.agent.name}{rows} {{\n    task "do {name}"{shown}{returns}{within}\n  }}'
            case "call":
                assert stuff.tool is not None
                within = f" within {dice.one(DEADLINES)}" if dice.often(0.2) else ""
                arguments = self._arguments(stuff.tool.parameters, here)
                return f"step {name} calls {stuff.tool.name}({arguments}){rows}{within}"
            case "ask":
                within = f"\n    within {dice.one(WITHIN)}" if name in self.contents.skeleton.within else ""
                returns = self._returns(stuff.one)
                return f'step {name} asks {stuff.role}{rows} {{\n    question "what of {name}?"{within}{returns}\n  }}'
            case "event":
                return f"step {name} waits for event {self._awaited(name, stuff.output, here)}"
            case "time":
                until = here.of(TIMESTAMP) if dice.often(0.5) else 'now + duration("20m")'
                return f"step {name} waits " + (f"for {dice.one(WITHIN)}" if dice.often(0.6) else f"until {until}")
            case "table":
                assert stuff.table is not None
                return f"step {name} decides {stuff.table.name}({self._arguments(stuff.table.parameters, here)}){rows}"
            case "run":
                assert stuff.runs is not None
                within = f" within {dice.one(DEADLINES)}" if name in self.contents.skeleton.within else ""
                arguments = self._arguments(stuff.runs.parameters, here)
                return f"step {name} runs {stuff.runs.name}({arguments}){rows}{within}"
            case _:
                assert isinstance(stuff.output, RecordType)
                return f"step {name} sets {{ {self._arguments(stuff.output, here)} }}"

    def _rows(self, stuff: Stuff, here: Expressions) -> str:
        """Return the fan-out of a step, if it has one; its row is read from then on."""
        if stuff.row is None:
            return ""
        dice = self.contents.dice
        least = max(1, stuff.merge) if stuff.runs is not None else 0
        rows = [here.of(stuff.row) for _ in range(dice.number(least, stuff.most + (1 if dice.often(0.1) else 0)))]
        text = f" for each each_row in [{', '.join(rows)}] max {stuff.most}"
        if not rows:
            text = text.replace("[]", f"[{here.of(stuff.row)}].filter(e, false)")
        if dice.often(0.4):
            text += f" width {dice.number(1, stuff.most - 1)}"
        if stuff.merge:
            text += f" merge {'any' if stuff.merge == 1 else stuff.merge}"
        if stuff.collects:
            text += " collect failures"
        here.reads = [*here.reads, *[Read("each_row", stuff.row)] * 3]
        return text

    def _awaited(self, name: str, data: Type, here: Expressions) -> str:
        """Return which event a step waits for: what it says, which of them it takes, and for how long."""
        dice, reads = self.contents.dice, here.reads
        text = f'"{dice.one(EVENTS)}"'
        if isinstance(data, RecordType):
            text += f" -> {data.name}" if data.name and dice.often(0.5) else f" -> {{ {fields_text(data, dice)} }}"
            here.reads = [*reads, *list(reads_of("event", data, (), 2)) * 3]
        if here.reads and dice.often(0.4):
            text += f" where {here.boolean(1)}"
        here.reads = reads
        return text + (f" within {dice.one(WITHIN)}" if name in self.contents.skeleton.within else "")

    def _shown(self, name: str, agent: MadeAgent) -> list[str]:
        """Return tools to list for an agent: such as it may hold the scopes of, and is granted them on some way."""
        ways = [
            *self.contents.skeleton.edges,
            *(edge.out for edge in self.contents.skeleton.edges if edge.out is not None),
        ]
        arriving = [self.contents.scopes[edge] for edge in ways if name in edge.served]
        able = [
            tool.name
            for tool in self.contents.made.tools.values()
            if set(tool.needs) <= set(agent.may) and any(set(tool.needs) <= scopes for scopes in arriving)
        ]
        return self.contents.dice.some(able, 1, 3) if able and self.contents.dice.often(0.5) else []

    def _returns(self, type: Type) -> str:
        assert isinstance(type, RecordType)
        if type.name and self.contents.dice.often(0.5):
            return f"\n    returns {type.name}"
        return f"\n    returns {{ {fields_text(type, self.contents.dice)} }}"

    def _arguments(self, wanted: RecordType, here: Expressions) -> str:
        given = [
            f"{name}: {here.of(held.type)}"
            for name, held in wanted.fields.items()
            if not held.optional or self.contents.dice.often(0.5)
        ]
        return self.contents.dice.one((", ", "  ")).join(given)

    def end_text(self, name: str) -> str:
        here = self.contents.expressions(self.contents.reach.always[name], self.contents.reach.sometimes[name], name)
        if self.contents.dice.often(0.12):
            return f"end {name} gives up {{ because {here.of(StringType())} }}"
        self.contents.ends[name] = {}
        if not self.contents.dice.often(0.6):
            return f"end {name}"
        values: list[str] = []
        for label in self.contents.dice.some(("out", "why", "sum"), 1, 2):
            self.contents.ends[name][label] = given = self._some_type(here)
            values.append(f"{label}: {here.of(given)}")
        return f"end {name} {{ {', '.join(values)} }}"

    def _some_type(self, here: Expressions) -> Type:
        types, dice = [read.type for read in here.reads], self.contents.dice
        return dice.one(types) if types and dice.often(0.7) else dice.one((BOOL, IntType(0, 10)))
