"""What a generated workflow is made of, and what may be read where: all that its texts are written from."""

from dataclasses import dataclass, field

from generated.declarations import Declared, MadeAgent, MadeTable, MadeTool, fallback_type
from generated.dice import Dice
from generated.expressions import Expressions, Read, over, reads_of, reads_perhaps, same_shape
from generated.flow import Names, Reach
from generated.skeleton import START, Edge, Skeleton
from generated.typed import collected, record
from interlock_dsl.cel.types import BOOL, NULL, IntType, ListType, RecordType, StringType, Type


@dataclass
class MadeWorkflow:
    """A workflow that steps may run: its input, what a step has of it, the scopes that are granted inside, its text."""

    name: str
    parameters: RecordType
    output: RecordType
    scopes: tuple[str, ...]
    text: str


@dataclass
class Stuff:
    """What a step is made with."""

    kind: str
    output: Type
    agent: MadeAgent | None = None
    tool: MadeTool | None = None
    table: MadeTable | None = None
    role: str = ""
    one: Type = NULL
    """What one row gives, where the step is taken for each row of a list."""
    runs: "MadeWorkflow | None" = None
    row: Type | None = None
    most: int = 0
    merge: int = 0
    collects: bool = False


@dataclass
class Contents:
    """Everything needed to write one workflow."""

    dice: Dice
    made: Declared
    skeleton: Skeleton
    parameters: RecordType
    reach: Reach
    stuff: dict[str, Stuff] = field(default_factory=dict)
    sets: dict[str, list[str]] = field(default_factory=dict)
    granted: set[str] = field(default_factory=set)
    scopes: dict[Edge, set[str]] = field(default_factory=dict)
    inner: list[MadeWorkflow] = field(default_factory=list)
    ends: dict[str, dict[str, Type]] = field(default_factory=dict)
    """What each end gives, but those that give up."""

    # --- what may be read where

    def expressions(self, always: Names, sometimes: Names, place: str | Edge) -> Expressions:
        reads = over(self.parameters)
        if self.dice.often(0.3):
            reads += self.made.reads()
        for name, held in self.parameters.fields.items():
            if held.optional:
                reads += reads_perhaps(name, held.type)
        outputs = {name: self.stuff[name].output for name in self.stuff}
        for name in sorted(always):
            reads += [read for read in reads_of(name, outputs[name]) if read.type != NULL]
            reads += [Read(name, outputs[name])] * 4 * self.stuff[name].collects
        perhaps = sorted(sometimes - always)
        for name in perhaps:
            reads += reads_perhaps(name, outputs[name])
        reads += self.failure(place)
        careless = [read for name in sorted(outputs) for read in reads_of(name, outputs[name], (), 1)]
        return Expressions(
            self.dice, [read for read in reads if not isinstance(read.type, RecordType)], tuple(self.made.tools),
            careless=[read for read in careless if not isinstance(read.type, RecordType)],
            pairs=self._pairs(outputs, perhaps, place),
        )  # fmt: skip

    def at(self, edge: Edge) -> Expressions:
        return self.expressions(self.reach.after(edge), self.reach.perhaps(edge), edge)

    def failure(self, place: str | Edge) -> list[Read]:
        """Return what may be read of a failure: only on routes taken on one, and in what only such routes lead to.

        What is said of it is no part of it: the two machines word it differently.
        """
        into = [place] if isinstance(place, Edge) else self.reach.into[place]
        if not into or any(edge.mode != "on" for edge in into):
            return []
        edges = self.skeleton.edges
        kinds = {edge.trigger for edge in into} | {"no-value" for edge in into if edge.trigger == "failure"}
        for edge in into:
            own = {other.trigger for other in edges if other.mode == "on" and other.sources == edge.sources}
            kinds |= {"timeout"} - own if edge.trigger == "failure" else set()
            kinds |= {"expiry"} - own if edge.trigger == "denied" else set()
        steps = tuple(sorted({source for edge in into for source in edge.sources}))
        found = (
            ("kind", StringType(tuple(sorted(kinds)))),
            ("attempts", IntType(1, None)),
            ("step", StringType(steps)),
        )
        return [Read(f"failure.{name}", type) for name, type in found]

    def _pairs(self, outputs: dict[str, Type], perhaps: list[str], place: str | Edge) -> list[tuple[Read, Read]]:
        """Return outputs of which one of two is there: sometimes only perhaps, which `check` has to find out."""
        pairs = same_shape(outputs, perhaps)
        if not pairs or self.dice.often(0.05):
            return pairs
        found = []
        for one, other in pairs:
            left, right = one.path.split(".")[0], other.path.split(".")[0]
            covered = self.reach.either(left, right)
            if isinstance(place, Edge):
                there = {name: name in covered for name in (START, *self.skeleton.kinds, *self.skeleton.ends)}
                sure = self.reach.passed(place, there, left, right)
            else:
                sure = place in covered
            found += [(one, other)] if sure else []
        return found

    # --- what the steps are, and what is granted to them

    def fill(self) -> None:
        """Decide what each step is."""
        dice, made = self.dice, self.made
        for name, kind in self.skeleton.kinds.items():
            match kind:
                case "agent":
                    agent = dice.one(list(made.agents.values()))
                    self.stuff[name] = Stuff(kind, fallback_type(dice, made), agent=agent)
                case "call":
                    tool = dice.one(list(made.tools.values()))
                    self.stuff[name] = Stuff(kind, NULL if tool.result is None else tool.result, tool=tool)
                case "ask":
                    self.stuff[name] = Stuff(kind, fallback_type(dice, made), role=dice.one(made.roles))
                case "event":
                    output = fallback_type(dice, made) if dice.often(0.8) else NULL
                    self.stuff[name] = Stuff(kind, output)
                case "time":
                    self.stuff[name] = Stuff(kind, NULL)
                case "run":
                    workflow = dice.one(self.inner)
                    self.stuff[name] = Stuff(kind, workflow.output, runs=workflow)
                case "table":
                    table = dice.one(list(made.tables.values()))
                    self.stuff[name] = Stuff(kind, table.output, table=table)
                case _:
                    held = record(dice, [], 0)
                    fields = {n: type(f)(f.type) for n, f in held.fields.items()}
                    self.stuff[name] = Stuff(kind, RecordType("", fields))
        for name, stuff in self.stuff.items():
            stuff.one = stuff.output
            often = {"agent": 0.06, "call": 0.06, "ask": 0.06, "table": 0.06, "run": 0.5}
            if dice.often(often.get(stuff.kind, 0)):
                stuff.row = dice.one((IntType(0, 5), StringType(("a", "b")), BOOL))
                stuff.most = dice.number(2, 4)
                stuff.merge = dice.one((0, 0, 0, 1, 2))
                stuff.collects = not stuff.merge and dice.often(0.6) and self._may_collect(name)
                one = collected(stuff.one) if stuff.collects else stuff.one
                stuff.output = ListType(one, stuff.merge or stuff.most)
        for edge in self.skeleton.edges:
            if edge.then in self.stuff and dice.often(0.4):
                edge.out = Edge(edge.sources, (edge.then,), edge.mode, needed=edge.needed, approval=edge.approval)
                self.scopes[edge.out] = self._scopes(edge.out)
            self.scopes[edge] = self._scopes(edge)

    def _may_collect(self, name: str) -> bool:
        """Whether nothing is written for a step that cannot happen to it if failures of its rows are collected."""
        triggers = {edge.trigger for edge in self.skeleton.edges if name in edge.sources}
        approved = any(edge.approval for edge in self.skeleton.edges if name in edge.all_targets)
        return triggers.isdisjoint({"timeout"} if approved else {"timeout", "denied", "expiry"})

    def _scopes(self, edge: Edge) -> set[str]:
        """Return what a route grants: all that calls need, some of what agents may hold."""
        scopes: set[str] = set()
        for target in edge.served:
            stuff = self.stuff.get(target)
            if stuff is not None and stuff.tool is not None:
                scopes |= set(stuff.tool.needs)
            elif stuff is not None and stuff.runs is not None:
                scopes |= set(stuff.runs.scopes)
            elif stuff is not None and stuff.agent is not None and self.dice.often(0.8):
                scopes |= set(self.dice.some(stuff.agent.may, 1, 3))
        return scopes
