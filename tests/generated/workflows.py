"""A workflow as text: a skeleton filled in with steps, conditions, grants, approvals and what else routes carry."""

from dataclasses import dataclass, field

from generated.declarations import Declared, MadeAgent, MadeTable, MadeTool, fallback_type
from generated.dice import Dice
from generated.expressions import Expressions, Read, over, reads_of, reads_perhaps, same_shape
from generated.flow import Names, Reach
from generated.policies import workflow_rules
from generated.promises import Promises
from generated.skeleton import START, Edge, Skeleton
from generated.typed import fields_text, record
from interlock_dsl.cel.types import BOOL, NULL, TIMESTAMP, IntType, ListType, RecordType, StringType, Type

DEADLINES = ("2s", "30s", "10m", "1h")
WITHIN = ("10m", "1h", "4h")
EVENTS = ("paid", "moved")


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
    row: Type | None = None
    most: int = 0
    merge: int = 0


@dataclass
class Workflow:
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
        perhaps = sorted(sometimes - always)
        for name in perhaps:
            reads += reads_perhaps(name, outputs[name])
        reads += self._failure(place)
        careless = [read for name in sorted(outputs) for read in reads_of(name, outputs[name], (), 1)]
        return Expressions(
            self.dice, [read for read in reads if not isinstance(read.type, RecordType)], tuple(self.made.tools),
            careless=[read for read in careless if not isinstance(read.type, RecordType)],
            pairs=self._pairs(outputs, perhaps, place),
        )  # fmt: skip

    def at(self, edge: Edge) -> Expressions:
        return self.expressions(self.reach.after(edge), self.reach.perhaps(edge), edge)

    def _failure(self, place: str | Edge) -> list[Read]:
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

    # --- steps

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
                case "table":
                    table = dice.one(list(made.tables.values()))
                    self.stuff[name] = Stuff(kind, table.output, table=table)
                case _:
                    held = record(dice, [], 0)
                    fields = {n: type(f)(f.type) for n, f in held.fields.items()}
                    self.stuff[name] = Stuff(kind, RecordType("", fields))
        for stuff in self.stuff.values():
            stuff.one = stuff.output
            if stuff.kind in ("agent", "call", "ask", "table") and dice.often(0.06):
                stuff.row = dice.one((IntType(0, 5), StringType(("a", "b")), BOOL))
                stuff.most = dice.number(2, 4)
                stuff.merge = dice.one((0, 0, 0, 1, 2))
                stuff.output = ListType(stuff.output, stuff.merge or stuff.most)
        for edge in self.skeleton.edges:
            if edge.then in self.stuff and dice.often(0.4):
                edge.out = Edge(edge.sources, (edge.then,), edge.mode, needed=edge.needed, approval=edge.approval)
                self.scopes[edge.out] = self._scopes(edge.out)
            self.scopes[edge] = self._scopes(edge)

    def step_text(self, name: str) -> str:
        stuff, dice = self.stuff[name], self.dice
        here = self.expressions(self.reach.always[name], self.reach.sometimes[name], name)
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
                within = f"\n    within {dice.one(WITHIN)}" if name in self.skeleton.within else ""
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
            case _:
                assert isinstance(stuff.output, RecordType)
                return f"step {name} sets {{ {self._arguments(stuff.output, here)} }}"

    def _rows(self, stuff: Stuff, here: Expressions) -> str:
        """Return the fan-out of a step, if it has one; its row is read from then on."""
        if stuff.row is None:
            return ""
        dice = self.dice
        rows = [here.of(stuff.row) for _ in range(dice.number(0, stuff.most + (1 if dice.often(0.1) else 0)))]
        text = f" for each each_row in [{', '.join(rows)}] max {stuff.most}"
        if not rows:
            text = text.replace("[]", f"[{here.of(stuff.row)}].filter(e, false)")
        if dice.often(0.4):
            text += f" width {dice.number(1, stuff.most - 1)}"
        if stuff.merge:
            text += f" merge {'any' if stuff.merge == 1 else stuff.merge}"
        here.reads = [*here.reads, *[Read("each_row", stuff.row)] * 3]
        return text

    def _awaited(self, name: str, data: Type, here: Expressions) -> str:
        """Return which event a step waits for: what it says, which of them it takes, and for how long."""
        dice, reads = self.dice, here.reads
        text = f'"{dice.one(EVENTS)}"'
        if isinstance(data, RecordType):
            text += f" -> {data.name}" if data.name and dice.often(0.5) else f" -> {{ {fields_text(data, dice)} }}"
            here.reads = [*reads, *list(reads_of("event", data, (), 2)) * 3]
        if here.reads and dice.often(0.4):
            text += f" where {here.boolean(1)}"
        here.reads = reads
        return text + (f" within {dice.one(WITHIN)}" if name in self.skeleton.within else "")

    def _shown(self, name: str, agent: MadeAgent) -> list[str]:
        """Return tools to list for an agent: such as it may hold the scopes of, and is granted them on some way."""
        ways = [*self.skeleton.edges, *(edge.out for edge in self.skeleton.edges if edge.out is not None)]
        arriving = [self.scopes[edge] for edge in ways if name in edge.served]
        able = [
            tool.name
            for tool in self.made.tools.values()
            if set(tool.needs) <= set(agent.may) and any(set(tool.needs) <= scopes for scopes in arriving)
        ]
        return self.dice.some(able, 1, 3) if able and self.dice.often(0.5) else []

    def _returns(self, type: Type) -> str:
        assert isinstance(type, RecordType)
        if type.name and self.dice.often(0.5):
            return f"\n    returns {type.name}"
        return f"\n    returns {{ {fields_text(type, self.dice)} }}"

    def _arguments(self, wanted: RecordType, here: Expressions) -> str:
        given = [
            f"{name}: {here.of(held.type)}"
            for name, held in wanted.fields.items()
            if not held.optional or self.dice.often(0.5)
        ]
        return self.dice.one((", ", "  ")).join(given)

    def end_text(self, name: str) -> str:
        here = self.expressions(self.reach.always[name], self.reach.sometimes[name], name)
        if self.dice.often(0.12):
            return f"end {name} gives up {{ because {here.of(StringType())} }}"
        if not self.dice.often(0.6):
            return f"end {name}"
        values = [f"{label}: {here.of(self._some_type(here))}" for label in self.dice.some(("out", "why", "sum"), 1, 2)]
        return f"end {name} {{ {', '.join(values)} }}"

    def _some_type(self, here: Expressions) -> Type:
        types = [read.type for read in here.reads]
        return self.dice.one(types) if types and self.dice.often(0.7) else self.dice.one((BOOL, IntType(0, 10)))

    # --- routes

    def route_texts(self) -> list[str]:
        groups: dict[tuple[tuple[str, ...], str], list[Edge]] = {}
        for edge in self.skeleton.edges:
            groups.setdefault((edge.sources, edge.trigger), []).append(edge)
        return [text for group in groups.values() for text in self._group(group)]

    def _group(self, edges: list[Edge]) -> list[str]:
        """Write the routes of which one is taken, so that mostly exactly one can be."""
        said: list[str] = []
        texts: list[str] = []
        if edges[0].mode == "on" and self.dice.often(0.3) and not edges[0].targets[0].startswith("s"):
            condition = self.at(edges[0]).boolean(1)
            other = Edge(edges[0].sources, (self.dice.one(self.skeleton.ends),), "on", edges[0].trigger)
            texts.append(self._route(other, f" when {condition}"))
            return [*texts, self._route(edges[0], " otherwise")]
        for number, edge in enumerate(edges):
            match edge.mode:
                case "when":
                    condition = self._condition(edge, said, last=number == len(edges) - 1)
                    said.append(condition)
                    texts.append(self._route(edge, f" when {condition}"))
                case "otherwise":
                    texts.append(self._route(edge, " otherwise"))
                case _:
                    texts.append(self._route(edge, ""))
        return texts

    def _condition(self, edge: Edge, said: list[str], *, last: bool) -> str:
        here = self.at(edge)
        if edge.style == "split" and last and said:
            return f"!({said[0]})"
        own = [read for read in here.reads if read.path.split(".")[0] in edge.sources and not read.guards]
        if own and self.dice.often(0.6):
            here.reads = own
        condition = here.boolean(2)
        if said and edge.style in ("", "three"):
            return " && ".join([*(f"!({earlier})" for earlier in said), f"({condition})"])
        return condition

    def _route(self, edge: Edge, choice: str) -> str:
        dice, here = self.dice, self.at(edge)
        clauses = [f"on {edge.trigger}"] if edge.mode == "on" else []
        if choice:
            clauses.append(choice.strip())
        clauses += self._handed(edge, here)
        if edge.merge:
            clauses.append(f"merge {edge.merge}")
        if edge.times:
            out = f", then -> {edge.then}{self._block(edge, here)}" if edge.then else ""
            clauses.insert(dice.number(0, len(clauses)), f"at most {edge.times} times{out}")
        ends = f"{', '.join(edge.sources)} -> {', '.join(edge.targets)}"
        return "\n    ".join([ends, *clauses])

    def _handed(self, edge: Edge, here: Expressions) -> list[str]:
        """Write what a route hands over, asks for and tells."""
        dice, clauses = self.dice, self._grants(edge)
        kinds = [self.stuff[target].kind for target in edge.served if target in self.stuff]
        if ("agent" in kinds or "ask" in kinds) and dice.often(0.8):
            clauses += self._passes(edge)
        if edge.approval:
            count = dice.one(("", "", "2 of "))
            clauses.append(f"after approval by {count}{dice.one(self.made.roles)} within {dice.one(WITHIN)}")
            if dice.often(0.5):
                clauses.append(f"escalate to {dice.one(self.made.roles)} on expiry" + self._because())
        if dice.often(0.15):
            when = f" when {here.boolean(1)}" if dice.often(0.6) else ""
            clauses.append(f"escalate to {dice.one(self.made.roles)}{when}{self._because()}")
        return clauses

    def _block(self, edge: Edge, here: Expressions) -> str:
        """Write the clauses that a way out has of its own, where it has: the route's are not for it then."""
        return "" if edge.out is None else f" {{ {'  '.join(self._handed(edge.out, here))} }}"

    def _because(self) -> str:
        return ' because "look at this"' if self.dice.often(0.5) else ""

    def _scopes(self, edge: Edge) -> set[str]:
        """Return what a route grants: all that calls need, some of what agents may hold."""
        scopes: set[str] = set()
        for target in edge.served:
            stuff = self.stuff.get(target)
            if stuff is not None and stuff.tool is not None:
                scopes |= set(stuff.tool.needs)
            elif stuff is not None and stuff.agent is not None and self.dice.often(0.8):
                scopes |= set(self.dice.some(stuff.agent.may, 1, 3))
        return scopes

    def _grants(self, edge: Edge) -> list[str]:
        scopes = self.scopes.get(edge) or set()
        if not scopes:
            return []
        stuffs = [self.stuff[target] for target in edge.served if target in self.stuff]
        called = [stuff.tool for stuff in stuffs if stuff.tool is not None]
        self.granted |= scopes
        where = ""
        if self.dice.often(0.3):
            if len(called) == 1 and len(edge.served) == 1:
                reads = over(called[0].parameters, "args")
                where = f" where {Expressions(self.dice, reads).boolean(1)}"
            else:
                where = f' where tool.effect != "{self.dice.one(("read", "irreversible"))}"'
        if len(scopes) > 1 and self.dice.often(0.3):
            one, *others = sorted(scopes)
            return [f"grant {one}{where}", f"grant {', '.join(others)}"]
        return [f"grant {', '.join(sorted(scopes))}{where}"]

    def _passes(self, edge: Edge) -> list[str]:
        reads: list[Read] = [
            Read(name, held.type) for name, held in self.parameters.fields.items() if not held.optional
        ]
        for name in sorted(self.reach.after(edge)):
            output = self.stuff[name].output
            reads += reads_of(name, output, (), 2)
        reads += self._failure(edge) * 3
        reads = [read for read in reads if read.type != NULL]
        lists = [read.path for read in reads if isinstance(read.type, ListType) and read.type.max != 1]
        elements = [f"{path}[{self.dice.number(0, 1)}]" for path in lists]
        chosen = self.dice.some([read.path for read in reads] + elements, 1, 3)
        return [f"pass {', '.join(dict.fromkeys(chosen))}"] if chosen else []

    # --- what holds for all of it

    def budget_text(self) -> list[str]:
        dice = self.dice
        if not self.skeleton.budgeted:
            return []
        several = [
            f"steps {max(1, len(self.skeleton.kinds) + dice.number(-1, 4))}",
            f"tool_calls {len(self.skeleton.kinds) + dice.number(-2, 3)}" if len(self.skeleton.kinds) > 3 else "",
            f"tokens {dice.one((500, 3_000, 20_000))}",
            f"cost {dice.one(('2.00', '5.00', '0.60'))} usd",
            f"time {dice.one(('1h', '8h', '2d'))}",
        ]
        chosen = [limit for limit in several if limit and dice.often(0.5)] or several[:1]
        return [f"budget {{ {'  '.join(chosen)} }}"]

    def text(self) -> str:
        self.fill()
        steps = [self.step_text(name) for name in self.skeleton.kinds]
        ends = [self.end_text(name) for name in self.skeleton.ends]
        routes = self.route_texts()
        modes = [f"routes {name} first" for name in self.skeleton.first]
        outputs = {name: self.stuff[name].output for name in self.skeleton.kinds}
        promises = Promises(self.dice, self.made, self.skeleton, self.parameters, outputs).texts()
        written = [read for name, output in outputs.items() for read in reads_perhaps(name, output)]
        promises += workflow_rules(self.dice, self.made, [read for read in written if not _is_record(read)])
        head = ['goal "see it through"'] if self.dice.often(0.5) else []
        if self.granted and self.dice.often(0.3):
            head.append(f"may {', '.join(sorted(self.granted))}")
        items = [*head, *self.budget_text(), *steps, *ends, *routes, *modes, *promises]
        return f"workflow w({fields_text(self.parameters, self.dice)}) {{\n  " + "\n  ".join(items) + "\n}"


def _is_record(read: Read) -> bool:
    return isinstance(read.type, RecordType)


def parameters(dice: Dice, made: Declared) -> RecordType:
    """Return a workflow's input. Only records may be absent."""
    made_of = record(dice, made.named, 1)
    renamed = {}
    for name, held in made_of.fields.items():
        optional = isinstance(held.type, RecordType) and dice.often(0.5)
        renamed[f"in_{name}"] = type(held)(held.type, optional)
    return RecordType("", renamed)


__all__ = ["StringType", "Workflow", "parameters"]
