"""What a generated workflow promises: mostly what many of its runs keep and some do not."""

from collections.abc import Mapping

from generated.declarations import Declared, MadeTool
from generated.dice import Dice
from generated.expressions import Expressions, Read, over, reads_of, reads_perhaps
from generated.skeleton import Skeleton
from interlock_dsl.cel.types import NULL, RecordType, Type


class Promises:
    """Writes promises of one workflow, given what its steps give."""

    def __init__(
        self, dice: Dice, made: Declared, skeleton: Skeleton, parameters: RecordType, outputs: Mapping[str, Type]
    ) -> None:
        self.dice, self.made, self.skeleton = dice, made, skeleton
        self.parameters, self.outputs = parameters, outputs

    def texts(self) -> list[str]:
        dice, found = self.dice, list[str]()
        if dice.often(0.3):
            found += [self._unapproved() for _ in range(dice.number(1, 2))]
        if dice.often(0.2):
            found += self._before()
        if dice.often(0.35):
            found += [f"always {self._condition()}" for _ in range(dice.number(1, 2))]
        if dice.often(0.15):
            found.append(f"ends within {max(1, len(self.skeleton.kinds) + dice.number(-2, 4))} steps")
        if dice.often(0.15):
            found.append(f"ends within {dice.one(('1h', '8h', '2d', '20m'))}")
        if dice.often(0.15):
            found.append(f"cost <= {dice.one(('2.00', '0.60', '0.20', '0.03'))} usd")
        if dice.often(0.15):
            found.append(f"reaches {dice.one(self.skeleton.ends)}")
        return found

    def _unapproved(self) -> str:
        dice = self.dice
        by = dice.one((f" by {dice.one(self.made.roles)}", f" by 2 of {dice.one(self.made.roles)}", ""))
        if any(tool.effect == "irreversible" for tool in self.made.tools.values()) and dice.often(0.3):
            return f"never irreversible before approval{by}"
        tool = dice.one([tool for tool in self.made.tools.values() if tool.needs] or list(self.made.tools.values()))
        return f"never {self._about(tool)} before approval{by}"

    def _before(self) -> list[str]:
        tools = list(self.made.tools.values())
        if len(tools) < 2:
            return []
        later, earlier = self.dice.one(tools), self.dice.one(tools)
        if later is earlier:
            return [f"never * before {earlier.name}"]
        return [f"never {self._about(later)} before {earlier.name}"]

    def _about(self, tool: MadeTool) -> str:
        """Return a tool with a condition on its arguments, or its family."""
        if self.dice.often(0.25) and "." in tool.name:
            return f"{tool.name.split('.')[0]}.*"
        if self.dice.often(0.5):
            arguments = Expressions(self.dice, over(tool.parameters, "args"), everywhere=False)
            return f"{tool.name} where {arguments.boolean(1)}"
        return tool.name

    def _condition(self) -> str:
        """Return a condition over inputs and outputs; the outputs that it does not guard have to be there."""
        dice = self.dice
        names = [name for name, type in self.outputs.items() if type != NULL]
        sure = dice.some(names, 0, 2)
        reads = [read for name in sure for read in reads_of(name, self.outputs[name])]
        reads += [read for name in dice.some(names, 0, 2) for read in reads_perhaps(name, self.outputs[name])]
        reads += over(self.parameters)
        readable = [read for read in reads if not isinstance(read.type, RecordType)]
        written = Expressions(dice, readable, everywhere=False)
        parts = [written.boolean(1) for _ in range(dice.one((1, 2, 3, 3)))]
        if not readable:
            return "size(principal.name) > 0"
        return " || ".join(parts if dice.often(0.2) else [*parts, self._true(dice.one(readable))])

    def _true(self, read: Read) -> str:
        """Return what holds for most values, so that many runs keep the promise, and reads something."""
        if read.guards:
            return f"!has({read.guards[0]})"
        return f"{read.path} != {read.path}" if self.dice.often(0.3) else f"{read.path} == {read.path}"
